"""A disk without room, really: files of this process may not grow. It stops writing, not reading.

Each test is a process of its own, for the limit would hold for pytest too.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from cointracker.api.app import build_routes
from cointracker.bootstrap.features import FEATURES
from cointracker.bootstrap.runtime import Runtime, call_policies
from cointracker.core.errors import DiskFull, StorageError
from cointracker.core.rights import SYSTEM
from cointracker.core.services import services
from cointracker.core.settings import Settings
from cointracker.features.backup.service import backup, restore
from cointracker.features.monitoring.service import MonitoringService
from cointracker.features.monitoring.store.refreshes import FAILED, STORED, Refresh
from cointracker.storage import copying, migrations
from cointracker.storage.database import Database
from tests.databases import LIVE_FILE, STEPS, market_database
from tests.fakes import NOON, FakeClock, FakeTime, Pipeline, row
from tests.faults import FaultServer, json_reply

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
BIG = "INSERT INTO numbers SELECT hash(range) FROM range(200_000)"


@contextmanager
def full_disk(most_bytes: int = 1) -> Iterator[None]:
    """No file of this process may grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def numbers(database: Database) -> int:
    with database.reading() as session:
        return int(session.value("SELECT count(*) FROM numbers"))


def with_numbers(folder: Path, steps: migrations.Steps = STEPS) -> Database:
    database = Database(folder / "x.duckdb", steps)
    with database.transaction() as session:
        session.execute("CREATE TABLE numbers (n UBIGINT)")
        session.execute(BIG)
    return database


def failure_of(action: Callable[[], object]) -> str:
    try:
        action()
    except StorageError as exc:
        return f"{type(exc).__name__}: {exc}"
    return ""


def write(database: Database, sql: str = "INSERT INTO numbers VALUES (1)") -> None:
    with database.transaction() as session:
        session.execute(sql)


# What each process does; what it returns is printed


def database_without_room(folder: Path) -> Any:
    """Small writes and big ones, and a checkpoint, which DuckDB does not get over by itself."""
    database = with_numbers(folder)
    write(database)
    told = []
    with full_disk():
        for sql in ("INSERT INTO numbers VALUES (2)", BIG):
            told.append(failure_of(lambda sql=sql: write(database, sql)))  # type: ignore[misc]
            told.append(numbers(database))
        told.append(database.checkpoint())
        told.append(numbers(database))
        told.append(failure_of(lambda: write(database)))
        told.append(numbers(database))
    write(database)
    told.append(numbers(database))
    database.close()
    again = market_database(database.path)
    told.append(numbers(again))
    again.close()
    return told


def checkpoint_amid_readers(folder: Path) -> Any:
    """A reader that is under way when the checkpoint fails is in nobody's way afterwards."""
    database = with_numbers(folder)
    write(database)

    def fail_while_reading() -> None:
        with database.reading() as session, full_disk():
            session.value("SELECT count(*) FROM numbers")
            database.checkpoint()
            session.value("SELECT count(*) FROM numbers")

    told: list[Any] = [failure_of(fail_while_reading)]
    told.append(numbers(database))
    write(database)
    told.append(numbers(database))
    database.close()
    return told


def commit_whose_checkpoint_fails(folder: Path) -> Any:
    """It is stored, so it is no failure."""
    database = with_numbers(folder)
    database.checkpoint()
    with database.transaction() as session:
        session.execute("SET GLOBAL checkpoint_threshold = '1KB'")
    size = database.path.stat().st_size
    with full_disk(size - 1):
        sql = "INSERT INTO numbers SELECT hash(range) FROM range(1_000)"
        told: list[Any] = [failure_of(lambda: write(database, sql)), numbers(database)]
    database.close()
    return told


def copies_without_room(folder: Path) -> Any:
    """No migration without a copy, no half backup, no half restore."""
    *older, _newest = sorted(STEPS)
    database = with_numbers(folder, {step: STEPS[step] for step in older})
    Pipeline(database, FakeClock()).take(row("bitcoin"))
    database.close()
    good = folder.parent / "good.zip"
    backup(folder, good, NOON)
    before = database.path.read_bytes()
    with full_disk(100_000):
        told = [
            failure_of(lambda: Database(database.path, STEPS)),
            failure_of(lambda: backup(folder, folder.parent / "b.zip", NOON)),
            failure_of(lambda: restore(folder, good, NOON, newest_step=max(STEPS))),
        ]
    assert database.path.read_bytes() == before
    assert sorted(path.name for path in folder.parent.iterdir()) == [folder.name, "good.zip"]
    left = [path.name for path in folder.rglob("*")]
    market_database(database.path).close()
    return [*told, left, len(copying.kept_before_migration(database.path))]


