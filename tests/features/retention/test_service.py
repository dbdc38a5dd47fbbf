"""Retention: what pages and the next refresh show does not change because of a compaction."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from cointracker.analysis.series import OBSERVED, SPARKLINE
from cointracker.bootstrap import commands
from cointracker.core.server_settings import DATA_DIR
from cointracker.core.settings import Settings
from cointracker.features.market.rankings import MarketService
from cointracker.features.market.snapshot_writer import RankingOptions
from cointracker.features.market.store import observations, snapshots
from cointracker.features.monitoring.recordings import captures
from cointracker.features.monitoring.store import refreshes
from cointracker.features.retention.service import RetentionService, cuts
from cointracker.ranking.weights import Weights
from cointracker.storage.database import Database, Session
from tests.databases import LIVE_FILE, STEPS, market_database
from tests.fakes import NOON, FakeClock, Pipeline, row
from tests.recordings import recordings

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MIDNIGHT = NOON.replace(hour=0)


def retention(database: Database, at: datetime = NOON, history_days: int = 7) -> RetentionService:
    return RetentionService(database, FakeClock(at), history_days=history_days)


# Until when


@pytest.mark.parametrize(
    ("newest", "history_days", "hours_until", "days_until"),
    [
        (timedelta(0), 3, 7, 90),
        (timedelta(0), 7, 8, 90),
        (timedelta(0), 100, 101, 101),
        (timedelta(0), 365, 366, 366),
        (-DAY, 3, 7, 90),
        (20 * DAY, 7, 28, 90),
        (20 * DAY, 100, 121, 121),
        (200 * DAY, 7, 208, 208),
    ],
)
def test_until_when_a_coin_is_thinned(
    newest: timedelta, history_days: int, hours_until: int, days_until: int
) -> None:
    """Noon, with 2 h and a day for the window: the midnight before is the last but so many."""
    frame = pd.DataFrame({"coin_id": ["a"], "newest_at": [pd.Timestamp(NOON - newest)]})
    due = cuts(frame, NOON, history_days).iloc[0]
    assert due["hours_until"] == MIDNIGHT - hours_until * DAY
    assert due["days_until"] == MIDNIGHT - days_until * DAY


# The next refresh

STALE, LEFT, NEW = 20 * DAY + 7 * MINUTE, 45 * DAY, 12 * DAY
SEEN = {  # when each coin was seen, as days back: from, until
    "steady": [(130, 0)],
    "pegged": [(130, 0)],
    "stale": [(130, STALE / DAY)],
    "back": [(130, LEFT / DAY)],
    "gap": [(130, 40), (3, 0)],
    "new": [(NEW / DAY, 0)],
}


def past(coin_id: str, number: int) -> pd.DataFrame:
    """A walk of prices every quarter of an hour, a tenth of them filled in, some unknown."""
    chance = np.random.default_rng(number)
    backs = [
        back * 15 * MINUTE + number * 1.7 * MINUTE
        for since, until in SEEN[coin_id]
        for back in range(int(until * 96), int(since * 96))
    ]
    count = len(backs)
    prices = np.exp(np.cumsum(chance.normal(0, 0.004, count))) * 10
    if coin_id == "pegged":
        prices = 1 + chance.normal(0, 0.003, count)
    filled = chance.random(count) < 0.1
    rows = pd.DataFrame({"observed_at": [pd.Timestamp(NOON - back) for back in backs]})
    rows = rows.assign(
        coin_id=coin_id,
        source="listed",
        kind=np.where(filled, SPARKLINE, OBSERVED),
        price=np.where(chance.random(count) < 0.05, np.nan, prices),
        volume_24h=np.where(filled, np.nan, chance.lognormal(14, 1, count)),
        market_cap=1e9 * prices,
    )
    rows = rows.reindex(columns=observations.COLUMNS)
    return rows.astype(dict.fromkeys(observations.FIGURE_COLUMNS, float))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a database with 130 days of six coins, in the order of arrival."""
    path = tmp_path_factory.mktemp("filled") / "filled.duckdb"
    database = Database(path, STEPS)
    rows = pd.concat([past(coin_id, number) for number, coin_id in enumerate(SEEN)])
    with database.transaction() as session:
        observations.load(session, rows.sort_values("observed_at"))
    database.close()
    return path


