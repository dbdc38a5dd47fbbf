"""Coins beside one another: one grid whatever their rhythms, figures as numpy has them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointracker.analysis.comparison import MAX_POINTS, Comparison, compare
from cointracker.analysis.time_ranges import BEGINNING, TimeRange
from tests.fakes import NOON

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NAN = float("nan")
COLUMNS = ["coin_id", "observed_at", "source", "kind", "price", "volume_24h", "market_cap"]


def rows(coin: str, times: Sequence[datetime], prices: Sequence[float]) -> pd.DataFrame:
    found = pd.DataFrame({"coin_id": coin, "observed_at": pd.to_datetime(list(times), utc=True)})
    found = found.assign(source="test", kind="observed", price=np.array(prices, dtype=float))
    return found.sort_values("observed_at").reindex(columns=COLUMNS)


def walk(
    coin: str, step: timedelta, length: timedelta, until: datetime = NOON, seed: int = 1
) -> pd.DataFrame:
    """Prices that wander, each `step` over the `length` before `until`."""
    count = length // step + 1
    chance = np.random.default_rng([seed, *coin.encode()])
    prices = 100 * np.exp(np.cumsum(chance.normal(0, 0.01, count)))
    return rows(coin, [until - place * step for place in range(count)][::-1], prices)


def compared(*frames: pd.DataFrame, asked: Sequence[str] = (), days: float = 400) -> Comparison:
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)
    coins = list(asked or dict.fromkeys(frame["coin_id"]))
    found = compare(frame, coins, TimeRange(NOON - days * DAY, NOON))
    count = len(found.coin_ids)
    assert found.rebased.shape == (count, len(found.instants)) or count == 0
    assert found.correlations.shape == (count, count)
    for figures in (found.change_pct, found.volatility_pct, found.drawdown_pct):
        assert len(figures) == count
    assert not np.isnan(found.rebased).all(axis=1).any() if count else True
    assert not count or len(found.instants) <= MAX_POINTS + 2
    return found


def test_no_coin_has_a_price() -> None:
    found = compared(asked=["a", "b"])
    assert (found.coin_ids, found.without, found.start) == ((), ("a", "b"), None)
    assert len(found.instants) == 0


def test_one_coin() -> None:
    found = compared(rows("a", [NOON - 2 * DAY, NOON - DAY, NOON], [50, 75, 60]))
    assert found.rebased.tolist() == [[100.0, 150.0, 120.0]]
    assert found.start == NOON - 2 * DAY
    assert found.change_pct.tolist() == pytest.approx([20.0])
    assert found.drawdown_pct.tolist() == pytest.approx([-20.0])
    returns = np.diff(np.log([50, 75, 60]))
    assert found.volatility_pct.tolist() == pytest.approx(
        [np.std(returns, ddof=1) * np.sqrt(365) * 100]
    )


def test_one_price() -> None:
    found = compared(rows("a", [NOON], [50]))
    assert found.rebased.tolist() == [[100.0]]
    assert np.isnan([found.change_pct, found.volatility_pct]).all()
    assert found.drawdown_pct.tolist() == [0.0]


def test_a_coin_without_prices_is_named_and_left_out() -> None:
    found = compared(
        walk("a", DAY, 5 * DAY),
        rows("b", [NOON], [NAN]),
        walk("c", DAY, 5 * DAY),
        asked=["c", "b", "x", "a"],
    )
    assert (found.coin_ids, found.without) == (("c", "a"), ("b", "x"))


def test_six_coins_are_in_the_order_asked_for() -> None:
    coins = list("fabcde")
    found = compared(*(walk(coin, HOUR, 10 * DAY) for coin in sorted(coins)), asked=coins)
    assert found.coin_ids == tuple(coins)
    assert found.rebased[:, 0].tolist() == [100.0] * 6


@pytest.mark.parametrize(("step", "length"), [(HOUR, 20 * DAY), (DAY, 90 * DAY)])
def test_figures_of_full_data_are_those_of_pandas(step: timedelta, length: timedelta) -> None:
    frames = {coin: walk(coin, step, length) for coin in "abc"}
    found = compared(*frames.values())
    prices = pd.DataFrame({coin: list(frame["price"]) for coin, frame in frames.items()})
    returns = np.log(prices).diff().dropna()
    per_year = timedelta(days=365) / step
    np.testing.assert_allclose(found.rebased.T, prices / prices.iloc[0] * 100)
    np.testing.assert_allclose(found.correlations, returns.corr())
    np.testing.assert_allclose(found.volatility_pct, returns.std() * np.sqrt(per_year) * 100)
    np.testing.assert_allclose(found.change_pct, (prices.iloc[-1] / prices.iloc[0] - 1) * 100)
    np.testing.assert_allclose(
        found.drawdown_pct, ((prices / prices.cummax() - 1) * 100).min(), atol=1e-12
    )
    assert found.instants.tolist() == frames["a"]["observed_at"].tolist()


@pytest.mark.parametrize(
    ("rhythms", "length", "due"),
    [
        ([HOUR], 10 * DAY, HOUR),
        ([5 * MINUTE], 10 * DAY, HOUR),
        ([HOUR], 80 * DAY, 4 * HOUR),
        ([5 * MINUTE, HOUR], 5 * DAY, HOUR),
        ([5 * MINUTE, DAY], 9 * DAY, DAY),
        ([HOUR], 300 * DAY, DAY),
        ([DAY], 770 * DAY, 2 * DAY),
        ([DAY], 3_000 * DAY, 7 * DAY),
        ([DAY], 6_000 * DAY, 28 * DAY),
    ],
)
def test_the_grid_is_as_fine_as_the_slowest_coin_and_short(
    rhythms: list[timedelta], length: timedelta, due: timedelta
) -> None:
    frames = [walk(f"c{place}", rhythm, length) for place, rhythm in enumerate(rhythms)]
    found = compared(*frames, days=9_000)
    assert set(np.diff(found.instants)) == {due}
    assert found.instants[-1] == NOON
    assert not np.isnan(found.rebased).any()


def test_back_filled_days_of_another_hour_are_compared_with_live_prices() -> None:
    """A year at midnight, UTC, and another coin's five minutes of now."""
    midnight = NOON.replace(hour=0)
    live = walk("live", 5 * MINUTE, 20 * DAY, NOON + 2.5 * HOUR)
    filled = walk("filled", DAY, 300 * DAY, midnight)
    found = compared(live, filled)
    assert found.coin_ids == ("live", "filled")
    assert (~np.isnan(found.rebased)).sum(axis=1).tolist() == pytest.approx([21, 301], abs=1)
    assert found.start is not None
    assert not np.isnan(found.correlations).any()


