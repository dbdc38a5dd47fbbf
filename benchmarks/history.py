"""One coin's year out of 1 and 10 million stored rows, and what laying them out costs.

`make bench ARGS="history 100"` adds 100 million rows: some minutes and several GB in the
folder for temporary files. The stored rows are 5-minute ones of the last days and hourly ones
before, as retention leaves them for coins that are followed for long; each size has ten times
the coins of the one before (100, 1,000, 10,000), so the year of one coin is the same 10,000 rows.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.plan import rows_scanned
from benchmarks.server import median
from cointracker.features.market.store import observations
from cointracker.features.retention.service import RetentionService
from cointracker.ranking.stability import DAY, DAY_TOLERANCE
from cointracker.storage.database import Database
from tests.databases import market_database

NOW = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
ROWS_EACH, RAW_EACH = 10_000, 2_304
HISTORY_DAYS = 365  # the longest window: all of the year stays whole, nothing is thinned
RUNS = 9
MILLIONS = (1, 10)

SYLLABLES = [first + second for first in "bcdfghjklmnpqrstvwxz" for second in "aeiou"]

_ARRIVED = f"""
INSERT INTO observations (
    coin_id, observed_at, source, kind, price, volume_24h, market_cap,
    change_1h_pct, change_24h_pct, change_7d_pct, change_30d_pct
)
SELECT coin_id,
       $now - CASE WHEN back < {RAW_EACH} THEN to_minutes(5 * back::INTEGER)
              ELSE to_hours({RAW_EACH // 12} + (back - {RAW_EACH})::INTEGER) END
            - to_milliseconds((hash(coin_id) % 60000)::BIGINT),
       'coingecko', 'observed', 1 + random(), 1e6 * random(), 1e9 * random(),
       random(), random(), random(), random()
FROM (SELECT range % $coins AS number, {ROWS_EACH} - 1 - range // $coins AS back
      FROM range({ROWS_EACH} * $coins)) JOIN incoming USING (number)
"""  # noqa: S608 - the numbers are the constants above


def coin_ids(count: int) -> list[str]:
    """Ids as different from one another as CoinGecko's: made-up words, no common beginning."""
    chance = np.random.default_rng(1)
    found: set[str] = set()
    while len(found) < count:
        found.add("".join(chance.choice(SYLLABLES, chance.integers(2, 6))))
    return sorted(found)


def arrived(database: Database, ids: list[str]) -> None:
    """Store the rows of some coins, in the order in which they would have come."""
    numbered = pd.DataFrame({"coin_id": ids, "number": range(len(ids))})
    with database.transaction() as session:
        session.run_on(numbered, _ARRIVED, {"now": NOW, "coins": len(ids)})


def main(*millions: str) -> None:
    """Print the figures for each size, in millions of rows."""
    for size in [int(text) for text in millions] or MILLIONS:
        with tempfile.TemporaryDirectory() as folder:
            _measure(Path(folder) / "history.duckdb", size)


def _measure(path: Path, size: int) -> None:
    ids = coin_ids(size * 1_000_000 // ROWS_EACH)
    print(f"{size} million rows: {len(ids)} coins of {ROWS_EACH} rows")
    with _opened(path) as database:
        arrived(database, ids)
    _report("in the order of arrival", path, ids)
    with _opened(path) as database:
        retention = RetentionService(database, lambda: NOW, history_days=HISTORY_DAYS)
        first = retention.compact()
        megabytes = path.stat().st_size / 1e6
        again = retention.compact()
    print(
        f"  stored anew {first.seconds:6.1f} s ({again.seconds:.1f} s the next time),"
        f" {first.observations_gone} rows gone, file {megabytes:.0f} MB"
        f" ({path.stat().st_size / 1e6:.0f} MB the next time)"
    )
    _report("by year and coin", path, ids)


def _report(order: str, path: Path, ids: list[str]) -> None:
    print(f"  {order}, file {path.stat().st_size / 1e6:.0f} MB")
    for name, coins in (
        ("one coin", ids[len(ids) // 2 :][:1]),
        ("six coins", ids[:: len(ids) // 6][:6]),
    ):
        with _opened(path) as database:
            cold = _year(database, coins)
            warm = median([_year(database, coins) for _ in range(RUNS)])
            with database.reading() as session:
                read = rows_scanned(
                    session,
                    lambda: observations.history(session, coins, NOW - YEAR, NOW),  # noqa: B023
                )
        print(
            f"    a year of {name:9} cold {cold:7.1f} ms, warm {warm:7.1f} ms,"
            f" {read['observations']:,} rows scanned"
        )
    with _opened(path) as database:
        for days in (1, 7):
            took = median([_grid(database, ids, days) for _ in range(3)])
            print(f"    grid of a refresh, {days} days of all coins {took:7.1f} ms")


def _year(database: Database, coins: list[str]) -> float:
    with database.reading() as session:
        return _milliseconds(lambda: observations.history(session, coins, NOW - YEAR, NOW))


def _grid(database: Database, ids: list[str], days: int) -> float:
    ends = pd.DataFrame({"coin_id": ids, "end_at": pd.Timestamp(NOW)})
    with database.reading() as session:
        return _milliseconds(
            lambda: observations.nearest(
                session, ends, "price", step=DAY, steps=days, tolerance=DAY_TOLERANCE
            )
        )


@contextmanager
def _opened(path: Path) -> Iterator[Database]:
    """The database freshly opened: nothing of it in DuckDB's memory."""
    database = market_database(path)
    try:
        yield database
    finally:
        database.close()


def _milliseconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000.0