@pytest.fixture
def twins(filled: Path, tmp_path: Path) -> Iterator[tuple[Database, Database]]:
    """Two databases with the same rows."""
    both = [market_database(shutil.copy(filled, tmp_path / name)) for name in ("one", "other")]
    yield both[0], both[1]
    for database in both:
        database.close()


def next_refresh(database: Database, options: RankingOptions, at: datetime) -> int:
    rows: list[Any] = [
        row(
            coin_id,
            1.0 if coin_id == "pegged" else 10.0 + number,
            market_cap=1e9,
            total_volume=1e6,
            last_updated=(at - number * MINUTE).isoformat(),
        )
        for number, coin_id in enumerate(SEEN)
        if coin_id != "stale"
    ]
    rows.append(row("stale", 9.0, total_volume=5e6, last_updated=(NOON - STALE).isoformat()))
    return Pipeline(database, FakeClock(at), options).take(*rows)


@pytest.mark.parametrize("model", ["classic", "robust"])
@pytest.mark.parametrize("history_days", [7, 30, 100])
@pytest.mark.slow
def test_the_next_refresh_ranks_as_without_a_compaction(
    twins: tuple[Database, Database], model: str, history_days: int
) -> None:
    one, other = twins
    options = RankingOptions(stability_model=model, history_days=history_days)
    done = retention(one, history_days=history_days).compact()
    assert done.observations_gone > 100
    for at in (NOON + 5 * MINUTE, NOON + DAY + 5 * MINUTE):
        for database in twins:
            next_refresh(database, options, at)
        shown, due = (MarketService(database).ranking().frame for database in twins)
        assert_frame_equal(shown, due)
        assert due["stability_samples"].max() > 3
        assert due["volume_change_24h_pct"].notna().sum() >= 3
        retention(one, at, history_days).compact()
        assert_frame_equal(MarketService(one).ranking().frame, due)
        with other.reading() as session:
            whole = session.value("SELECT count(*) FROM observations")
        with one.reading() as session:
            assert session.value("SELECT count(*) FROM observations") < whole


@pytest.mark.slow
def test_a_replayed_archive_is_shown_as_before(tmp_path: Path) -> None:
    """130 days of recorded captures, one a day, and a last one that is ranked with and without."""
    found = captures(recordings() / "coingecko" / "markets_daily")[-130:]
    settings = [Settings(data_dir=tmp_path / name) for name in ("one", "other")]
    list(commands.replay(settings[0], found[:-1]))
    shutil.copytree(settings[0][DATA_DIR], settings[1][DATA_DIR])
    database = market_database(settings[0][DATA_DIR] / LIVE_FILE)
    before = all_shown(database)
    last = found[-2].captured_at
    done = retention(database, last).compact()
    assert done.snapshots == 129
    assert all_shown(database).keys() == before.keys()
    for number, frame in all_shown(database).items():
        assert_frame_equal(frame, before[number])
    database.close()
    for each in settings:
        list(commands.replay(each, found[-1:]))
    shown = [newest_shown(each[DATA_DIR] / LIVE_FILE) for each in settings]
    assert_frame_equal(*shown)
    assert len(shown[0]) == 100
    assert shown[0]["score"].notna().all()


def newest_shown(path: Path) -> pd.DataFrame:
    database = market_database(path)
    try:
        return MarketService(database).ranking().frame
    finally:
        database.close()


def all_shown(database: Database) -> dict[int, pd.DataFrame]:
    """The stored rows of every snapshot."""
    with database.reading() as session:
        numbers = snapshots.instants(session)["refresh_id"]
        return {int(number): snapshots.rows(session, int(number)) for number in numbers}


# Snapshots and the log


def take_every(pipeline: Pipeline, step: timedelta, count: int) -> None:
    """Coin `b` comes so late that its ranked figures are not those nearest to an hour."""
    for _time in range(count):
        late = (pipeline.clock.now - 25 * MINUTE).isoformat()
        pipeline.take(row("a", market_cap=1e9), row("b", market_cap=2e9, last_updated=late))
        pipeline.clock.move(seconds=step.total_seconds())


