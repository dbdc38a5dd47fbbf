"""kill -9 in the middle of refreshes, thirty times on one file: nothing finished is lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cointracker.features.market.rankings import MarketService
from cointracker.features.monitoring.refresh import RefreshService
from cointracker.features.monitoring.store.refreshes import STORED, Refresh
from cointracker.providers.simulated.market import SimulatedMarket
from cointracker.providers.simulated.source import SimulatedSource
from cointracker.storage.database import Database, Session
from tests.databases import STEPS, market_database
from tests.fakes import NOON, FakeClock

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
KILLS = 30
LINES = 90  # those of three refreshes and a half
MARKET = SimulatedMarket(coin_count=10)


def refresh_after_the_last(database: Database) -> Refresh:
    """A refresh five minutes after the newest snapshot."""
    instants = MarketService(database).instants()["snapshot_at"]
    last = NOON if instants.empty else instants.iloc[-1].to_pydatetime()
    source = SimulatedSource(FakeClock(last + timedelta(minutes=5)), MARKET)
    return RefreshService(database, source, count=10, clock=source.clock, standings=source).run(
        "test"
    )


def tell_each_statement() -> None:
    """Have every statement print a line before it runs, so that it can be killed there."""
    for name in ("execute", "frame", "run_on", "value"):
        setattr(Session, name, _telling(getattr(Session, name)))


def _telling(run: Callable[..., Any]) -> Callable[..., Any]:
    def told(*args: Any, **options: Any) -> Any:
        say("statement")
        return run(*args, **options)

    return told


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def refresh_until_killed(path: Path) -> None:
    """What the process does that is killed."""
    say("born", os.getpid())
    database = Database(path, STEPS)
    tell_each_statement()
    while True:
        say("start")
        say("done", refresh_after_the_last(database).refresh_id)


def bear_one_for_each_line() -> None:
    """Fork a process to be killed for each path on stdin: to start Python takes far longer."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            refresh_until_killed(Path(line.strip()))
        os.waitpid(child, 0)
        say("ended")


@pytest.fixture
def nursery() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.test_kill"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


def run_and_kill_after(lines: int, path: Path, nursery: subprocess.Popen[str]) -> list[str]:
    """What a process said from its birth until it was killed."""
    nursery.stdin.write(f"{path}\n")
    nursery.stdin.flush()
    said = [nursery.stdout.readline() for _line in range(lines)]
    os.kill(int(said[0].split()[1]), signal.SIGKILL)
    while (line := nursery.stdout.readline()) != "ended\n":
        said.append(line)
    return said


NOTHING_IS_THERE_BY_HALVES = (
    "SELECT count(*) FROM snapshots ANTI JOIN refreshes USING (refresh_id)",
    "SELECT count(*) FROM refreshes ANTI JOIN snapshots USING (refresh_id)",
    "SELECT count(*) FROM rankings ANTI JOIN snapshots USING (refresh_id)",
    "SELECT count(*) FROM standings ANTI JOIN snapshots"
    " ON standings.standing_at = snapshots.snapshot_at",
    "SELECT count(*) - count(DISTINCT (coin_id, observed_at)) FROM observations",
    "SELECT count(*) - coalesce(max(refresh_id), 0) FROM refreshes",
    """SELECT count(*) FROM snapshots LEFT JOIN (
        SELECT refresh_id, count(*) AS whole, count(DISTINCT rank) AS ranks
        FROM rankings JOIN coins USING (coin_id) JOIN observations USING (coin_id, observed_at)
        GROUP BY refresh_id
    ) USING (refresh_id) WHERE coins <> 10 OR coins IS DISTINCT FROM whole OR whole <> ranks""",
)


def whole_refreshes(database: Database) -> set[int]:
    """The refreshes that are stored, after a check that each is there with all its rows."""
    with database.reading() as session:
        assert [session.value(count) for count in NOTHING_IS_THERE_BY_HALVES] == [0] * 7
        return set(session.frame("SELECT refresh_id FROM refreshes")["refresh_id"])


def test_every_finished_refresh_survives_thirty_kills(
    tmp_path: Path, nursery: subprocess.Popen[str]
) -> None:
    path, chance = tmp_path / "killed.duckdb", random.Random(20260309)
    finished: set[int] = set()
    last_words = []
    for _kill in range(KILLS):
        said = run_and_kill_after(chance.randrange(1, LINES), path, nursery)
        finished |= {int(line.split()[1]) for line in said if line.startswith("done")}
        last_words.append(said[-1].split()[0])
        database = market_database(path)
        assert whole_refreshes(database) >= finished
        after = refresh_after_the_last(database)
        assert after.outcome == STORED
        finished.add(after.refresh_id)
        database.close()
    assert len(finished) > KILLS
    assert last_words.count("statement") > KILLS / 2


if __name__ == "__main__":
    bear_one_for_each_line()
