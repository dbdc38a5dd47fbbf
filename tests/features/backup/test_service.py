"""Backup and restore: whole and checked, and nothing that was there is overwritten."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cointracker import __version__
from cointracker.core.errors import BackupError, DatabaseBusy, DatabaseDamaged, StorageError
from cointracker.features.backup.last_backup import last_backup_at
from cointracker.features.backup.service import MANIFEST, backup, default_path, restore
from cointracker.features.health.database_stats import DatabaseStatsService, no_database
from cointracker.storage import migrations
from cointracker.storage.database import Database
from tests.databases import STEPS, market_database
from tests.fakes import NOON, FakeClock, Pipeline, row
from tests.faults import held_by_another_process

AFTER = "before-restore-20260309T120000Z"
NEWEST = max(STEPS)
Files = dict[str, bytes]


def fill(path: Path, price: float, steps: migrations.Steps = STEPS) -> None:
    database = Database(path, steps)
    Pipeline(database, FakeClock()).take(row("bitcoin", price))
    database.close()


def price(path: Path) -> float:
    database = market_database(path)
    with database.reading() as session:
        found = float(session.value("SELECT any_value(price) FROM observations"))
    database.close()
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with two databases."""
    folder = tmp_path / "data"
    fill(folder / "cointracker.duckdb", 100.0)
    fill(folder / "it's.duckdb", 7.0)
    return folder


@pytest.fixture
def made(data: Path, tmp_path: Path) -> Path:
    """A backup of it, outside."""
    path = tmp_path / "away" / "b.zip"
    backup(data, path, NOON)
    return path


def test_a_round_trip(data: Path, made: Path) -> None:
    for name in ("cointracker.duckdb", "it's.duckdb"):
        (data / name).unlink()
    fill(data / "cointracker.duckdb", 200.0)
    (data / "cointracker.duckdb.damaged-20260101T000000Z").write_text("old damage")
    there = contents(data)
    done = restore(data, made, NOON, newest_step=NEWEST)
    assert done.aside == data / AFTER
    assert price(data / "cointracker.duckdb") == 100.0
    assert price(data / "it's.duckdb") == 7.0
    del there["last-backup"]
    assert contents(data / AFTER) == there
    assert price(data / AFTER / "cointracker.duckdb") == 200.0
    assert sorted(path.name for path in data.iterdir()) == [
        AFTER,
        "cointracker.duckdb",
        "it's.duckdb",
        "last-backup",
    ]


def test_into_a_new_folder(made: Path, tmp_path: Path) -> None:
    done = restore(tmp_path / "new", made, NOON, newest_step=NEWEST)
    assert done.aside is None
    assert price(tmp_path / "new" / "it's.duckdb") == 7.0


def test_the_manifest_tells_what_is_in_it(data: Path, made: Path) -> None:
    with zipfile.ZipFile(made) as packed:
        told = json.loads(packed.read(MANIFEST))
        assert sorted(packed.namelist()) == ["cointracker.duckdb", "it's.duckdb", MANIFEST]
        for file in told["files"]:
            body = packed.read(file["name"])
            assert (len(body), hashlib.sha256(body).hexdigest()) == (file["bytes"], file["sha256"])
            assert file["step"] == max(STEPS)
    assert (told["version"], told["made_at"]) == (__version__, NOON.isoformat())
    assert list(made.parent.iterdir()) == [made]
    assert last_backup_at(data) is not None


def test_what_is_in_the_log_alone_is_backed_up(data: Path, tmp_path: Path) -> None:
    """As a kill leaves it; and the backup changes neither file."""
    database = market_database(data / "cointracker.duckdb")
    Pipeline(database, FakeClock(NOON + timedelta(minutes=5))).take(row("ether", 1.0))
    killed = tmp_path / "killed"
    killed.mkdir()
    for name in ("cointracker.duckdb", "cointracker.duckdb.wal"):
        shutil.copy(data / name, killed / name)
    database.close()
    before = contents(killed)
    backup(killed, tmp_path / "k.zip", NOON)
    assert contents(killed) == before | {"last-backup": b""}
    restore(tmp_path / "new", tmp_path / "k.zip", NOON, newest_step=NEWEST)
    restored = market_database(tmp_path / "new" / "cointracker.duckdb")
    with restored.reading() as session:
        assert session.value("SELECT count(*) FROM snapshots") == 2
    restored.close()