def kept(database: Database) -> list[datetime]:
    return [at.to_pydatetime() for at in MarketService(database).instants()["snapshot_at"]]


@pytest.mark.slow
def test_an_hour_and_later_a_day_keeps_one_snapshot_with_all_its_rows(pipeline: Pipeline) -> None:
    pipeline.clock.now = MIDNIGHT + 7 * MINUTE
    take_every(pipeline, 20 * MINUTE, 36)
    pipeline.clock.now = MIDNIGHT + DAY + 7 * MINUTE
    take_every(pipeline, 20 * MINUTE, 2)
    whole, before = kept(pipeline.database), all_shown(pipeline.database)
    retention(pipeline.database, MIDNIGHT + 8 * DAY).compact()  # one day is old
    hourly = [MIDNIGHT + 7 * MINUTE + hour * HOUR for hour in range(12)]
    assert kept(pipeline.database) == [*hourly, *whole[-3:]]  # of these, one is nearest to noon
    for number, frame in all_shown(pipeline.database).items():
        assert_frame_equal(frame, before[number])
    pipeline.clock.now = MIDNIGHT + 200 * DAY
    take_every(pipeline, HOUR, 1)
    before = all_shown(pipeline.database)
    done = retention(pipeline.database, MIDNIGHT + 200 * DAY).compact()
    assert done.observations_gone > 50
    daily = [MIDNIGHT + 7 * MINUTE, MIDNIGHT + DAY + 7 * MINUTE]
    assert kept(pipeline.database) == [*daily, MIDNIGHT + 200 * DAY]
    for number, frame in all_shown(pipeline.database).items():
        assert_frame_equal(frame, before[number])
    with pipeline.database.reading() as session:
        orphans = "SELECT count(*) FROM rankings ANTI JOIN snapshots USING (refresh_id)"
        assert session.value(orphans) == 0


@pytest.mark.slow
def test_a_change_of_weights_stays_visible(pipeline: Pipeline) -> None:
    pipeline.clock.now = MIDNIGHT + 7 * MINUTE
    take_every(pipeline, 20 * MINUTE, 8)
    changed = pipeline.clock.now
    pipeline.options = RankingOptions(Weights(1, 0, 0, 1, 0))
    take_every(pipeline, 20 * MINUTE, 8)
    pipeline.clock.move(days=1)
    pipeline.options = RankingOptions(Weights(1, 0, 0, 1, 0), history_days=8)
    take_every(pipeline, 20 * MINUTE, 3)
    for _time in range(2):
        retention(pipeline.database, MIDNIGHT + 300 * DAY).compact()
        assert {changed - 20 * MINUTE, changed} <= set(kept(pipeline.database))
        assert len(kept(pipeline.database)) == 6
    with pipeline.database.reading() as session:
        rows = snapshots.rank_history(session, "a", MIDNIGHT, MIDNIGHT + 9 * DAY)
    assert rows["weight_social"].tolist() == [15, 15, 0, 0, 0, 0]


def test_the_log_is_kept_for_ninety_days_and_with_its_snapshots(pipeline: Pipeline) -> None:
    bad = row("bad", -1.0)
    pipeline.clock.now = MIDNIGHT
    for _time in range(4):
        pipeline.take(row("a"), bad)
        pipeline.clock.move(minutes=20)
    pipeline.clock.now = MIDNIGHT + 100 * DAY
    pipeline.take(row("a"), bad)

    def logged() -> tuple[list[int], list[int]]:
        with pipeline.database.reading() as session:
            numbers = sorted(refreshes.log(session, limit=9)["refresh_id"].tolist())
            told = [number for number in range(1, 6) if len(refreshes.rejections(session, number))]
        return numbers, told

    retention(pipeline.database, MIDNIGHT + 89 * DAY).compact()
    assert logged() == ([1, 2, 3, 4, 5],) * 2
    done = retention(pipeline.database, MIDNIGHT + 101 * DAY).compact()
    assert done.refreshes_gone == 3
    assert logged() == ([1, 5],) * 2
    pipeline.clock.move(days=300)
    retention(pipeline.database, pipeline.clock.now).compact()
    assert pipeline.take(row("a")) == 6


