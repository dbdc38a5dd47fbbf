"""Opening a DuckDB file, and what its errors mean: in use, damaged, no room, or something else."""

from __future__ import annotations

import errno
import os
import re
import shutil
from pathlib import Path

import duckdb

from cointracker.core.errors import DatabaseBusy, DatabaseDamaged, DiskFull, StorageError

BLOCK_HEADERS_BYTES = 3 * 4096
LOG_HEAD = bytes.fromhex("640062650002ffff")
"""What a write-ahead log begins with; DuckDB passes over one that does not, and overwrites it."""

NO_ROOM = tuple(map(os.strerror, (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)))
NOT_THE_FILE = tuple(
    map(
        os.strerror,
        (
            errno.EACCES,
            errno.EPERM,
            errno.EROFS,
            errno.EISDIR,
            errno.ENOTDIR,
            errno.ENOENT,
            errno.EMFILE,
            errno.ENFILE,
            errno.ENOMEM,
            errno.EIO,
        ),
    )
)
NEWER = "with version number"
MEMORY = "1GB"
"""What DuckDB may hold in memory. Its own default is four fifths of the machine's; a sort that
needs more goes through a folder beside the file."""
LOCKED = "Could not set lock"
UNREADABLE = ("Corrupt", "not a valid DuckDB", "Could not read enough bytes", "replaying WAL")


def connect(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """The file, opened for reading and writing; made when it is not there, unless for reading only.

    Raises DatabaseBusy, DatabaseDamaged (also where DuckDB would drop a log that it cannot read, or
    open a file that lacks its end), DiskFull, StorageError; the file is left as it is.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(path, read_only=read_only, config={"memory_limit": MEMORY})
    except OSError as exc:
        raise os_failure(path, exc) from exc
    except duckdb.Error as exc:
        raise opening_failure(path, exc) from exc
    try:
        _look_over(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def log_of(path: Path) -> Path:
    """Where the write-ahead log of a database lies, if there is one."""
    return path.with_name(f"{path.name}.wal")


def failure(path: Path, exc: duckdb.Error) -> StorageError:
    """What an error of DuckDB means to whoever runs this."""
    text = _without_paths(exc)
    if any(phrase in text for phrase in NO_ROOM):
        return _no_room(path, next(phrase for phrase in NO_ROOM if phrase in text))
    if isinstance(exc, duckdb.IOException) and any(phrase in text for phrase in UNREADABLE):
        return DatabaseDamaged(f"{path} is damaged: {exc}")
    return StorageError(f"{path}: {exc}")


def os_failure(path: Path, exc: OSError) -> StorageError:
    """What an error of the operating system means to whoever runs this."""
    if exc.strerror in NO_ROOM:
        return _no_room(path, exc.strerror)
    return StorageError(f"{path}: {exc.strerror or exc}")


def free_bytes(path: Path) -> int:
    """Room left for us on the disk of `path`, which need not be there yet."""
    there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    return shutil.disk_usage(there).free


def _no_room(path: Path, phrase: str) -> DiskFull:
    free = free_bytes(path)
    return DiskFull(f"{path}: {phrase}, {free / 1e6:,.1f} MB free", free)


def opening_failure(path: Path, exc: duckdb.Error) -> StorageError:
    """What an error of opening means; what has no other cause is damage."""
    text = _without_paths(exc)
    if LOCKED in text:
        return DatabaseBusy(f"{path} is in use by another process")
    known = failure(path, exc)
    if isinstance(known, DiskFull):
        return known
    if NEWER in text:
        return StorageError(f"{path} was written by a newer DuckDB; start the newer release")
    is_elsewhere = any(words in text for words in NOT_THE_FILE)
    if is_elsewhere or isinstance(exc, duckdb.OutOfMemoryException):
        return StorageError(f"{path} does not open: {exc}")
    return DatabaseDamaged(f"{path} does not open: {exc}")


def _without_paths(exc: duckdb.Error) -> str:
    return re.sub(r'"[^"]*"', "", str(exc))


def _look_over(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raise DatabaseDamaged where DuckDB opens what it should not."""
    try:
        ((blocks_bytes, is_log_empty),) = connection.execute(
            "SELECT block_size * total_blocks, wal_size = '0 bytes' FROM pragma_database_size()"
        ).fetchall()
        if is_log_empty and not _is_whole_log(log_of(path)):
            raise DatabaseDamaged(f"{path} does not open: its write-ahead log is damaged")
        if path.stat().st_size < BLOCK_HEADERS_BYTES + blocks_bytes:
            read_all(connection)
    except duckdb.Error as exc:
        raise DatabaseDamaged(f"{path} does not open: {exc}") from exc


def _is_whole_log(log: Path) -> bool:
    """Whether a log that nothing was read from may have been cut off while it was begun."""
    if not log.exists():
        return True
    with log.open("rb") as file:
        return LOG_HEAD.startswith(file.read(len(LOG_HEAD)))


def read_all(connection: duckdb.DuckDBPyConnection) -> None:
    """Read every row of every table, so that a damaged block shows."""
    tables = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()"
    ).fetchall()
    for (table,) in tables:
        connection.execute(f'SELECT bit_xor(hash("{table}")) FROM "{table}"').fetchall()  # noqa: S608
