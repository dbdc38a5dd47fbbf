"""Copies: whole or not there; one is made before a migration, and the last few are kept."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from cointracker.core.errors import StorageError
from cointracker.storage import copying, migrations
from cointracker.storage.copying import BACKUPS, copy_file, kept_before_migration, made_whole
from cointracker.storage.database import Database
from tests.databases import STEPS
from tests.fakes import FakeClock, Pipeline, row

LAST = max(STEPS)
OLDER = {number: step for number, step in STEPS.items() if number < LAST}
"""The release before: it knows all steps but the last."""


def fill(path: Path, steps: migrations.Steps = STEPS) -> None:
    database = Database(path, steps)
    Pipeline(database, FakeClock()).take(row("bitcoin", 65_000.0))
    database.close()


def prices(path: Path, steps: migrations.Steps = STEPS) -> list[float]:
    database = Database(path, steps)
    with database.reading() as session:
        found = session.frame("SELECT price FROM observations")["price"].tolist()
    database.close()
    return found


def test_data_is_copied_before_it_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "o'clock.duckdb"
    fill(path, OLDER)
    Database(path, STEPS).close()
    (copy,) = kept_before_migration(path)
    assert copy.parent == tmp_path / BACKUPS
    assert copy.name.startswith(f"o'clock-step{LAST - 1}-")
    assert prices(copy, OLDER) == [65_000.0]
    Database(path, STEPS).close()
    assert kept_before_migration(path) == [copy]
    assert sorted(found.name for found in tmp_path.rglob("*")) == [BACKUPS, copy.name, path.name]


def test_what_holds_no_rows_is_not_copied(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    Database(path, OLDER).close()
    Database(path, STEPS).close()
    Database(tmp_path / "new.duckdb", STEPS).close()
    assert not (tmp_path / BACKUPS).exists()


def test_without_a_copy_there_is_no_migration(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    fill(path, OLDER)
    (tmp_path / BACKUPS).write_text("in the way")
    before = path.read_bytes()
    for _again in range(2):
        with pytest.raises(StorageError, match=f"step {LAST - 1} and was left so.*File exists"):
            Database(path, STEPS)
        assert path.read_bytes() == before
    (tmp_path / BACKUPS).unlink()
    assert prices(path) == [65_000.0]


def test_the_last_three_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, other = tmp_path / "x.duckdb", tmp_path / BACKUPS / "y-step1-20200101T000000Z.duckdb"
    other.parent.mkdir()
    other.touch()
    database = Database(path, STEPS)
    Pipeline(database, FakeClock()).take(row("bitcoin"))
    days = iter(range(1, 9))

    class Days(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(2026, 1, next(days), tzinfo=tz)  # type: ignore[arg-type]

    monkeypatch.setattr(copying, "datetime", Days)
    with database._cursor() as cursor:
        for step in (12, 9, 10, 11, 3):
            copying.before_migration(cursor, path, step)
    database.close()
    assert [copy.name for copy in kept_before_migration(path)] == [
        "x-step10-20260103T000000Z.duckdb",
        "x-step11-20260104T000000Z.duckdb",
        "x-step3-20260105T000000Z.duckdb",
    ]
    assert other.exists()


def test_a_copy_is_one_state_while_others_write(database: Database, tmp_path: Path) -> None:
    with database.transaction() as session:
        session.execute("CREATE TABLE numbers AS SELECT range AS n FROM range(10)")
    with database.transaction() as session:
        session.execute("INSERT INTO numbers VALUES (10)")
        database.copy_to(tmp_path / "copy")
    copied, held = Database(tmp_path / "copy", STEPS), database
    for one, rows in ((copied, 10), (held, 11)):
        with one.reading() as session:
            assert session.value("SELECT count(*) FROM numbers") == rows
    copied.close()


def test_what_breaks_off_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "copy"
    path.write_text("before")

    def break_off() -> None:
        with made_whole(path) as unfinished:
            unfinished.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
    copy_file(path, tmp_path / "folder" / "other")
    assert (tmp_path / "folder" / "other").read_text() == "before"