def test_different_instants_of_the_day_are_taken_to_one_grid() -> None:
    early = walk("a", DAY, 30 * DAY, NOON - 90 * MINUTE)
    late = walk("b", DAY, 30 * DAY, NOON)
    found = compared(early, late)
    assert found.instants[-1] == NOON
    np.testing.assert_allclose(found.rebased[0], early["price"] / early["price"].iloc[0] * 100)


def test_coins_that_never_meet_begin_at_100_by_themselves() -> None:
    old = walk("old", DAY, 20 * DAY, NOON - 50 * DAY)
    found = compared(old, walk("new", DAY, 20 * DAY))
    assert found.start is None
    for line in found.rebased:
        assert line[~np.isnan(line)][0] == 100.0
        assert (~np.isnan(line)).sum() == 21
    assert np.isnan(found.correlations[0, 1])
    assert found.correlations.diagonal().tolist() == pytest.approx([1.0, 1.0])


def test_a_hundred_is_where_all_have_a_price_first() -> None:
    found = compared(walk("long", DAY, 30 * DAY), walk("short", DAY, 10 * DAY))
    start = list(found.instants).index(found.start)
    assert found.start == NOON - 10 * DAY
    assert found.rebased[:, start].tolist() == pytest.approx([100.0, 100.0])
    assert np.isnan(found.rebased[1, :start]).all()
    assert not np.isnan(found.rebased[0]).any()


def test_a_missing_day_is_missing() -> None:
    frame = walk("a", DAY, 10 * DAY)
    found = compared(frame[frame["observed_at"] != NOON - 4 * DAY], walk("b", DAY, 10 * DAY))
    assert np.flatnonzero(np.isnan(found.rebased[0])).tolist() == [6]
    assert not np.isnan(found.rebased[1]).any()


def test_extreme_prices() -> None:
    times = [NOON - place * DAY for place in (3, 2, 1, 0)]
    found = compared(rows("a", times, [1e-12, 2e-12, 1e-12, 3e-12]), rows("b", times, [1e12] * 4))
    assert found.rebased[0].tolist() == pytest.approx([100, 200, 100, 300])
    assert np.isnan(found.correlations[1]).all()
    assert found.volatility_pct[1] == 0


@given(
    st.lists(
        st.lists(st.integers(0, 60 * 24 * 40), min_size=1, max_size=8, unique=True),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_the_instants_every_coin_is_on_the_grid(minutes: list[list[int]]) -> None:
    frames = [
        rows(f"c{place}", [NOON - back * MINUTE for back in backs], [1.0 + b for b in backs])
        for place, backs in enumerate(minutes)
    ]
    found = compared(*frames)
    assert len(found.coin_ids) == len(frames)
    oldest = min(frame["observed_at"].min() for frame in frames)
    assert found.instants[0] >= oldest - 14 * DAY
    values = found.rebased[~np.isnan(found.rebased)]
    assert (values > 0).all()


def test_all_of_time_is_a_span_too() -> None:
    frame = walk("a", DAY, 30 * DAY)
    found = compare(frame, ["a"], TimeRange(BEGINNING, NOON))
    assert len(found.instants) == 31
