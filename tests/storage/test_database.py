"""The database: one writer at a time, readers beside it, and a file that is never lost."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from cointracker.core.errors import DatabaseBusy, DatabaseClosed, DatabaseDamaged, StorageError
from cointracker.storage import migrations
from cointracker.storage.database import Database, Session
from tests.databases import APP_STEPS, STEPS
from tests.faults import held_by_another_process, wait_until_in

BLOCK = 4096


@pytest.fixture
def numbers(database: Database) -> Database:
    """A database with an empty table `numbers (n INTEGER)`."""
    with database.transaction() as session:
        session.execute("CREATE TABLE numbers (n INTEGER)")
    return database


def add(session: Session, *values: int) -> None:
    for n in values:
        session.execute("INSERT INTO numbers VALUES ($n)", {"n": n})


def stored(database: Database) -> list[int]:
    with database.reading() as session:
        return session.frame("SELECT n FROM numbers ORDER BY n")["n"].tolist()


# Its schema


def applied(database: Database) -> pd.DataFrame:
    with database.reading() as session:
        return session.frame("SELECT number, name, applied_at FROM migrations ORDER BY number")


def test_every_step_of_the_schema_is_recorded_once(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "new.duckdb"
    database = Database(path, STEPS)
    first = applied(database)
    database.close()
    assert first["number"].tolist() == sorted(STEPS)
    assert first["name"].tolist() == [STEPS[n][0] for n in sorted(STEPS)]
    again = Database(path, STEPS)
    pd.testing.assert_frame_equal(applied(again), first)
    again.close()


def test_a_step_that_fails_leaves_nothing_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    good: migrations.Steps = {1: ("one", ("CREATE TABLE one (a INT)",))}
    broken = {**good, 2: ("broken", ("CREATE TABLE half (a INT)", "CREATE"))}
    with pytest.raises(StorageError, match="syntax error"):
        Database(path, broken)
    database = Database(path, good)
    assert applied(database)["number"].tolist() == [1]
    with pytest.raises(StorageError, match="half"), database.reading() as session:
        session.value("SELECT count(*) FROM half")
    database.close()


def test_each_kind_of_database_has_steps_of_its_own(tmp_path: Path) -> None:
    database = Database(tmp_path / "app.duckdb", APP_STEPS)
    assert applied(database)["name"].tolist() == [n for n, _ in APP_STEPS.values()]
    with database.reading() as session:
        tables = session.frame("SELECT table_name FROM duckdb_tables()")["table_name"]
    assert {"migrations", "settings", "runs", "users", "audit"} <= set(tables)
    assert "observations" not in set(tables)
    database.close()


def test_a_database_of_a_newer_release_is_refused_and_let_go(database: Database) -> None:
    newer = max(STEPS) + 1
    with database.transaction() as session:
        session.execute(f"INSERT INTO migrations VALUES ({newer}, 'later', now())")  # noqa: S608
    database.close()
    with pytest.raises(StorageError, match=f"step {newer}.*start the newer release") as caught:
        Database(database.path, STEPS)
    with held_by_another_process(database.path):
        assert caught.value.__traceback__ is not None


# Its file


def test_a_second_process_is_told_that_the_database_is_busy(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    with held_by_another_process(path):
        before = path.read_bytes()
        with pytest.raises(DatabaseBusy, match=r"x\.duckdb is in use by another process"):
            Database(path, STEPS)
        assert path.read_bytes() == before
    Database(path, STEPS).close()


def scribbled(start: int, end: int) -> Callable[[bytes], bytes]:
    return lambda good: good[:start] + b"\xa5" * len(good[start:end]) + good[end:]


@pytest.mark.parametrize(
    "damage",
    [
        lambda _good: b"",
        lambda _good: b"this is no database\n" * 1000,
        lambda good: good[:3],
        lambda good: good[:BLOCK],
        lambda good: good[: len(good) // 2],
        scribbled(0, BLOCK),
        scribbled(BLOCK, 3 * BLOCK),
        scribbled(3 * BLOCK, sys.maxsize),
    ],
    ids=["empty", "text", "3 bytes", "1 block", "half", "no header", "no block list", "no content"],
)
@pytest.mark.parametrize("name", ["x.duckdb", "o'clock lock.duckdb"])
def test_a_damaged_file_is_left_as_it_is(
    tmp_path: Path, numbers: Database, name: str, damage: Callable[[bytes], bytes]
) -> None:
    with numbers.transaction() as session:
        session.execute("INSERT INTO numbers SELECT range FROM range(50000)")
    numbers.close()
    path = tmp_path / name
    path.write_bytes(damaged := damage(numbers.path.read_bytes()))
    for _again in range(2):
        with pytest.raises(DatabaseDamaged, match="does not open"):
            Database(path, STEPS)
        assert path.read_bytes() == damaged
        assert sorted(tmp_path.glob(f"{name}*")) == [path]


def copy_of_a_killed(database: Database, folder: Path) -> tuple[Path, Path]:
    """The database's two files as a kill would leave them: the second one is not yet taken in."""
    shutil.copy(database.path, folder / "killed.duckdb")
    shutil.copy(f"{database.path}.wal", folder / "killed.duckdb.wal")
    return folder / "killed.duckdb", folder / "killed.duckdb.wal"


def test_what_was_stored_before_a_kill_is_there(tmp_path: Path, numbers: Database) -> None:
    for n in range(20):
        with numbers.transaction() as session:
            add(session, n)
    path, _log = copy_of_a_killed(numbers, tmp_path)
    after = Database(path, STEPS)
    assert stored(after) == list(range(20))
    after.close()


