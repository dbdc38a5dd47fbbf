"""The past that a simulated market starts with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest

from cointracker.core.clock import Clock
from cointracker.features.market.rankings import MarketService
from cointracker.features.monitoring.refresh import RefreshService
from cointracker.features.monitoring.seeding import seed
from cointracker.providers.simulated.market import SimulatedMarket
from cointracker.providers.simulated.source import SimulatedSource
from cointracker.storage.database import Database
from tests.databases import market_database
from tests.fakes import NOON, FakeClock, Pipeline, row

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
pytestmark = pytest.mark.slow

MARKET = SimulatedMarket(coin_count=8)
NOW = NOON + timedelta(minutes=20)
COUNTS = ("observations", "snapshots", "rankings", "refreshes", "standings", "coins")


def refresher(database: Database, at: Clock) -> RefreshService:
    source = SimulatedSource(at, MARKET)
    return RefreshService(database, source, count=8, clock=at, standings=source)


def sow(database: Database) -> None:
    source = SimulatedSource(FakeClock(NOW), MARKET)
    seed(database, source, partial(refresher, database), now=NOW)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = market_database(tmp_path_factory.mktemp("seeded") / "simulated.duckdb")
    sow(database)
    yield database
    database.close()


def sizes(database: Database) -> list[int]:
    with database.reading() as session:
        return [session.value(f"SELECT count(*) FROM {table}") for table in COUNTS]  # noqa: S608


def test_ninety_days_of_hours_are_stored(seeded: Database) -> None:
    with seeded.reading() as session:
        span = session.frame(
            "SELECT min(observed_at) AS first, max(observed_at) AS last,"
            " count(DISTINCT observed_at) AS hours FROM observations"
        ).iloc[0]
        doubled = session.value(
            "SELECT count(*) FROM (SELECT 1 FROM observations GROUP BY coin_id, observed_at"
            " HAVING count(*) > 1)"
        )
    assert (span["first"], span["last"]) == (NOON - 90 * DAY + HOUR, NOON)
    assert span["hours"] == 90 * 24
    assert doubled == 0


def test_each_day_is_ranked_and_of_late_each_hour(seeded: Database) -> None:
    instants = MarketService(seeded).instants()["snapshot_at"]
    assert instants.iloc[-1] == NOON
    assert instants.iloc[0] <= NOON - 80 * DAY
    steps = instants.diff().dropna()
    recent = instants.iloc[1:] > NOON - DAY
    assert set(steps[recent]) == {HOUR}
    assert set(steps[~recent]) <= {HOUR, DAY}
    assert instants.is_unique


def test_every_ranking_knows_a_week_before_it_and_a_standing(seeded: Database) -> None:
    with seeded.reading() as session:
        least = session.frame(
            "SELECT min(stability_samples) AS samples, count(factor_stability) AS stable,"
            " count(*) AS coins, count(standing) AS standings FROM rankings"
        ).iloc[0]
        assert session.value("SELECT count(DISTINCT outcome) FROM refreshes") == 1
    assert least["samples"] == 7
    assert least["stable"] == least["coins"]
    assert least["standings"] > 0


@pytest.mark.parametrize("back", [timedelta(0), 5 * HOUR, DAY, 30 * DAY, 79 * DAY])
def test_one_can_travel_back_in_time(seeded: Database, back: timedelta) -> None:
    view = MarketService(seeded).ranking(at=NOON - back)
    assert timedelta(0) <= NOON - back - view.snapshot.at < DAY
    then = {coin["id"]: coin for coin in MARKET.markets(view.snapshot.at, 8)}
    prices = view.frame.set_index("coin_id")["price"]
    assert prices.to_dict() == {coin_id: coin["current_price"] for coin_id, coin in then.items()}
    assert len(set(view.frame["rank"])) == 8


def test_places_gained_since_yesterday_are_known(seeded: Database) -> None:
    assert MarketService(seeded).ranking().frame["move"].notna().all()


def test_seeding_again_changes_nothing(seeded: Database) -> None:
    before = sizes(seeded)
    sow(seeded)
    assert sizes(seeded) == before


def test_a_database_with_a_snapshot_is_left_alone(pipeline: Pipeline) -> None:
    pipeline.take(row("bitcoin"))
    before = sizes(pipeline.database)
    sow(pipeline.database)
    assert sizes(pipeline.database) == before
