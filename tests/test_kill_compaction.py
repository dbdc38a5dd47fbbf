"""kill -9 at every statement of a compaction: all of it is there afterwards, or none."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from cointracker.features.retention.service import RetentionService
from tests.databases import market_database
from tests.fakes import NOON, FakeClock, Pipeline, row
from tests.test_kill import ROOT, run_and_kill_after, say, tell_each_statement

pytestmark = pytest.mark.slow

TABLES = ("observations", "rankings", "snapshots", "refreshes", "rejections", "compactions")
LATER = NOON + timedelta(days=100)
FILLING = """
INSERT INTO observations (coin_id, observed_at, source, kind, price)
SELECT 'coin-' || range % 100, $noon - to_seconds(60 * range), 'listed', 'observed', range
FROM range(1, 60_000)
"""


def compact_until_killed(path: Path) -> None:
    """What the process does that is killed; it waits for that at the end."""
    say("born", os.getpid())
    database = market_database(path)
    tell_each_statement()
    RetentionService(database, FakeClock(LATER), history_days=7).compact()
    say("compacted")
    signal.pause()


def bear_one_for_each_line() -> None:
    """Fork a process to be killed for each path on stdin: to start Python takes far longer."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            compact_until_killed(Path(line.strip()))
        os.waitpid(child, 0)
        say("ended")


@pytest.fixture
def nursery() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.test_kill_compaction"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with 60,000 observations and ten snapshots, all old enough to be thinned."""
    path = tmp_path_factory.mktemp("filled") / "filled.duckdb"
    database = market_database(path)
    pipeline = Pipeline(database, FakeClock())
    for _time in range(10):
        pipeline.take(row("coin-1", market_cap=1e9), row("coin-2"), row("bad", -1.0))
        pipeline.clock.move(minutes=5)
    with database.transaction() as session:
        session.execute(FILLING, {"noon": NOON})
    database.close()
    return path


def contents(path: Path) -> dict[str, pd.DataFrame]:
    database = market_database(path)
    try:
        with database.reading() as session:
            return {
                table: session.frame(f"SELECT * FROM {table} ORDER BY ALL")  # noqa: S608
                for table in TABLES
            }
    finally:
        database.close()


def test_a_killed_compaction_leaves_all_or_nothing(
    filled: Path, tmp_path: Path, nursery: subprocess.Popen[str]
) -> None:
    before = contents(filled)
    compacted = Path(shutil.copy(filled, tmp_path / "compacted"))
    database = market_database(compacted)
    RetentionService(database, FakeClock(LATER), history_days=7).compact()
    database.close()
    after = contents(compacted)
    assert len(after["observations"]) < len(before["observations"]) / 2
    done: list[bool] = []
    said = ["born"]
    while said[-1] != "compacted\n":
        path = Path(shutil.copy(filled, tmp_path / f"killed-{len(done)}"))
        said = run_and_kill_after(len(done) + 1, path, nursery)
        found = contents(path)
        done.append(not found["compactions"].empty)
        for table in TABLES[:-1]:
            assert_frame_equal(found[table], (after if done[-1] else before)[table])
    assert done[-1]
    assert done.count(False) > 10


if __name__ == "__main__":
    bear_one_for_each_line()
