"""Snapshots: found by instant, and their coins in order with the figures that were ranked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cointracker.features.market.snapshot_writer import RankingOptions
from cointracker.features.market.store import snapshots
from cointracker.ranking.weights import Weights
from cointracker.storage.database import Database
from tests.fakes import NOON, FakeClock, Pipeline, row

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def three(shared: Database) -> Database:
    """Snapshots 1, 2 and 3: at noon, at two and at six."""
    pipeline = Pipeline(shared, FakeClock())
    for hours in (0, 2, 6):
        pipeline.clock.now = NOON + hours * HOUR
        pipeline.take(row("bitcoin", 100.0 + hours, market_cap=1e9))
    return shared


@pytest.mark.parametrize(
    ("hours", "found"),
    [(None, [3]), (-0.01, []), (0, [1]), (1.99, [1]), (2, [2]), (5.99, [2]), (6, [3]), (999, [3])],
)
def test_the_last_snapshot_at_or_before_an_instant(
    three: Database, hours: float | None, found: list[int]
) -> None:
    with three.reading() as session:
        at = None if hours is None else NOON + hours * HOUR
        assert snapshots.at(session, at)["refresh_id"].tolist() == found


@pytest.mark.parametrize(
    ("low", "middle", "high", "found"),
    [
        (-9, 0, 9, [1]),
        (-9, 0.9, 9, [1]),
        (-9, 1, 9, [1]),  # as near to 2: the older
        (-9, 1.1, 9, [2]),
        (-9, 4, 9, [2]),
        (0.5, 0.6, 9, [2]),
        (-9, 99, 5.9, [2]),
        (6, 6, 6, [3]),
        (2.1, 4, 5.9, []),
    ],
)
def test_the_nearest_snapshot_of_a_span(
    three: Database, low: float, middle: float, high: float, found: list[int]
) -> None:
    with three.reading() as session:
        span = (NOON + hours * HOUR for hours in (low, middle, high))
        assert snapshots.nearest(session, *span)["refresh_id"].tolist() == found


def test_the_same_instant_of_the_same_source(three: Database) -> None:
    with three.reading() as session:
        assert snapshots.same(session, NOON + 2 * HOUR, "listed") == 2
        assert snapshots.same(session, NOON + 2 * HOUR, "another") is None
        assert snapshots.same(session, NOON + 3 * HOUR, "listed") is None


def test_instants_are_oldest_first(three: Database) -> None:
    with three.reading() as session:
        frame = snapshots.instants(session)
    assert frame["refresh_id"].tolist() == [1, 2, 3]
    assert frame["snapshot_at"].tolist() == [NOON, NOON + 2 * HOUR, NOON + 6 * HOUR]
    assert str(frame["snapshot_at"].dtype) == "datetime64[us, UTC]"


def test_what_a_snapshot_was_ranked_under(three: Database) -> None:
    with three.reading() as session:
        head = snapshots.at(session).iloc[0]
    assert head[["source", "quote_currency", "coins"]].tolist() == ["listed", "usd", 1]
    assert head[["stability_model", "history_days"]].tolist() == ["classic", 7]
    assert [head[name] for name in snapshots.COLUMNS if name.startswith("weight_")] == [
        25.0,
        20.0,
        25.0,
        15.0,
        15.0,
    ]


def test_coins_come_best_first_and_unranked_last(pipeline: Pipeline) -> None:
    number = pipeline.take(
        row("unknown", None),
        row("small", market_cap=1e6),
        row("large", market_cap=1e12),
        row("b-twin", market_cap=1e9),
        row("a-twin", market_cap=1e9),
        row("up", price_change_percentage_24h=200),
    )
    with pipeline.database.reading() as session:
        rows = snapshots.rows(session, number)
    assert rows["coin_id"].tolist() == ["large", "up", "a-twin", "b-twin", "small", "unknown"]
    assert rows["rank"].tolist() == [1, 2, 3, 4, 5, 0]
    assert rows["number"].tolist() == [3, 6, 5, 4, 2, 1]


def test_figures_are_those_of_the_snapshot_and_not_of_later_ones(three: Database) -> None:
    with three.reading() as session:
        prices = [snapshots.rows(session, number)["price"].item() for number in (1, 2, 3)]
        assert snapshots.rows(session, 99).empty
    assert prices == [100.0, 102.0, 106.0]


def test_a_coin_that_stood_still_counts_once(pipeline: Pipeline) -> None:
    """Its observation belongs to both snapshots."""
    stale = row("stale", 5.0, last_updated=(NOON - HOUR).isoformat())
    numbers = []
    for _hour in range(2):
        numbers.append(pipeline.take(stale, row("bitcoin")))
        pipeline.clock.move(hours=1)
    with pipeline.database.reading() as session:
        for number in numbers:
            rows = snapshots.rows(session, number).set_index("coin_id")
            assert rows["price"].to_dict() == {"stale": 5.0, "bitcoin": 100.0}
        assert session.value("SELECT count(*) FROM observations WHERE coin_id = 'stale'") == 1


def test_the_places_of_a_coin_are_oldest_first_with_what_it_was_ranked_by(
    database: Database,
) -> None:
    clock = FakeClock()
    numbers = [
        Pipeline(database, clock, RankingOptions(weights)).take(
            row("a", market_cap=cap), row("b", market_cap=1e9), row("unknown", None)
        )
        for weights, cap, clock.now in (
            (Weights(), 1e12, NOON),
            (Weights(1, 0, 0, 1, 0), 1e6, NOON + 2 * HOUR),
            (Weights(), 1e6, NOON + HOUR),
        )
    ]
    with database.reading() as session:
        places = snapshots.rank_history(session, "a", NOON, NOON + 2 * HOUR)
        assert list(places) == [*snapshots.COLUMNS, *snapshots.RANK_HISTORY_COLUMNS]
        assert places["refresh_id"].tolist() == [numbers[0], numbers[2], numbers[1]]
        assert places["rank"].tolist() == [1, 2, 2]
        assert places["coins"].tolist() == [3, 3, 3]
        assert places["weight_social"].tolist() == [15, 15, 0]
        assert places["factor_market_cap"].tolist() == [100.0, 0.0, 0.0]
        assert str(places["snapshot_at"].dtype) == "datetime64[us, UTC]"
        unranked = snapshots.rank_history(session, "unknown", NOON, NOON)
        assert unranked["rank"].tolist() == [0]
        assert unranked["score"].isna().all()
        assert len(snapshots.rank_history(session, "a", NOON + HOUR, NOON + 1.9 * HOUR)) == 1
        assert snapshots.rank_history(session, "another", NOON, NOON + HOUR).empty


def test_the_coins_of_a_source_s_newest_snapshot(pipeline: Pipeline) -> None:
    pipeline.take(row("gone", market_cap=1e12))
    pipeline.clock.move(minutes=5)
    pipeline.take(row("small", 5.0), row("large", 7.0, market_cap=1e9), row("mid", market_cap=1e8))
    with pipeline.database.reading() as session:
        found = snapshots.tracked(session, "listed")
        nobody = snapshots.tracked(session, "nobody")
    assert found["coin_id"].tolist() == ["large", "mid", "small"]
    large = found.iloc[0]
    assert (large["symbol"], large["name"], large["price"]) == ("LAR", "Large", 7.0)
    assert large["observed_at"] == pipeline.clock()
    assert nobody.empty
    assert nobody.columns.tolist() == found.columns.tolist()


@pytest.mark.parametrize(
    ("coin", "hours", "found"),
    [
        ("a", None, [3]),
        ("b", None, [2]),
        ("c", None, []),
        ("a", 1, [1]),
        ("b", 1.9, []),
        ("b", 2, [2]),
        ("b", 99, [2]),
        ("a", -1, []),
    ],
)
def test_the_last_snapshot_with_a_coin(
    pipeline: Pipeline, coin: str, hours: float | None, found: list[int]
) -> None:
    for pipeline.clock.now, rows in (
        (NOON, [row("a")]),
        (NOON + 2 * HOUR, [row("a"), row("b")]),
        (NOON + 4 * HOUR, [row("a")]),
    ):
        pipeline.take(*rows)
    at = None if hours is None else NOON + hours * HOUR
    with pipeline.database.reading() as session:
        last = snapshots.last_with(session, coin, at)
    assert list(last) == list(snapshots.COLUMNS)
    assert last["refresh_id"].tolist() == found