def test_a_database_of_an_older_step_is_backed_up_as_it_is(tmp_path: Path) -> None:
    *older, _newest = sorted(STEPS)
    fill(tmp_path / "data" / "x.duckdb", 3.0, {step: STEPS[step] for step in older})
    made = backup(tmp_path / "data", tmp_path / "b.zip", NOON)
    assert [copied.step for copied in made.files] == [older[-1]]
    restore(tmp_path / "new", tmp_path / "b.zip", NOON, newest_step=NEWEST)
    assert price(tmp_path / "new" / "x.duckdb") == 3.0


# What is refused


def test_while_a_process_holds_one_of_them(data: Path, made: Path, tmp_path: Path) -> None:
    with held_by_another_process(data / "it's.duckdb"):
        before = contents(data)
        with pytest.raises(DatabaseBusy, match=r"it's\.duckdb is in use"):
            backup(data, tmp_path / "other.zip", NOON)
        with pytest.raises(DatabaseBusy, match=r"it's\.duckdb is in use"):
            restore(data, made, NOON, newest_step=NEWEST)
        assert contents(data) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["away", "data"]


def test_nothing_to_back_up_and_no_place_for_it(data: Path, made: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="holds no database"):
        backup(tmp_path / "away", tmp_path / "x.zip", NOON)
    before = made.read_bytes()
    with pytest.raises(BackupError, match="is there already"):
        backup(data, made, NOON)
    assert made.read_bytes() == before
    with pytest.raises(StorageError):
        backup(data, made / "x.zip", NOON)


def test_a_damaged_database_is_not_backed_up_as_if_it_were_whole(
    data: Path, tmp_path: Path
) -> None:
    path = data / "cointracker.duckdb"
    with duckdb.connect(path) as held:
        held.execute("CREATE TABLE big AS SELECT hash(range) AS n FROM range(300_000)")
    good = path.read_bytes()
    middle = len(good) // 2
    path.write_bytes(good[:middle] + b"\xa5" * 5000 + good[middle + 5000 :])
    with pytest.raises(DatabaseDamaged):
        backup(data, tmp_path / "b.zip", NOON)
    assert list(tmp_path.iterdir()) == [data]


def packed(path: Path, files: Files) -> None:
    with zipfile.ZipFile(path, "w") as target:
        for name, body in files.items():
            target.writestr(name, body)


def told(files: Files, /, **changes: Any) -> Files:
    """The files with a manifest that is changed, at its top or in its first file."""
    manifest = json.loads(files[MANIFEST])
    for name, value in changes.items():
        (manifest if name in manifest else manifest["files"][0])[name] = value
    return files | {MANIFEST: json.dumps(manifest).encode()}


def without(files: Files, name: str) -> Files:
    return {key: body for key, body in files.items() if key != name}


def newer(files: Files) -> Files:
    return told(files, cointracker_backup=99)


def flipped(files: Files) -> Files:
    body = files["cointracker.duckdb"]
    return files | {"cointracker.duckdb": body[:-1] + bytes([body[-1] ^ 255])}