def test_a_damaged_log_of_writes_is_left_as_it_is(tmp_path: Path, numbers: Database) -> None:
    for n in range(20):
        with numbers.transaction() as session:
            add(session, n)
    path, log = copy_of_a_killed(numbers, tmp_path)
    good = log.read_bytes()
    middle = len(good) // 2
    log.write_bytes(
        good[:middle]
        + bytes(byte ^ 255 for byte in good[middle : middle + 64])
        + good[middle + 64 :]
    )
    both = path.read_bytes(), log.read_bytes()
    with pytest.raises(DatabaseDamaged, match="does not open"):
        Database(path, STEPS)
    assert (path.read_bytes(), log.read_bytes()) == both


def test_a_place_where_no_file_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "x.duckdb"):
        with pytest.raises(StorageError):
            Database(path, STEPS)


# Writing


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, DatabaseBusy])
def test_an_exception_in_a_transaction_stores_nothing(
    numbers: Database, error: type[BaseException]
) -> None:
    def half_a_write() -> None:
        with numbers.transaction() as session:
            add(session, 1, 2)
            raise error("halfway")

    with pytest.raises(error, match="halfway"):
        half_a_write()
    assert stored(numbers) == []
    with numbers.transaction() as session:
        add(session, 3)
    assert stored(numbers) == [3]


def test_a_statement_that_fails_is_our_error_and_stores_nothing(numbers: Database) -> None:
    def bad_write() -> None:
        with numbers.transaction() as session:
            add(session, 1)
            session.execute("INSERT INTO numbers VALUES ('many')")

    with pytest.raises(StorageError, match="many"):
        bad_write()
    assert stored(numbers) == []


def test_a_reader_sees_the_old_or_the_new_and_keeps_to_it(numbers: Database) -> None:
    count = "SELECT count(*) FROM numbers"
    with numbers.transaction() as writer:
        add(writer, 1)
        assert stored(numbers) == []
        add(writer, 2)
        with numbers.reading() as earlier:
            assert earlier.value(count) == 0
            writer.execute("INSERT INTO numbers VALUES (3)")
            assert earlier.value(count) == 0
    assert stored(numbers) == [1, 2, 3]
    with numbers.reading() as reader:
        assert reader.value(count) == 3
        with numbers.transaction() as writer:
            add(writer, 4)
        assert reader.value(count) == 3
    assert stored(numbers) == [1, 2, 3, 4]


def test_many_threads_at_once(numbers: Database) -> None:
    """Each write stores n and -n, so that a reader who saw half of one would see a sum."""
    writers, writes = 4, 10

    def write(writer: int) -> None:
        for n in range(writes):
            with numbers.transaction() as session:
                add(session, writer * writes + n, -(writer * writes + n))

    def read() -> list[tuple[int, int]]:
        seen = []
        while not seen or seen[-1][0] < 2 * writers * writes:
            with numbers.reading() as session:
                row = session.frame(
                    "SELECT count(*) AS n, coalesce(sum(n), 0) AS total FROM numbers"
                )
                assert session.value("SELECT count(*) FROM numbers") == row["n"].item()
            seen.append((row["n"].item(), int(row["total"].item())))
        return seen

    with ThreadPoolExecutor() as pool:
        readers = [pool.submit(read) for _reader in range(2)]
        list(pool.map(write, range(writers)))
        for reader in readers:
            counts = [count for count, _total in reader.result()]
            assert {total for _count, total in reader.result()} == {0}
            assert counts == sorted(counts)
            assert not any(count % 2 for count in counts)


# What comes out


def test_types_come_back_as_promised(database: Database) -> None:
    at = datetime(2026, 3, 9, 12, 0, 0, 123_456, tzinfo=UTC)
    frame = pd.DataFrame({"at": [at, None], "x": [1.5, float("nan")], "name": ["a", None]})
    with database.reading() as session:
        out = session.frame_on(frame, "SELECT *, x IS NULL AS is_null FROM incoming")
        assert session.value("SELECT 1 WHERE false") is None
    assert str(out["at"].dtype) == "datetime64[us, UTC]"
    assert out["at"][0].to_pydatetime() == at
    assert out.iloc[1].isna().tolist() == [True, True, True, False]
    assert out["is_null"].tolist() == [False, True]


# Closing


def test_closing_twice_is_closing_once(numbers: Database) -> None:
    numbers.close()
    numbers.close()
    for open_again in (numbers.reading, numbers.transaction):
        with pytest.raises(DatabaseClosed, match="is closed"), open_again():
            pass
    with held_by_another_process(numbers.path):
        pass


def test_closing_waits_for_the_write_under_way(numbers: Database) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with numbers.transaction() as session:
            add(session, 1)
            inside.set()
            go_on.wait()
            add(session, 2)

    closer = threading.Thread(target=numbers.close)
    with ThreadPoolExecutor() as pool:
        writing = pool.submit(write)
        inside.wait()
        closer.start()
        wait_until_in("close", closer)
        closer.join(timeout=0.2)
        is_waiting = closer.is_alive()
        go_on.set()
        writing.result()
    closer.join()
    assert is_waiting
    again = Database(numbers.path, STEPS)
    assert stored(again) == [1, 2]
    again.close()


def test_a_reader_whom_closing_overtakes_gets_its_rows_or_is_told(numbers: Database) -> None:
    with numbers.transaction() as session:
        session.execute("INSERT INTO numbers SELECT range FROM range(1000)")
    begun = threading.Barrier(5)

    def read_until_closed() -> int:
        begun.wait()
        reads = 0
        try:
            while True:
                assert len(stored(numbers)) == 1000
                reads += 1
        except DatabaseClosed:
            return reads

    with ThreadPoolExecutor() as pool:
        readers = [pool.submit(read_until_closed) for _reader in range(4)]
        begun.wait()
        numbers.close()
        for reader in readers:
            assert reader.result() >= 0