def page() -> None:
    from cointracker.features.accounts.ui import account_menu
    from cointracker.features.monitoring.ui import header

    account_menu.show = lambda: None  # it links to pages, and there is one alone
    header.show("Ranking")


def said(app: AppTest) -> str:
    app.run()
    assert not app.exception
    return " ".join(element.value for element in app.markdown)


def dashboard_without_room(folder: Path) -> Any:
    """The whole of it, from the source to the page and the API."""
    clock, time = FakeClock(), FakeTime()
    app = AppTest.from_function(page, default_timeout=60)  # which writes a file
    with FaultServer() as server:
        server.say(json_reply([row("bitcoin", 100.0)]))
        settings = Settings(
            data_dir=folder,
            source="coingecko",
            coingecko_url=server.url,
            coinpaprika_url="",
            language="en",
        )
        policies = call_policies(settings, clock, monotonic=time, sleep=time.sleep)
        dashboard = Runtime(settings, clock, policies)
        dashboard.start()
        outcomes = [refreshed(clock, server, 100.0).outcome]
        with full_disk():
            for price in (200.0, 300.0):
                refresh = refreshed(clock, server, price)
                outcomes.append(refresh.outcome)
            page_said, answers = said(app), asked()
        last = refresh.error, refresh.reason, refresh.refresh_id
        outcomes.append(refreshed(clock, server, 400.0).outcome)
        after = said(app), asked()
        dashboard.stop()
    database = market_database(folder / LIVE_FILE)
    with database.reading() as session:
        stored = session.frame("SELECT price FROM observations ORDER BY observed_at")["price"]
    database.close()
    return {
        "outcomes": outcomes,
        "page": page_said,
        "answers": answers,
        "last": last,
        "after": after,
        "stored": stored.tolist(),
    }


def refreshed(clock: FakeClock, server: FaultServer, price: float) -> Refresh:
    clock.now += timedelta(minutes=5)
    server.say(json_reply([row("bitcoin", price)]))
    return services()[MonitoringService].refresh("manual", by=SYSTEM)


def asked() -> list[Any]:
    client = TestClient(Starlette(routes=build_routes(services, FEATURES)))
    coins = client.get("/api/cryptocurrencies/")
    return [client.get("/api/health/").status_code, coins.json()["results"][0]["current_price"]]


# The tests


def run(folder: Path, what: Callable[[Path], Any]) -> Any:
    """What one of the above returns in a process of its own."""
    own = folder / "data"
    own.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.test_full_disk", what.__name__, str(own)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_database_reads_on_and_writes_again_when_there_is_room(tmp_path: Path) -> None:
    small, first, big, second, checkpointed, third, after, fourth, *last = run(
        tmp_path, database_without_room
    )
    for told in (small, big, after):
        assert told.startswith(f"{DiskFull.__name__}: {tmp_path}")
        assert "File too large" in told
        assert " MB free" in told
    assert [first, second, third, fourth] == [200_001] * 4
    assert checkpointed is False
    assert last == [200_002, 200_002]


def test_readers_at_the_moment_of_a_failed_checkpoint(tmp_path: Path) -> None:
    told, first, second = run(tmp_path, checkpoint_amid_readers)
    assert "Error" in told
    assert (first, second) == (200_001, 200_002)


def test_what_is_committed_though_not_checkpointed_is_stored(tmp_path: Path) -> None:
    assert run(tmp_path, commit_whose_checkpoint_fails) == ["", 201_000]


def test_without_room_nothing_is_migrated_backed_up_or_restored(tmp_path: Path) -> None:
    migration, made, restored, left, copies = run(tmp_path, copies_without_room)
    assert f"step {sorted(STEPS)[-2]} and was left so" in migration
    for told in (migration, made, restored):
        assert "File too large" in told
        assert " MB free" in told
    assert set(left) <= {"x.duckdb", "last-backup", copying.BACKUPS}
    assert copies == 1


def test_a_refresh_fails_with_a_reason_and_the_next_one_stores(tmp_path: Path) -> None:
    told = run(tmp_path, dashboard_without_room)
    assert told["outcomes"] == [STORED, FAILED, FAILED, STORED]
    error, reason, refresh_id = told["last"]
    assert error == DiskFull.__name__
    assert refresh_id in (0, 2)  # a row of the log may still fit
    assert " MB free" in reason
    assert "The disk is full" in told["page"]
    assert "MB free" in told["page"]
    assert "Showing" in told["page"]
    assert told["answers"] == [200, 100.0]
    page_after, answers_after = told["after"]
    assert "The disk is full" not in page_after
    assert answers_after == [200, 400.0]
    assert told["stored"] == [100.0, 400.0]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(globals()[sys.argv[1]](Path(sys.argv[2]))) + "\n")
