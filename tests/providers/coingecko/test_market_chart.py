"""A coin's past as CoinGecko draws it: what is sound is kept, to the point."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointracker.core.errors import MalformedAnswer, NotFound
from cointracker.providers.coingecko.market_chart import COLUMNS, read_chart
from cointracker.providers.coingecko.source import CoinGecko
from tests.fakes import NOON, FakeClock
from tests.faults import FaultServer, Reply, json_reply
from tests.recordings import recordings

HOUR_MS = 3_600_000
NOW_MS = int(NOON.timestamp() * 1000)


def ago(hours: float) -> int:
    return NOW_MS - round(hours * HOUR_MS)


def read(prices: Any, volumes: Any = (), caps: Any = (), days: int = 90) -> pd.DataFrame:
    body = {"prices": prices, "total_volumes": list(volumes), "market_caps": list(caps)}
    return read_chart(body, "acorn", NOON, days)


@pytest.mark.parametrize(
    ("name", "days", "points", "kept"),
    [
        ("bitcoin_1d_5min_2021-05-15", 1, 288, 287),
        ("bitcoin_7d_hourly_2023-10-13", 7, 170, 170),
        ("bitcoin_30d_hourly_2021-05-15", 30, 722, 722),
        ("bitcoin_90d_daily_2021-05-15", 90, 91, 91),
        ("bitcoin_365d_daily_2025-04-22", 365, 366, 366),
    ],
)
def test_every_recorded_chart(
    gecko: CoinGecko,
    server: FaultServer,
    clock: FakeClock,
    *,
    name: str,
    days: int,
    points: int,
    kept: int,
) -> None:
    """Of all 1,637 points one is not later than the one before it: 0.955 s earlier."""
    raw = (recordings() / "coingecko" / "market_chart" / f"{name}.json").read_bytes()
    body = json.loads(raw)
    server.say(Reply(raw))
    last = max(ms for ms, _price in body["prices"])
    clock.now = datetime.fromtimestamp(last / 1000, UTC) + timedelta(minutes=1)
    frame = gecko.fetch_chart("bitcoin", days)
    assert len(body["prices"]) == points
    assert len(frame) == kept
    assert frame["observed_at"].is_monotonic_increasing
    for column, key in (
        ("price", "prices"),
        ("volume_24h", "total_volumes"),
        ("market_cap", "market_caps"),
    ):
        told = dict(map(tuple, body[key]))
        at = [round(instant.timestamp() * 1000) for instant in frame["observed_at"]]
        assert frame[column].tolist() == [told[ms] for ms in at]
        assert at[-1] == last
    assert frame.filter(like="change").isna().all(axis=None)
    assert server.requests[0].target == f"/coins/bitcoin/market_chart?vs_currency=usd&days={days}"


def test_columns_and_types_are_those_of_a_history() -> None:
    for frame in (read([[ago(1), 5]], [[ago(1), 7]]), read([])):
        assert tuple(frame.columns) == COLUMNS
        assert str(frame["observed_at"].dtype) == "datetime64[us, UTC]"
        assert set(frame.dtypes[2:]) == {np.dtype("float64")}
    row = read([[ago(1), 5]], [[ago(1), 7]]).iloc[0]
    assert (row["coin_id"], row["price"], row["volume_24h"]) == ("acorn", 5.0, 7.0)
    assert row["observed_at"] == NOON - timedelta(hours=1)
    assert math.isnan(row["market_cap"])


@pytest.mark.parametrize(
    "point",
    [
        None,
        7,
        [],
        [ago(2)],
        [ago(2), 1, 1],
        {"at": 1},
        [ago(2), None],
        [None, 1],
        [ago(2), "1"],
        [str(ago(2)), 1],
        [ago(2), True],
        [ago(2), 0],
        [ago(2), -1],
        [ago(2), 1e-61],
        [ago(2), 1e61],
        [ago(2), 10**400],
        [10**400, 1],
        [ago(2), math.nan],
        [math.inf, 1],
        [ago(2), [1]],
        [-1, 1],
        [0, 1],
        [ago(2) / 1000, 1],
        [NOW_MS + 1, 1],
        [ago(3), 1],
        [ago(3) - 955, 1],
        [ago(93 * 24), 1],
    ],
)
def test_a_point_that_is_not_sound_costs_no_other(point: Any) -> None:
    frame = read([[ago(3), 3], point, [ago(1), 1], [NOW_MS, 9]])
    assert frame["price"].tolist() == [3, 1, 9]


def test_values_join_the_price_they_belong_to() -> None:
    minute = 1 / 60
    frame = read(
        [[ago(3), 3], [ago(2), 2], [ago(1), 1], [ago(0.5), 9]],
        [[ago(3 + 2 * minute), 30], [ago(2 - 3 * minute), 20], [ago(1), -1], [ago(0.5), 0]],
        [[ago(2), 200]],
    )
    nan = math.nan
    np.testing.assert_array_equal(frame["volume_24h"], [30, nan, nan, 0])
    np.testing.assert_array_equal(frame["market_cap"], [nan, 200, nan, nan])


@pytest.mark.parametrize(
    "payload",
    [
        [],
        7,
        {},
        {"prices": None},
        {"prices": {}},
        {"prices": [[ago(1), 1]], "market_caps": 5},
        {"prices": [[ago(1), -1], None]},
        {"prices": [[NOW_MS + 1, 1]]},
    ],
)
def test_a_body_of_another_shape_or_without_a_usable_point(
    gecko: CoinGecko, server: FaultServer, payload: Any
) -> None:
    server.say(json_reply(payload))
    with pytest.raises(MalformedAnswer):
        gecko.fetch_chart("acorn", 90)


def test_a_coin_without_a_past_and_one_that_is_not_there(
    gecko: CoinGecko, server: FaultServer
) -> None:
    server.say(json_reply({"prices": [], "market_caps": [], "total_volumes": []}))
    assert gecko.fetch_chart("acorn", 90).empty
    server.say(json_reply({"error": "Could not find coin with the given id"}, 404))
    with pytest.raises(NotFound):
        gecko.fetch_chart("acorn", 90)


numbers = st.integers(ago(2300), NOW_MS + 5) | st.integers() | st.floats() | st.none() | st.text()
pairs = st.lists(st.lists(numbers, min_size=2, max_size=2) | numbers, max_size=20)


@given(pairs, pairs, pairs)
def test_no_numbers_break_the_checks_and_what_passes_is_sound(
    prices: list[Any], volumes: list[Any], caps: list[Any]
) -> None:
    frame = read(prices, volumes, caps)
    assert frame["observed_at"].is_monotonic_increasing
    assert frame["observed_at"].is_unique
    assert (frame["observed_at"] <= pd.Timestamp(NOON)).all()
    assert (frame["observed_at"] >= pd.Timestamp(NOON - timedelta(days=92))).all()
    assert ((frame["price"] >= 1e-60) & (frame["price"] <= 1e60)).all()
    for column in ("volume_24h", "market_cap"):
        assert not (frame[column] < 0).any()
        assert not np.isinf(frame[column]).any()
