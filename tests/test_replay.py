"""Two years of recorded captures, and wilder made-up ones, held to tests/reference.py."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from cointracker.bootstrap import commands
from cointracker.core.settings import Settings
from cointracker.features.market.rankings import MarketService
from cointracker.features.market.snapshot_writer import RankingOptions
from cointracker.features.monitoring.recordings import captures
from cointracker.features.monitoring.refresh import RefreshService
from cointracker.features.monitoring.store.refreshes import FAILED, STORED, UNCHANGED
from cointracker.ranking.factors import FACTOR_KEYS
from cointracker.ranking.weights import Weights
from cointracker.storage.database import Database
from tests import reference
from tests.databases import LIVE_FILE, market_database
from tests.fakes import FakeClock, ListedSource
from tests.reference import Expected
from tests.replayed import Replayed

pytestmark = pytest.mark.slow

EXACT = ("rank", "samples", "observed_at")
WITHIN_1E9 = ("score", "coverage", "volume_change_24h_pct", *FACTOR_KEYS)
NAMES = {f"factor_{name}": name for name in FACTOR_KEYS} | {"stability_samples": "samples"}
TABLES = ("coins", "observations", "standings", "snapshots", "rankings", "rejections")

Found = dict[str, dict[str, Any]]
"""What a snapshot holds: by coin id, under the names of `Expected`; None where missing."""
Pair = tuple[Expected, dict[str, Any]]


@pytest.fixture(scope="module")
def due(archive: Replayed) -> list[dict[str, Expected]]:
    """What every snapshot must hold."""
    return list(reference.replayed(archive.rows))


@pytest.fixture(scope="module")
def pairs(archive: Replayed, due: list[dict[str, Expected]]) -> list[Pair]:
    """For every coin of every snapshot what is due, and what is there."""
    return paired(due, snapshots(archive.database))


def snapshots(database: Database) -> list[Found]:
    """All that is stored of all snapshots, oldest first."""
    rows = frame(
        database,
        "SELECT rankings.* FROM rankings JOIN snapshots USING (refresh_id)"
        " ORDER BY snapshot_at, refresh_id",
    ).rename(columns=NAMES)
    found: dict[int, Found] = {}
    for row in rows.astype(object).where(rows.notna(), None).to_dict("records"):
        found.setdefault(row["refresh_id"], {})[row["coin_id"]] = row
    return list(found.values())


def paired(due: Sequence[Mapping[str, Expected]], found: Sequence[Found]) -> list[Pair]:
    odd = [coins.keys() ^ there.keys() for coins, there in zip(due, found, strict=True)]
    assert [ids for ids in odd if ids] == []
    return [
        (coin, there[coin_id])
        for coins, there in zip(due, found, strict=True)
        for coin_id, coin in coins.items()
    ]


def unlike(pairs: Sequence[Pair], name: str) -> list[Any]:
    """The first coins, with what is due and what is there, where the two do not agree."""
    found = []
    for coin, there in pairs:
        due = coin.factors[name] if name in coin.factors else getattr(coin, name)
        if not agrees(due, there[name], exactly=name in EXACT):
            found.append((coin.coin_id, coin.observed_at, due, there[name]))
    return found[:5]


def agrees(due: Any, found: Any, *, exactly: bool) -> bool:
    if due is None or found is None or exactly:
        return due == found
    return math.isclose(due, found, rel_tol=1e-9, abs_tol=1e-9)


def frame(database: Database, sql: str) -> pd.DataFrame:
    with database.reading() as session:
        return session.frame(sql)


def test_every_capture_but_one_made_a_snapshot(archive):
    lists = [at for at, _ in archive.rows]
    stored = frame(archive.database, "SELECT snapshot_at FROM snapshots ORDER BY snapshot_at")
    assert [at.to_pydatetime() for at in stored["snapshot_at"]] == lists
    assert len(lists) == 770
    assert sum(run.outcome == STORED for run in archive.log) == 770


def test_the_403_is_logged_as_a_failed_refresh_with_its_reason(archive):
    refused = [c for c in archive.captures if not isinstance(json.loads(c.body), list)]
    failed = [run for run in archive.log if run.outcome == FAILED]
    assert [run.started_at for run in failed] == [capture.captured_at for capture in refused]
    assert [(run.error, run.accepted) for run in failed] == [("AccessRefused", 0)]
    assert "This endpoint is temporarily unavailable due to ongoing issues" in failed[0].reason
    assert failed[0].reason.endswith("(403)")
    logged = frame(archive.database, "SELECT * FROM refreshes WHERE outcome = 'failed'")
    assert logged[["error", "reason"]].to_numpy().tolist() == [[failed[0].error, failed[0].reason]]


def test_every_valid_row_of_every_capture_is_stored(archive):
    rows = {
        (row["id"], reference.observed_at(row, at)): tuple(figures(row))
        for at, rows in archive.rows
        for row in rows
        if reference.is_valid(row)
    }
    stored = frame(
        archive.database,
        "SELECT coin_id, observed_at, price, volume_24h, market_cap, change_24h_pct"
        " FROM observations WHERE kind = 'observed' AND source = 'coingecko'",
    )
    instants = [at.to_pydatetime() for at in stored["observed_at"]]
    columns = ["price", "volume_24h", "market_cap", "change_24h_pct"]
    values = map(tuple, stored[columns].to_numpy().tolist())
    found = dict(zip(zip(stored["coin_id"], instants, strict=True), values, strict=True))
    assert len(stored) == len(found) == len(rows) == 77_000
    assert [key for key, due in rows.items() if found.get(key) != due][:5] == []
    assert sum(run.accepted for run in archive.log) == sum(len(rows) for _, rows in archive.rows)
    assert frame(archive.database, "SELECT count(*) AS n FROM rejections")["n"].tolist() == [0]


def figures(row: Mapping[str, Any]) -> Iterator[float]:
    for name in reference.FIGURES:
        yield float(row[name])


@pytest.mark.parametrize("name", [*EXACT, *WITHIN_1E9])
def test_snapshots_agree_with_the_reference(pairs, name):
    assert len(pairs) == 77_000
    assert unlike(pairs, name) == []


def test_the_archive_has_of_everything(pairs):
    """Else agreement would say little: long and short histories, and every factor but standing."""
    coins = [coin for coin, _ in pairs]
    assert {coin.samples for coin in coins} == set(range(8))
    assert {round(coin.coverage, 2) for coin in coins} == {0.4, 0.6, 0.65, 0.85}
    known = {name for coin in coins for name, value in coin.factors.items() if value is not None}
    assert known == {*FACTOR_KEYS} - {"social"}


def test_the_service_shows_what_is_stored(archive, due):
    service = MarketService(archive.database)
    for (at, _), coins in list(zip(archive.rows, due, strict=True))[:: len(due) // 8]:
        view = service.ranking(at=at)
        by_rank = sorted(coins.values(), key=lambda coin: coin.rank)
        assert view.frame["coin_id"].tolist() == [coin.coin_id for coin in by_rank]
        assert view.frame["rank"].tolist() == list(range(1, len(coins) + 1))
        assert view.frame["score"].tolist() == pytest.approx([coin.score for coin in by_rank])
        contributions = view.frame[[f"contribution_{name}" for name in FACTOR_KEYS]].sum(axis=1)
        assert contributions.tolist() == pytest.approx([coin.score for coin in by_rank])


def test_the_same_captures_again_change_nothing(daily, tmp_path):
    found = captures(daily / "raw")
    settings = Settings(data_dir=tmp_path)
    first = list(commands.replay(settings, found))
    before = dump(tmp_path)
    again = list(commands.replay(settings, found))
    after = dump(tmp_path)
    assert {run.outcome for run in first} == {STORED}
    assert {run.outcome for run in again} == {UNCHANGED}
    for table in TABLES:
        assert_frame_equal(after[table], before[table])


def dump(folder: Path) -> dict[str, pd.DataFrame]:
    database = market_database(folder / LIVE_FILE)
    try:
        return {table: frame(database, f"SELECT * FROM {table} ORDER BY ALL") for table in TABLES}  # noqa: S608
    finally:
        database.close()


# Captures as bad as they come: what two good years of one feed do not hold.

COINS = [f"coin-{number:02}" for number in range(16)]
STANDINGS = dict(zip(COINS[:6], (0, 1, 40.5, 999, 1000, 2500), strict=True))


def made_up(seed: int) -> Iterator[tuple[datetime, list[dict[str, Any]]]]:
    """Captures at uneven instants; rows null, stale, from the future, repeated, or the last alike.

    All instants lie on quarters of an hour, shifted by a coin's own milliseconds: so boundaries
    fall upon 2 h exactly, and points to either side of them are equally near. A coin comes with a
    sparkline when it is first seen.
    """
    chance = random.Random(seed)
    at = datetime(2025, 3, 1, 6, 0, tzinfo=UTC)
    unseen = set(COINS)
    for _ in range(30):
        at += chance.choice([1, 4, 4, 8, 88, 92, 95, 96, 96, 96, 97, 104, 105, 300]) * QUARTER
        rows = [made_up_row(chance, coin_id, at) for coin_id in chance.sample(COINS, 14)]
        for first in (row for row in rows if row["id"] in unseen):
            prices = [perhaps(chance, chance.lognormvariate(0, 0.02)) for _ in range(168)]
            first["sparkline_in_7d"] = perhaps(chance, {"price": prices})
            unseen.remove(first["id"])
        yield at, rows


QUARTER = timedelta(minutes=15)


def made_up_row(chance: random.Random, coin_id: str, at: datetime) -> dict[str, Any]:
    if coin_id in COINS[-3:]:  # for ties: nothing but a cap, or nothing at all
        return row(coin_id, market_cap=None if coin_id == COINS[-1] else 5e8)
    late = chance.choice([-1, 0, 0, 0, 1, 2, 7, 8, 9, 32])
    shift = timedelta(milliseconds=37 * COINS.index(coin_id))
    figures = {
        "current_price": chance.choice([1.0, chance.lognormvariate(0, 0.03)]),
        "total_volume": chance.choice([0, 1e6, 2e6, chance.lognormvariate(14, 1)]),
        "market_cap": chance.choice([0, 999_999, 1e9, 1e9, 3e12]),
        "price_change_percentage_24h": chance.uniform(-60, 220),
        "price_change_percentage_24h_in_currency": chance.choice([0.0, -100.0, 1191.0]),
        "last_updated": (at - late * QUARTER - shift).isoformat(),
    }
    return row(coin_id, **{name: perhaps(chance, value) for name, value in figures.items()})


def perhaps(chance: random.Random, value: Any) -> Any:
    return None if chance.random() < 0.15 else value


def row(coin_id: str, **fields: Any) -> dict[str, Any]:
    missing = dict.fromkeys(("current_price", "total_volume", "market_cap", "last_updated"))
    return {"id": coin_id, "symbol": coin_id[-2:], "name": coin_id.title(), **missing, **fields}


@pytest.mark.parametrize(
    ("seed", "weights"), [(1, Weights()), (2, Weights(0, 3, 0, 0, 1)), (3, Weights(0, 0, 9, 1, 0))]
)
def test_made_up_captures_agree_with_the_reference(seed, weights, database):
    stream = list(made_up(seed))
    clock = FakeClock()
    source = ListedSource(clock, standings=STANDINGS)
    service = RefreshService(
        database,
        source,
        count=250,
        clock=clock,
        standings=source,
        options=RankingOptions(weights=weights),
    )
    for clock.now, source.rows in stream:
        assert service.run("test").outcome == STORED
    by_name = dict(zip(FACTOR_KEYS, weights, strict=True))
    due = list(reference.replayed(stream, by_name, STANDINGS))
    pairs = paired(due, snapshots(database))
    for name in (*EXACT, *WITHIN_1E9):
        assert unlike(pairs, name) == [], name
