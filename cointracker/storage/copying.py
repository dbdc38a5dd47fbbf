"""Copies of databases that are whole or not there: made beside their place, then moved into it.

DuckDB copies, not the operating system: to open a file a second time and close it would drop this
process's lock on it, and the copying proves that every row can be read.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from cointracker.storage.opening import failure, log_of, os_failure

STAMP = "%Y%m%dT%H%M%SZ"
KEPT_BEFORE_MIGRATION = 3
BACKUPS = "backups"


def stamp(instant: datetime) -> str:
    """An instant as it stands in names of files: `20260309T120000Z`."""
    return instant.astimezone(UTC).strftime(STAMP)


@contextmanager
def made_whole(path: Path) -> Iterator[Path]:
    """Where to write what becomes the file at `path` when the block ends well; else it is gone.

    A process that dies meanwhile leaves nothing under the final name. Raises StorageError.
    """
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        yield unfinished
        to_disk(unfinished)
        unfinished.replace(path)
        to_disk(path.parent)
    except OSError as exc:
        raise os_failure(path, exc) from exc
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
            log_of(unfinished).unlink(missing_ok=True)


def copy_held(cursor: duckdb.DuckDBPyConnection, path: Path) -> None:
    """One consistent state of the database of a cursor, as a new file. Raises StorageError."""
    with made_whole(path) as unfinished:
        try:
            cursor.execute(f"ATTACH '{_quoted(unfinished)}' AS copy (READ_WRITE)")
            try:
                ((own,),) = cursor.execute("SELECT current_database()").fetchall()
                cursor.execute(f'COPY FROM DATABASE "{own}" TO copy')
                cursor.execute("CHECKPOINT copy")
            finally:
                _let_go(cursor)
        except duckdb.Error as exc:
            raise failure(path, exc) from exc


def _let_go(cursor: duckdb.DuckDBPyConnection) -> None:
    """Detach the copy, after a failure too, which must not be hidden by one of this."""
    for statement in ("ROLLBACK", "DETACH copy"):
        with suppress(duckdb.Error):
            cursor.execute(statement)


def before_migration(cursor: duckdb.DuckDBPyConnection, path: Path, step: int) -> Path:
    """A copy of a database as it is at an older step of the schema; the last few stay.

    Lies at `backups/NAME-stepN-INSTANT.duckdb` beside the file. Raises StorageError.
    """
    name = f"{path.stem}-step{step}-{stamp(datetime.now(UTC))}.duckdb"
    target = path.parent / BACKUPS / name
    copy_held(cursor, target)
    for old in kept_before_migration(path)[:-KEPT_BEFORE_MIGRATION]:
        old.unlink(missing_ok=True)
    return target


def kept_before_migration(path: Path) -> list[Path]:
    """The copies made before migrations of the database at `path`, oldest first."""
    copies = (path.parent / BACKUPS).glob(f"{path.stem}-step*-*.duckdb")
    return sorted(copies, key=lambda copy: copy.stem.rpartition("-")[2])


def copy_file(source: Path, target: Path) -> None:
    """A file's bytes as a new file. Raises StorageError."""
    with made_whole(target) as unfinished:
        shutil.copyfile(source, unfinished)


def to_disk(path: Path) -> None:
    """Wait until a file or a folder's entries would survive a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
