"""A coin's stability over time is what its refreshes stored, part by part."""

from __future__ import annotations

import itertools
import math
import random
import statistics
from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cointracker.analysis import stability_history
from cointracker.analysis.series import HISTORY, OBSERVED, SPARKLINE
from cointracker.analysis.stability_history import MAX_ENDS, PriceGrid
from cointracker.features.market.snapshot_writer import RankingOptions
from cointracker.features.market.store import observations, snapshots
from cointracker.ranking.stability import DAY_TOLERANCE, HOUR_TOLERANCE
from cointracker.storage.database import Database, Session
from tests import reference
from tests.databases import market_database
from tests.fakes import NOON, FakeClock, Pipeline, row

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LONG_AGO, FAR = NOON - 4_000 * DAY, NOON + 4_000 * DAY
NAN = float("nan")
Rows = dict[int, tuple[float | None, str]]
"""Prices and their kinds, by minutes before noon."""


def frame(rows: Rows) -> pd.DataFrame:
    found = pd.DataFrame(
        [(pd.Timestamp(NOON - back * MINUTE), *row) for back, row in rows.items()],
        columns=["observed_at", "price", "kind"],
    )
    found["price"] = found["price"].astype(float)
    found["observed_at"] = pd.to_datetime(found["observed_at"], utc=True)
    found = found.assign(coin_id="a", source="test").reindex(columns=observations.COLUMNS)
    return found.astype(dict.fromkeys(observations.FIGURE_COLUMNS, float))


@pytest.fixture(scope="module")
def session(shared: Database) -> Iterator[Session]:
    """A transaction that nothing of is kept."""
    with shared.transaction() as session:
        yield session
        session.execute("DELETE FROM observations")


def history(session: Session, coin: str = "a") -> pd.DataFrame:
    return observations.history(session, [coin], LONG_AGO, FAR)


kinds = st.sampled_from([OBSERVED, HISTORY, SPARKLINE])
figures = st.sampled_from([None, 1.0, 2.0, 3.0, 4.0])
quarters = st.integers(-12, 40 * 4).map(lambda quarter: quarter * 15)
minutes = st.integers(-180, 40 * 60)
GRIDS = [(DAY, 1, DAY_TOLERANCE), (HOUR, 36, HOUR_TOLERANCE), (HOUR, 30, 15 * MINUTE)]