def text(files: Files) -> Files:
    body = b"no database" * 9
    changes = {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    return told(files | {"cointracker.duckdb": body}, **changes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda files: without(files, MANIFEST), "not a backup of CoinTracker"),
        (lambda files: files | {MANIFEST: b"{}"}, "not a backup of CoinTracker"),
        (lambda files: files | {MANIFEST: b"\xff"}, "not a backup of CoinTracker"),
        (lambda files: told(files, files=[]), "not a backup of CoinTracker"),
        (lambda files: told(files, name="../evil.duckdb"), "its files are not ours"),
        (lambda files: told(files, name="/tmp/evil.duckdb"), "its files are not ours"),  # noqa: S108
        (lambda files: told(files, name="evil.py"), "its files are not ours"),
        (lambda files: told(files, name="it's.duckdb"), "its files are not ours"),
        (lambda files: without(files, "cointracker.duckdb"), "is missing"),
        (lambda files: told(files, bytes=5), "is not what it was"),
        (flipped, "is not what it was"),
        (text, "does not open"),
        (newer, "newer release"),
    ],
)
def test_a_foreign_or_broken_backup_changes_nothing(
    data: Path, made: Path, change: Callable[[Files], Files], words: str
) -> None:
    with zipfile.ZipFile(made) as good:
        files = {name: good.read(name) for name in good.namelist()}
    packed(made, change(files))
    before = contents(data.parent)
    with pytest.raises(BackupError, match=words):
        restore(data, made, NOON, newest_step=NEWEST)
    assert contents(data.parent) == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda _good: b"",
        lambda good: good[:-100],
        lambda good: good[: len(good) // 2],
        lambda good: good[:50_000] + b"\xa5" * 100 + good[50_100:],
        lambda _good: b"text" * 99,
    ],
    ids=["empty", "no end", "half", "a hole", "text"],
)
def test_a_damaged_archive_changes_nothing(
    data: Path, made: Path, damage: Callable[[bytes], bytes]
) -> None:
    made.write_bytes(damage(made.read_bytes()))
    before = contents(data.parent)
    with pytest.raises(BackupError, match=r"damaged|not a backup"):
        restore(data, made, NOON, newest_step=NEWEST)
    assert contents(data.parent) == before


def test_a_backup_of_a_newer_schema_is_left_to_the_newer_release(data: Path, made: Path) -> None:
    database = market_database(data / "cointracker.duckdb")
    with database.transaction() as session:
        session.execute("INSERT INTO migrations VALUES (9999, 'later', now())")
    database.close()
    later = made.with_name("later.zip")
    backup(data, later, NOON)
    before = contents(data)
    with pytest.raises(BackupError, match="schema step 9999"):
        restore(data, later, NOON, newest_step=NEWEST)
    assert contents(data) == before


@pytest.mark.parametrize("name", ["none.zip", ""])
def test_no_file_to_restore_from(data: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(BackupError, match=r"No such file|Is a directory"):
        restore(data, tmp_path / name, NOON, newest_step=NEWEST)


def test_a_move_that_fails_takes_back_those_before(data: Path, made: Path) -> None:
    (data / "z.duckdb.old").write_text("")
    (data / AFTER).mkdir()
    before = contents(data)
    with pytest.raises(StorageError, match="File exists"):
        restore(data, made, NOON, newest_step=NEWEST)
    assert contents(data) == before


def test_the_default_place(tmp_path: Path) -> None:
    expected = tmp_path / "backups" / "cointracker-20260309T120000Z.zip"
    assert default_path(tmp_path, NOON) == expected


# What the database takes


def test_the_state_of_a_store(data: Path) -> None:
    database = market_database(data / "cointracker.duckdb")
    service = DatabaseStatsService(database, FakeClock())
    with database.transaction() as session:
        session.execute(
            "INSERT INTO observations (coin_id, observed_at, source, kind, price)"
            " SELECT 'ether', $noon - to_hours(CAST(range AS INT)), 'x', 'observed', 1"
            " FROM range(500)",
            {"noon": NOON},
        )
    state = service.state()
    assert (state.now, state.path, state.bytes) == (
        NOON,
        database.path,
        database.path.stat().st_size,
    )
    assert state.log_bytes > 0
    assert (state.rows["observations"], state.rows["snapshots"], state.snapshots) == (501, 1, 1)
    assert (state.oldest_at, state.newest_at) == (NOON - timedelta(hours=499), NOON)
    assert (state.compacted_at, state.backup_at, state.copy_at) == (None, None, None)
    assert state.free_bytes > 0
    database.close()


def test_the_state_of_an_empty_store(database: Database) -> None:
    state = DatabaseStatsService(database, FakeClock()).state()
    assert (state.snapshots, state.oldest_at, state.newest_at) == (0, None, None)
    assert no_database().rows == {}
