"""kill -9 at every statement of a compaction: all of it is there afterwards, or none."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from cointracker.services.retention import RetentionService
from cointracker.storage.database import Database
from tests.fakes import NOON, FakeClock, Pipeline, row
from tests.test_kill import ROOT, say, tell_each_statement

TABLES = ("observations", "rankings", "snapshots", "refreshes", "rejections", "compactions")
LATER = NOON + timedelta(days=100)
FILLING = """
INSERT INTO observations (coin_id, observed_at, source, kind, price)
SELECT 'coin-' || range % 100, $noon - to_seconds(60 * range), 'listed', 'observed', range
FROM range(1, 200_000)
"""


def compact_until_killed(path: Path) -> None:
    """What the process does that is killed."""
    database = Database(path)
    tell_each_statement()
    RetentionService(database, FakeClock(LATER), history_days=7).compact()
    say("compacted")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with 200,000 observations and ten snapshots, all old enough to be thinned."""
    path = tmp_path_factory.mktemp("filled") / "filled.duckdb"
    database = Database(path)
    pipeline = Pipeline(database, FakeClock())
    for _time in range(10):
        pipeline.take(row("coin-1", market_cap=1e9), row("coin-2"), row("bad", -1.0))
        pipeline.clock.move(minutes=5)
    with database.transaction() as session:
        session.execute(FILLING, {"noon": NOON})
    database.close()
    return path


def contents(path: Path) -> dict[str, pd.DataFrame]:
    database = Database(path)
    try:
        with database.reading() as session:
            return {
                table: session.frame(f"SELECT * FROM {table} ORDER BY ALL")  # noqa: S608
                for table in TABLES
            }
    finally:
        database.close()


def killed_after(lines: int, path: Path) -> bool:
    """Compact in a process that is killed when it has said so much; whether it got there."""
    command = [sys.executable, "-m", "tests.test_kill_compaction", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        said = [process.stdout.readline() for _line in range(lines)]
        process.send_signal(signal.SIGKILL)
    return said[-1] != ""


def test_a_killed_compaction_leaves_all_or_nothing(filled: Path, tmp_path: Path) -> None:
    before = contents(filled)
    compacted = Path(shutil.copy(filled, tmp_path / "compacted"))
    database = Database(compacted)
    RetentionService(database, FakeClock(LATER), history_days=7).compact()
    database.close()
    after = contents(compacted)
    assert len(after["observations"]) < len(before["observations"]) / 2
    untouched = 0
    for lines in range(1, 99):
        path = Path(shutil.copy(filled, tmp_path / "killed"))
        if not killed_after(lines, path):
            break
        found = contents(path)
        path.unlink()
        is_done = not found["compactions"].empty
        untouched += not is_done
        for table in TABLES[:-1]:
            assert_frame_equal(found[table], (after if is_done else before)[table])
    assert untouched > 10


if __name__ == "__main__":
    compact_until_killed(Path(sys.argv[1]))