@pytest.mark.parametrize(("step", "steps", "tolerance"), GRIDS)
@given(rows=st.dictionaries(quarters | minutes, st.tuples(figures, kinds), max_size=25))
def test_the_grid_finds_what_the_ranking_finds(
    session: Session, rows: Rows, step: timedelta, steps: int, tolerance: timedelta
) -> None:
    """Two searches, one in SQL and one in numpy: ties, bounds, kinds and missing prices alike.

    But for a price exactly between two hours, which SQL counts for one of them.
    """
    assume(step == DAY or not any(back % 60 == 30 for back in rows))
    session.execute("DELETE FROM observations")
    if rows:
        observations.load(session, frame(rows))
    ends = pd.DataFrame({"coin_id": ["a"], "end_at": [pd.Timestamp(NOON)]})
    due = observations.nearest(session, ends, "price", step=step, steps=steps, tolerance=tolerance)
    grid = PriceGrid(history(session))
    found = grid.at(np.array([int(NOON.timestamp()) * 1_000_000]), step, steps, tolerance)
    np.testing.assert_array_equal(found, due)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Fifty days of a wild coin, a calm one and one that is rarely seen, at uneven instants."""
    database = market_database(tmp_path_factory.mktemp("lived") / "cointracker.duckdb")
    chance, clock = random.Random(3), FakeClock()
    pipeline = Pipeline(database, clock)
    price = {"wild": 100.0, "calm": 1.0, "rare": 5.0}
    for day in range(50):
        clock.now = NOON + day * DAY + chance.randrange(-100, 100) * MINUTE
        rows = []
        for coin, deviation in (("wild", 0.08), ("calm", 0.002), ("rare", 0.03)):
            price[coin] *= math.exp(chance.gauss(0, deviation))
            if coin != "rare" or day % 9 < 5:
                late = chance.choice([0, 0, 0, 1, 5, 9]) * HOUR / 2
                at = (clock.now - late).isoformat()
                rows.append(row(coin, price[coin], last_updated=at))
        pipeline.take(*rows)
    yield database
    database.close()


@pytest.mark.parametrize("coin", ["wild", "calm", "rare"])
@pytest.mark.slow
def test_the_last_row_is_what_the_refresh_stored(
    database: Database, coin: str, clock: FakeClock
) -> None:
    """At every refresh, of every coin: the same rules by two ways."""
    chance, pipeline, price = random.Random(coin), Pipeline(database, clock), 100.0
    known = set()
    for _ in range(40):
        clock.move(hours=chance.choice([1, 21, 23, 24, 24, 25, 26, 47, 49]))
        price *= math.exp(chance.gauss(0, {"wild": 0.08, "calm": 0.002, "rare": 0.03}[coin]))
        number = pipeline.take(row(coin, price), row("other", 7.0))
        with database.reading() as session:
            stored = snapshots.rows(session, number).set_index("coin_id").loc[coin]
            grid = PriceGrid(history(session, coin))
        last = stability_history.components(grid, LONG_AGO, 7).iloc[-1]
        assert last["observed_at"] == stored["observed_at"]
        assert last["score"] == pytest.approx(stored["stability_classic"], nan_ok=True)
        assert last["samples"] == stored["daily_changes"] == stored["stability_samples"]
        known.add(int(last["samples"]))
    assert len(known) > 3


@pytest.mark.parametrize("coin", ["wild", "calm", "rare"])
@pytest.mark.slow
def test_scores_and_parts_at_every_instant_are_the_reference(lived: Database, coin: str) -> None:
    with lived.reading() as session:
        stored = history(session, coin)
    found = stability_history.components(PriceGrid(stored), LONG_AGO, 7)
    points = [
        reference.Point(at.to_pydatetime(), False, price, None)
        for at, price in zip(stored["observed_at"], stored["price"], strict=True)
    ]
    assert found["observed_at"].tolist() == stored["observed_at"].tolist()
    for due, line in zip(points, found.to_dict("records"), strict=True):
        prices = [
            reference.nearest(points, "price", due.at - back * DAY) for back in range(7, -1, -1)
        ]
        days = [
            change
            for then, now in itertools.pairwise(prices)
            if (change := reference.relative_change(now, then)) is not None
        ]
        assert line["samples"] == len(days)
        parts = [line[name] for name in ("score", "variance", "trend", "reversion")]
        if len(days) < 3:
            assert np.isnan([*parts, line["volatility_pct"]]).all()
            continue
        mean = statistics.fmean(days)
        signs = abs(sum((day > 0) - (day < 0) for day in days))
        assert parts == pytest.approx(
            [
                reference.stability(days),
                max(0, 100 - 2 * statistics.variance(days)),
                signs / len(days) * 100,
                max(0, 100 - 3 * abs(statistics.fmean(days[-3:]) - mean)),
            ]
        )
        assert line["volatility_pct"] == pytest.approx(statistics.stdev(days) * math.sqrt(365))


def test_the_window_has_as_many_days_as_the_ranking(clock: FakeClock, database: Database) -> None:
    pipeline = Pipeline(database, clock, RankingOptions(history_days=3))
    for price in (100.0, 150.0, 90.0, 91.0, 92.0, 93.0):
        number = pipeline.take(row("a", price))
        clock.move(days=1)
    with database.reading() as session:
        stored = snapshots.rows(session, number).iloc[0]
        last = stability_history.components(PriceGrid(history(session)), LONG_AGO, 3).iloc[-1]
    assert last["samples"] == stored["daily_changes"] == 3
    assert last["score"] == pytest.approx(stored["stability_classic"])


def hours(count: int, step: timedelta = HOUR) -> PriceGrid:
    """So many prices up to noon, rising by 1 % a step."""
    back = [step // MINUTE * place for place in range(count)]
    return PriceGrid(frame({at: (1.01 ** -(at / (step // MINUTE)), OBSERVED) for at in back[::-1]}))


@pytest.mark.parametrize("count", [1, 2, 299, 300, 301, 5_000])
def test_components_are_few_and_end_with_the_last_price(count: int) -> None:
    found = stability_history.components(hours(count), LONG_AGO, 7)
    assert tuple(found) == stability_history.COMPONENT_COLUMNS
    assert len(found) == min(count, MAX_ENDS)
    assert found["observed_at"].iloc[-1] == NOON
    assert found["observed_at"].is_monotonic_increasing
    assert found["observed_at"].is_unique


def test_components_begin_where_they_are_asked_to_and_look_back_beyond() -> None:
    found = stability_history.components(hours(30 * 24), NOON - DAY, 7)
    assert found["observed_at"].iloc[0] == NOON - DAY
    assert len(found) == 25
    assert set(found["samples"]) == {7}


@pytest.mark.parametrize("kind", [object, "float64"])
def test_nothing_stored(kind: object) -> None:
    empty = pd.DataFrame({"observed_at": [], "price": [], "kind": []}, dtype=kind)
    empty["observed_at"] = pd.to_datetime(empty["observed_at"], utc=True)
    grid = PriceGrid(empty)
    assert stability_history.components(grid, NOON, 7).empty
    assert stability_history.daily_changes(grid, NOON).empty
    robust = stability_history.robust_inputs(grid, 7)
    assert robust.points == 0
    assert np.isnan([robust.volatility_pct, robust.downside_pct, robust.drawdown_pct]).all()


# Daily changes


def test_daily_changes_are_blocks_back_from_the_last_price() -> None:
    day = 24 * 60
    prices = {4 * day: 50.0, 3 * day - 119: 100.0, 2 * day: 110.0, day + 121: 99.0, 0: 121.0}
    grid = PriceGrid(frame({back: (price, OBSERVED) for back, price in prices.items()}))
    found = stability_history.daily_changes(grid, NOON - 4 * DAY)
    assert found["observed_at"].tolist() == [NOON - back * DAY for back in (3, 2, 1, 0)]
    assert found["change_pct"].tolist() == pytest.approx([100.0, 10.0, NAN, NAN], nan_ok=True)


@pytest.mark.parametrize(
    ("since", "blocks"),
    [
        (NOON - 3 * DAY, 3),
        (NOON - 3 * DAY - MINUTE, 4),
        (NOON - HOUR, 1),
        (NOON, 1),
        (NOON + MINUTE, 0),
    ],
)
def test_blocks_cover_the_span(since: datetime, blocks: int) -> None:
    assert len(stability_history.daily_changes(hours(240), since)) == blocks


# What the robust model sees


def test_robust_inputs_by_plain_arithmetic() -> None:
    chance = random.Random(8)
    prices = [100.0]
    for _ in range(168):
        prices.append(prices[-1] * math.exp(chance.gauss(0, 0.01)))
    rows = {60 * (168 - place): (price, OBSERVED) for place, price in enumerate(prices)}
    found = stability_history.robust_inputs(PriceGrid(frame(rows)), 7)
    returns = [math.log(now / then) for then, now in itertools.pairwise(prices)]
    year = 365 * 24
    assert found.points == 169
    assert found.volatility_pct == pytest.approx(
        math.sqrt(statistics.fmean(r**2 for r in returns) * year) * 100
    )
    assert found.downside_pct == pytest.approx(
        math.sqrt(statistics.fmean(min(r, 0) ** 2 for r in returns) * year) * 100
    )
    falls = [1 - price / max(prices[: place + 1]) for place, price in enumerate(prices)]
    assert found.drawdown_pct == pytest.approx(max(falls) * 100)


def test_robust_inputs_count_the_points_that_the_ranking_counts(
    database: Database, clock: FakeClock
) -> None:
    sparkline = {"price": [100 * 1.001**hour for hour in range(168)]}
    number = Pipeline(database, clock).take(
        row("a", 118.0, sparkline_in_7d=sparkline), row("b", 1.0, sparkline_in_7d=sparkline)
    )
    with database.reading() as session:
        stored = snapshots.rows(session, number).set_index("coin_id").loc["a"]
        grid = PriceGrid(history(session))
    assert stability_history.robust_inputs(grid, 7).points == stored["hourly_prices"] == 168
    assert stored["stability_robust"] in (0.0, 100.0)
    assert stored["stability_classic"] == pytest.approx(
        stability_history.components(grid, LONG_AGO, 7)["score"].iloc[-1]
    )


def test_a_single_price_moves_nothing() -> None:
    found = stability_history.robust_inputs(hours(1), 7)
    assert (found.points, found.drawdown_pct) == (1, 0.0)
    assert math.isnan(found.volatility_pct)
