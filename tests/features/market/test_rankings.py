"""What pages read: the ranking now, at any past instant, and under any weights."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from cointracker.core.errors import CoinNotFound, SnapshotNotFound
from cointracker.features.market.rankings import MarketService
from cointracker.ranking.factors import FACTOR_KEYS
from cointracker.ranking.weights import DEFAULT_WEIGHTS, Weights
from tests.fakes import NOON, Pipeline, row

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BY_CAP = Weights(0, 0, 0, 1, 0)
BY_CHANGE = Weights(1, 0, 0, 0, 0)


@pytest.fixture
def market(pipeline: Pipeline) -> MarketService:
    return MarketService(pipeline.database)


def coin(
    name: str, cap: float | None = None, change: float | None = None, **more: Any
) -> dict[str, Any]:
    return row(name, market_cap=cap, price_change_percentage_24h=change, **more)


def by_coin(market: MarketService, column: str, **asked: Any) -> dict[str, Any]:
    """A column of the ranking by coin id, None where it is missing."""
    values = market.ranking(**asked).frame.set_index("coin_id")[column].astype(object)
    return values.where(values.notna(), None).to_dict()


# Which snapshot


def test_before_the_first_refresh_there_is_none(market: MarketService) -> None:
    assert not market.has_snapshot()
    assert market.instants().empty
    for ask in (market.snapshot, market.ranking, lambda: market.coin("bitcoin")):
        with pytest.raises(SnapshotNotFound):
            ask()


def test_the_snapshot_at_an_instant_is_the_last_one_before_it(
    pipeline: Pipeline, market: MarketService
) -> None:
    for hours in (0, 2):
        pipeline.clock.now = NOON + hours * HOUR
        pipeline.take(row("bitcoin", 100.0 + hours))
    assert market.has_snapshot()
    assert market.ranking().frame["price"].tolist() == [102.0]
    for at, price in ((NOON, 100.0), (NOON + HOUR, 100.0), (NOON + 2 * HOUR, 102.0)):
        assert market.ranking(at=at).frame["price"].tolist() == [price]
    with pytest.raises(SnapshotNotFound):
        market.ranking(at=NOON - MINUTE)
    assert market.instants()["snapshot_at"].tolist() == [NOON, NOON + 2 * HOUR]


# The ranking


def test_unranked_coins_come_last_and_what_is_missing_is_missing(
    pipeline: Pipeline, market: MarketService
) -> None:
    pipeline.take(row("nothing", None), coin("a", 1e12), coin("b", 1e9))
    frame = market.ranking().frame
    assert frame["coin_id"].tolist() == ["a", "b", "nothing"]
    assert frame["rank"].tolist() == [1, 2, 0]
    nothing = frame.iloc[2]
    known = {
        "coin_id",
        "number",
        "symbol",
        "name",
        "rank",
        "coverage",
        "observed_at",
        "source",
        "stability_samples",
        "daily_changes",
        "hourly_prices",
        "pegged",
        "age_seconds",
        "sparkline",
    }
    assert set(frame.columns[nothing.notna()]) <= known
    assert nothing["coverage"] == 0


def test_contributions_add_up_to_the_score(pipeline: Pipeline, market: MarketService) -> None:
    pipeline.take(coin("a", 1e11, 3.0), coin("b", 1e9), standings={"a": 5.0})
    frame = market.ranking().frame
    parts = frame[[f"contribution_{name}" for name in FACTOR_KEYS]]
    np.testing.assert_allclose(parts.sum(axis=1), frame["score"])
    assert frame["coverage"].tolist() == pytest.approx([0.55, 0.15])


def test_other_weights_give_another_order_and_leave_the_snapshot(
    pipeline: Pipeline, market: MarketService
) -> None:
    pipeline.take(coin("large", 1e12, -20.0), coin("rising", 1e7, 90.0))
    assert by_coin(market, "rank", weights=BY_CAP) == {"large": 1, "rising": 2}
    assert by_coin(market, "rank", weights=BY_CHANGE) == {"rising": 1, "large": 2}
    view = market.ranking(weights=BY_CHANGE)
    assert (view.weights, view.snapshot.weights) == (BY_CHANGE, DEFAULT_WEIGHTS)
    assert view.frame["coin_id"].tolist() == ["rising", "large"]


def test_a_view_is_read_once_until_there_is_a_new_snapshot(
    pipeline: Pipeline, market: MarketService
) -> None:
    pipeline.take(row("a"))
    first = market.ranking()
    assert market.ranking() is first
    assert market.ranking(weights=BY_CAP) is not first
    pipeline.clock.move(minutes=5)
    pipeline.take(row("a", 2.0))
    assert market.ranking().frame["price"].tolist() == [2.0]
    assert market.ranking(at=NOON).frame is first.frame


def test_the_sparkline_is_oldest_first_and_ends_with_the_price(
    pipeline: Pipeline, market: MarketService
) -> None:
    line = [float(price) for price in range(1, 169)]
    pipeline.take(row("a", 168.0, sparkline_in_7d={"price": line}), row("b", None))
    lines = market.ranking().frame.set_index("coin_id")["sparkline"]
    assert lines["a"] == [1, *range(4, 169, 4)]
    assert lines["b"] == []


def test_how_old_the_figures_of_a_coin_are(pipeline: Pipeline, market: MarketService) -> None:
    pipeline.take(row("a", last_updated="2026-03-09T11:58:30Z"), row("b"))
    assert by_coin(market, "age_seconds") == {"a": 90.0, "b": 0.0}


# Places gained since yesterday


def a_day_apart(pipeline: Pipeline, apart: timedelta = 24 * HOUR) -> None:
    """Of three coins the last becomes the first; one goes, and one comes."""
    pipeline.take(coin("a", 1e12), coin("b", 1e11), coin("c", 1e10), coin("gone", 1e8))
    pipeline.clock.now += apart
    pipeline.take(coin("a", 1e11), coin("b", 1e10), coin("c", 1e12), coin("new", 1e8))


def test_places_gained_since_yesterday(pipeline: Pipeline, market: MarketService) -> None:
    a_day_apart(pipeline)
    assert by_coin(market, "move") == {"c": 2, "a": -1, "b": -1, "new": None}
    assert set(by_coin(market, "move", at=NOON).values()) == {None}


@pytest.mark.parametrize(
    ("apart", "is_known"),
    [
        (22 * HOUR - MINUTE, False),
        (22 * HOUR, True),
        (26 * HOUR, True),
        (26 * HOUR + MINUTE, False),
    ],
)
def test_yesterday_is_a_day_ago_give_or_take_two_hours(
    pipeline: Pipeline, market: MarketService, apart: timedelta, is_known: bool
) -> None:
    a_day_apart(pipeline, apart)
    assert (by_coin(market, "move")["c"] == 2) is is_known


def test_both_days_are_ranked_by_the_same_weights(
    pipeline: Pipeline, market: MarketService
) -> None:
    pipeline.take(coin("a", 1e12, 1.0), coin("b", 1e11, 2.0))
    pipeline.clock.move(days=1)
    pipeline.take(coin("a", 1e12, 3.0), coin("b", 1e11, 1.0))
    assert by_coin(market, "move", weights=BY_CAP) == {"a": 0, "b": 0}
    assert by_coin(market, "move", weights=BY_CHANGE) == {"a": 1, "b": -1}


def test_an_unranked_coin_has_not_moved(pipeline: Pipeline, market: MarketService) -> None:
    pipeline.take(coin("a", 1e12), coin("b", 1e9), coin("c"))
    pipeline.clock.move(days=1)
    pipeline.take(coin("a", 1e12), coin("b"), coin("c", 1e9))
    assert by_coin(market, "move") == {"a": 0, "b": None, "c": None}


# One coin


@pytest.mark.parametrize("asked", ["ether", "2"])
def test_a_coin_by_its_id_or_its_number(
    pipeline: Pipeline, market: MarketService, asked: str
) -> None:
    pipeline.take(coin("bitcoin", 1e12), coin("ether", 1e11, max_supply=5.0))
    view, facts = market.coin(asked)
    assert view.frame[["coin_id", "rank"]].to_numpy().tolist() == [["ether", 2]]
    assert (facts["number"], facts["max_supply"]) == (2, 5.0)


def test_a_coin_at_a_past_instant(pipeline: Pipeline, market: MarketService) -> None:
    pipeline.take(row("bitcoin", 1.0))
    pipeline.clock.move(hours=1)
    pipeline.take(row("bitcoin", 2.0))
    assert market.coin("bitcoin", NOON)[0].frame["price"].tolist() == [1.0]
    with pytest.raises(SnapshotNotFound):
        market.coin("bitcoin", NOON - HOUR)


@pytest.mark.parametrize("asked", ["nobody", "3", "0", "", "Bitcoin", "gone"])
def test_a_coin_that_is_not_there(pipeline: Pipeline, market: MarketService, asked: str) -> None:
    pipeline.take(row("bitcoin"), row("gone"))
    pipeline.clock.move(hours=1)
    pipeline.take(row("bitcoin"))
    with pytest.raises(CoinNotFound):
        market.coin(asked)