# The database


def test_an_empty_database_is_compacted(database: Database) -> None:
    done = retention(database).compact()
    assert (done.observations, done.snapshots, done.observations_gone) == (0, 0, 0)


def test_twice_is_once(twins: tuple[Database, Database]) -> None:
    database, _other = twins
    first = retention(database).compact()
    rows = stored(database)
    again = retention(database).compact()
    assert (again.observations, again.observations_gone) == (first.observations, 0)
    assert_frame_equal(stored(database), rows)


def stored(database: Database) -> pd.DataFrame:
    """All observations, in the order they lie in."""
    with database.reading() as session:
        return session.frame("SELECT * FROM observations")


def test_rows_lie_by_year_and_coin_and_lately_by_day_and_coin(
    twins: tuple[Database, Database],
) -> None:
    database, _other = twins
    retention(database).compact()
    rows = stored(database)
    recent = MIDNIGHT - 7 * DAY
    years = pd.to_datetime(rows["observed_at"].dt.strftime("%Y-01-01"), utc=True)
    band = rows["observed_at"].dt.floor("D").where(rows["observed_at"] >= recent, years)
    keys = list(zip(band, rows["coin_id"], rows["observed_at"], strict=True))
    assert keys == sorted(keys)
    assert band.nunique() == 2 + 8


def test_the_tables_keep_their_shape(database: Database) -> None:
    def shape(session: Session) -> list[Any]:
        columns = session.frame(
            "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns()"
            " WHERE NOT internal ORDER BY table_name, column_index"
        )
        return columns.to_numpy().tolist()

    with database.reading() as session:
        before = shape(session)
    retention(database).compact()
    with database.reading() as session:
        assert shape(session) == before
    path = database.path
    database.close()
    market_database(path).close()  # and migrations fit


def test_the_file_does_not_grow_by_each_compaction(twins: tuple[Database, Database]) -> None:
    database, _other = twins
    sizes = []
    for _time in range(5):
        retention(database).compact()
        sizes.append(database.path.stat().st_size)
    assert sizes[4] == sizes[2] == sizes[1]


def test_it_remembers_its_last_run(database: Database) -> None:
    clock = FakeClock()
    service = RetentionService(database, clock, history_days=7)
    assert service.last() is None
    assert NOON < service.next_at() < NOON + HOUR
    service.compact()
    assert service.last() == NOON
    assert service.next_at() == NOON + DAY
    clock.move(days=3)
    assert clock.now < service.next_at() < clock.now + HOUR


def test_readers_and_refreshes_go_on_meanwhile(twins: tuple[Database, Database]) -> None:
    """A reader sees one state from its first look to its last; the refresh waits and is there."""
    database, _other = twins
    whole = len(stored(database))
    with database.reading() as session:
        count = "SELECT count(*) FROM observations"
        assert session.value(count) == whole
        waiting = threading.Thread(
            target=next_refresh, args=(database, RankingOptions(), NOON + 5 * MINUTE)
        )
        with database.transaction():
            waiting.start()
        done = retention(database).compact()
        waiting.join()
        assert session.value(count) == whole
        assert session.value("SELECT sum(price) FROM observations") > 0
        session.frame("SELECT * FROM rankings")
    assert whole - done.observations_gone < len(stored(database)) <= done.observations + len(SEEN)
    assert kept(database) == [NOON + 5 * MINUTE]
    assert len(MarketService(database).ranking().frame) == len(SEEN)


def test_readers_beside_many_compactions(twins: tuple[Database, Database]) -> None:
    database, _other = twins
    next_refresh(database, RankingOptions(), NOON + 5 * MINUTE)
    due = MarketService(database).ranking().frame
    over = threading.Event()
    looks: list[bool] = []

    def look() -> None:
        while not over.is_set():
            looks.append(MarketService(database).ranking().frame.equals(due))

    readers = [threading.Thread(target=look) for _reader in range(3)]
    for reader in readers:
        reader.start()
    for _time in range(4):
        retention(database, NOON + 5 * MINUTE).compact()
    over.set()
    for reader in readers:
        reader.join()
    assert len(looks) > 3
    assert all(looks)
