"""A coin's past as one table: raw, by hours, by days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointracker.analysis.time_ranges import BEGINNING, TimeRange
from cointracker.core.errors import CoinNotFound, InvalidTimeRange
from cointracker.features.coin.coins import CoinService
from cointracker.features.coin.timeline import COLUMNS, LONGEST, USUAL, Interval, span, timeline
from cointracker.features.market.rankings import MarketService
from cointracker.storage.database import Database
from tests.fakes import NOON, Pipeline, row

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
INTERVALS: list[Interval] = ["raw", "1h", "1d"]


def history(*points: tuple[datetime, float | None]) -> pd.DataFrame:
    prices = [price for _at, price in points]
    return pd.DataFrame(
        {
            "observed_at": pd.to_datetime([at for at, _price in points], utc=True),
            "price": pd.array(prices, dtype="float64"),
            "volume_24h": pd.array([None] * len(points), dtype="float64"),
            "market_cap": pd.array(prices, dtype="float64"),
        }
    )


def rank_history(*points: tuple[datetime, int, float | None]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "snapshot_at": pd.to_datetime([at for at, _rank, _score in points], utc=True),
            "rank": pd.array([rank for _at, rank, _score in points], dtype="int64"),
            "factor_stability": pd.array([score for _at, _rank, score in points], dtype="float64"),
        }
    )


def told(found: pd.DataFrame) -> list[tuple[Any, ...]]:
    rows = found.astype(object).where(found.notna(), None)[
        ["timestamp", "price", "stability", "rank"]
    ]
    return [tuple(row) for row in rows.itertuples(index=False)]


def test_raw_points_have_the_places_of_the_snapshots_that_saw_them() -> None:
    seen = history((NOON, 1.0), (NOON + HOUR, 2.0), (NOON + 2 * HOUR, 3.0))
    ranked = rank_history(
        (NOON - MINUTE, 9, 9.0),
        (NOON + MINUTE, 1, 10.0),
        (NOON + HOUR, 2, 20.0),
        (NOON + HOUR + MINUTE, 3, None),
    )
    assert told(timeline(seen, ranked, "raw")) == [
        (NOON, 1.0, 10.0, 1.0),
        (NOON + HOUR, 2.0, None, 3.0),
        (NOON + 2 * HOUR, 3.0, None, None),
    ]


def test_hours_and_days_tell_what_was_last_known_in_them() -> None:
    seen = history(
        (NOON + MINUTE, 1.0), (NOON + 59 * MINUTE, 2.0), (NOON + HOUR, 3.0), (NOON + DAY, None)
    )
    ranked = rank_history(
        (NOON + 2 * MINUTE, 5, 50.0), (NOON + HOUR, 4, 40.0), (NOON + 3 * HOUR, 0, 1.0)
    )
    assert told(timeline(seen, ranked, "1h")) == [
        (NOON, 2.0, 50.0, 5.0),
        (NOON + HOUR, 3.0, 40.0, 4.0),
        (NOON + 3 * HOUR, None, 1.0, None),
        (NOON + DAY, None, None, None),
    ]
    midnight = NOON - 12 * HOUR
    assert told(timeline(seen, ranked, "1d")) == [
        (midnight, 3.0, 1.0, 4.0),
        (midnight + DAY, None, None, None),
    ]


@pytest.mark.parametrize("interval", INTERVALS)
def test_nothing_stored_is_no_row(interval: Interval) -> None:
    found = timeline(history(), rank_history(), interval)
    assert list(found) == COLUMNS
    assert found.empty


@given(
    st.lists(st.integers(0, 3_000), unique=True, max_size=40),
    st.lists(st.integers(0, 3_000), unique=True, max_size=40),
    st.sampled_from(INTERVALS),
)
def test_instants_ascend_and_no_price_is_made_up(
    seen: list[int], ranked: list[int], interval: Interval
) -> None:
    found = timeline(
        history(*((NOON + minute * MINUTE, float(minute)) for minute in sorted(seen))),
        rank_history(*((NOON + minute * MINUTE, 1, 1.0) for minute in sorted(ranked))),
        interval,
    )
    assert found["timestamp"].is_monotonic_increasing
    assert found["timestamp"].is_unique
    prices = found["price"].dropna()
    assert set(prices) <= {float(minute) for minute in seen}
    if interval == "raw":
        assert len(found) == len(seen)
    if seen:
        assert prices.iloc[-1] == max(seen)


def test_spans() -> None:
    assert span(None, None, "1h", NOON) == TimeRange(NOON - 7 * DAY, NOON)
    assert span(NOON - HOUR, None, "1h", NOON) == TimeRange(NOON - HOUR, NOON)
    assert span(None, NOON - DAY, "raw", NOON) == TimeRange(NOON - 2 * DAY, NOON - DAY)
    assert span(None, BEGINNING + HOUR, "1d", NOON) == TimeRange(BEGINNING, BEGINNING + HOUR)


@pytest.mark.parametrize("interval", INTERVALS)
def test_spans_that_cannot_be(interval: Interval) -> None:
    assert USUAL[interval] <= LONGEST[interval]
    longest = NOON - LONGEST[interval]
    assert span(longest, NOON, interval, NOON).since == longest
    for since, until in [
        (longest - MINUTE, NOON),
        (NOON, NOON - MINUTE),
        (NOON + MINUTE, None),
        (BEGINNING - DAY, BEGINNING),
        (None, BEGINNING - DAY),
    ]:
        with pytest.raises(InvalidTimeRange):
            span(since, until, interval, NOON)


def test_a_stored_coin_by_id_or_number(database: Database, pipeline: Pipeline) -> None:
    pipeline.take(row("bitcoin", 100.0, market_cap=1e12), row("ether", 10.0, market_cap=1e9))
    pipeline.clock.move(hours=1)
    pipeline.take(row("bitcoin", 110.0, market_cap=1e12))
    coins = CoinService(database, MarketService(database))
    assert [coins.coin_id(asked) for asked in ("ether", "2", "bitcoin", "1")] == [
        "ether",
        "ether",
        "bitcoin",
        "bitcoin",
    ]
    for asked in ("3", "", "BITCOIN"):
        with pytest.raises(CoinNotFound):
            coins.coin_id(asked)
    found = coins.timeline("bitcoin", TimeRange(NOON - DAY, NOON + DAY), "raw")
    assert told(found) == [(NOON, 100.0, None, 1.0), (NOON + HOUR, 110.0, None, 1.0)]
    early = coins.timeline("bitcoin", TimeRange(NOON - DAY, NOON), "1h")
    assert told(early) == [(NOON, 100.0, None, 1.0)]
