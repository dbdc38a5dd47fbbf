"""Databases that do not open: set aside whole, with what could be had of them in their place."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from cointracker.core.errors import DatabaseBusy, DatabaseDamaged, DiskFull, StorageError
from cointracker.storage import opening
from cointracker.storage.database import Database
from cointracker.storage.opening import log_of
from cointracker.storage.salvage import Damage, damages, set_aside_if_damaged
from tests.databases import STEPS, market_database
from tests.fakes import NOON
from tests.faults import held_by_another_process

AT = "20260309T120000Z"
Change = Callable[[bytes], bytes]


@pytest.fixture
def killed(tmp_path: Path, database: Database) -> Path:
    """A database as a kill leaves it: 0 to 49,999 in the file, and 0 to 19 in the log."""
    with database.transaction() as session:
        session.execute("CREATE TABLE numbers AS SELECT range AS n FROM range(50_000)")
    assert database.checkpoint()
    for n in range(20):
        with database.transaction() as session:
            session.execute("INSERT INTO numbers VALUES ($n)", {"n": n})
    folder = tmp_path / "killed"
    folder.mkdir()
    path = Path(shutil.copy(database.path, folder / "x.duckdb"))
    shutil.copy(log_of(database.path), log_of(path))
    return path


def count(path: Path) -> int:
    database = market_database(path)
    try:
        with database.reading() as session:
            return int(session.value("SELECT count(*) FROM numbers"))
    finally:
        database.close()


def change(path: Path, how: Change) -> bytes:
    path.write_bytes(how(path.read_bytes()))
    return path.read_bytes()


def flipped(at: int) -> Change:
    return lambda good: good[:at] + bytes([good[at] ^ 255]) + good[at + 1 :]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# The file


@pytest.mark.parametrize(
    "damage",
    [
        lambda _good: b"",
        lambda _good: b"no database\n" * 1000,
        lambda good: good[: len(good) // 2],
        lambda good: good[:-1],
        lambda good: b"\xa5" * 4096 + good[4096:],
    ],
    ids=["empty", "text", "half", "a byte short", "no header"],
)
def test_a_damaged_file_is_set_aside_with_its_log(killed: Path, damage: Change) -> None:
    log = log_of(killed).read_bytes()
    damaged = change(killed, damage)
    set_aside_if_damaged(killed, NOON, STEPS)
    aside = killed.with_name(f"x.duckdb.damaged-{AT}")
    assert names(killed.parent) == [aside.name, f"{aside.name}.wal"]
    assert (aside.read_bytes(), log_of(aside).read_bytes()) == (damaged, log)
    assert damages(killed.parent) == (Damage("x.duckdb", aside, NOON, only_log=False),)


def test_a_file_whose_end_is_missing_is_damaged_though_what_is_read_at_the_start_is_there(
    killed: Path,
) -> None:
    with duckdb.connect(killed) as held:
        for table in ("big", "last"):
            held.execute(f"CREATE TABLE {table} AS SELECT hash(range) FROM range(100_000)")  # noqa: S608
            held.execute("CHECKPOINT")
    change(killed, lambda good: good[:-600_000])
    with pytest.raises(DatabaseDamaged):
        market_database(killed)


def test_a_damaged_file_without_a_log(killed: Path) -> None:
    log_of(killed).unlink()
    change(killed, lambda _good: b"no database")
    set_aside_if_damaged(killed, NOON, STEPS)
    assert names(killed.parent) == [f"x.duckdb.damaged-{AT}"]


# The log


@pytest.mark.parametrize(
    ("at", "kept"),
    [(0, 0), (6, 0), (24, 0), (1200, 9), (-60, 19)],
    ids=["its first byte", "its head", "its first entry", "its middle", "its last entry"],
)
def test_of_a_damaged_log_what_came_before_is_kept(killed: Path, at: int, kept: int) -> None:
    whole = killed.read_bytes()
    size = len(log_of(killed).read_bytes())
    log = change(log_of(killed), flipped(at % size))
    with pytest.raises(DatabaseDamaged):
        market_database(killed)
    set_aside_if_damaged(killed, NOON, STEPS)
    aside = killed.with_name(f"x.duckdb.log-damaged-{AT}")
    assert (aside.read_bytes(), log_of(aside).read_bytes()) == (whole, log)
    assert damages(killed.parent) == (Damage("x.duckdb", aside, NOON, only_log=True),)
    assert names(killed.parent) == ["x.duckdb", aside.name, f"{aside.name}.wal"]
    assert 50_000 + kept <= count(killed) < 50_020


@pytest.mark.parametrize("byte", [b"\0", b"\xff", b"garbage"])
def test_a_log_that_was_overwritten_is_not_passed_over(killed: Path, byte: bytes) -> None:
    log = change(log_of(killed), lambda good: byte * len(good))
    set_aside_if_damaged(killed, NOON, STEPS)
    aside = killed.with_name(f"x.duckdb.log-damaged-{AT}")
    assert log_of(aside).read_bytes() == log
    assert count(killed) == 50_000


@pytest.mark.parametrize("size", [0, 1, 7, 8, 20, 60, 500, -1])
def test_a_log_that_a_kill_cut_off_is_no_damage(killed: Path, size: int) -> None:
    change(log_of(killed), lambda good: good[:size])
    set_aside_if_damaged(killed, NOON, STEPS)
    assert damages(killed.parent) == ()
    assert 50_000 <= count(killed) < 50_020


# What is no damage


def test_a_good_database_and_none_are_left_alone(killed: Path) -> None:
    set_aside_if_damaged(killed, NOON, STEPS)
    set_aside_if_damaged(killed.with_name("none.duckdb"), NOON, STEPS)
    assert names(killed.parent) == ["x.duckdb"]
    assert count(killed) == 50_020


def test_a_database_in_use_is_never_taken_for_damaged(tmp_path: Path) -> None:
    path = tmp_path / "Corrupt WAL.duckdb"
    with held_by_another_process(path):
        with pytest.raises(DatabaseBusy):
            set_aside_if_damaged(path, NOON, STEPS)
        assert damages(tmp_path) == ()
        assert path.exists()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EFBIG, DiskFull),
        (errno.EACCES, StorageError),
        (errno.EMFILE, StorageError),
        (errno.EIO, StorageError),
    ],
)
def test_what_is_in_the_way_of_opening_is_no_damage(
    tmp_path: Path, code: int, kind: type[StorageError]
) -> None:
    exc = duckdb.IOException(f'IO Error: Failure while replaying WAL file "x": {os.strerror(code)}')
    assert type(opening.opening_failure(tmp_path / "x", exc)) is kind
    corrupt = duckdb.IOException(f'IO Error: Corrupt file "/mnt/{os.strerror(code)}/x"')
    assert type(opening.opening_failure(tmp_path / "x", corrupt)) is DatabaseDamaged


def test_a_folder_in_its_place_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    path.mkdir()
    with pytest.raises(StorageError) as caught:
        set_aside_if_damaged(path, NOON, STEPS)
    assert not isinstance(caught.value, DatabaseDamaged)
    assert path.is_dir()


def test_only_our_names_are_damages_the_newest_first(tmp_path: Path) -> None:
    old, new = "a.duckdb.damaged-20260101T000000Z", "b.duckdb.log-damaged-20260201T000000Z"
    for name in (old, new, f"{old}.wal", "a.duckdb.damaged-soon", "a.duckdb"):
        (tmp_path / name).touch()
    assert [(found.name, found.only_log) for found in damages(tmp_path)] == [
        ("b.duckdb", True),
        ("a.duckdb", False),
    ]
    assert damages(tmp_path / "none") == ()
