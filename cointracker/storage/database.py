"""One DuckDB file: writes one at a time, readers beside them, errors translated once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from cointracker.core.errors import DatabaseClosed, StorageError
from cointracker.storage import copying, migrations, opening

log = logging.getLogger(__name__)

Parameters = Mapping[str, Any]
NOT_MIGRATED = (
    "the database is at schema step {step} and was left so,"
    " for the copy to be made before its migration failed: {problem}"
)
DURABLE = "COMMIT succeeded and is durable"
BATCH_ROWS = 2048
"""How many rows of a result DuckDB gets room for at a time. Its own default is a million, for
every column of even a single row; whoever keeps the frame keeps all that room."""


class Session:
    """A cursor on the database: what storage functions read and write through."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    def frame(self, sql: str, parameters: Parameters | None = None) -> pd.DataFrame:
        """The rows of a query; instants as datetime64[us, UTC], NULL as NaN, NaT or None."""
        frame: pd.DataFrame = (
            self._cursor.execute(sql, parameters).to_arrow_table(BATCH_ROWS).to_pandas()
        )
        return frame

    def value(self, sql: str, parameters: Parameters | None = None) -> Any:
        """The first column of a query's first row; None without a row."""
        row = self._cursor.execute(sql, parameters).fetchone()
        return row[0] if row else None

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        """Run a statement whose rows do not matter."""
        self._cursor.execute(sql, parameters)

    def run_on(self, frame: pd.DataFrame, sql: str, parameters: Parameters | None = None) -> None:
        """Run a statement that reads `frame` as the table `incoming`; its NaN become NULL."""
        with self._incoming(frame):
            self._cursor.execute(sql, parameters)

    def frame_on(
        self, frame: pd.DataFrame, sql: str, parameters: Parameters | None = None
    ) -> pd.DataFrame:
        """The rows of a query that reads `frame` as the table `incoming`."""
        with self._incoming(frame):
            return self.frame(sql, parameters)

    @contextmanager
    def _incoming(self, frame: pd.DataFrame) -> Iterator[None]:
        self._cursor.register("incoming", pa.Table.from_pandas(frame, preserve_index=False))
        try:
            yield
        finally:
            self._cursor.unregister("incoming")


class Database:
    """The database in one file, brought to the newest schema when it is opened.

    A file that holds data at an older schema is copied first (`copying.before_migration`). Raises
    DatabaseBusy when another process holds the file and DatabaseDamaged when it does not open; in
    both cases the file is left as it is. Safe to use from many threads. steps: what builds the
    schema.
    """

    def __init__(self, path: Path, steps: migrations.Steps) -> None:
        self.path = path
        self._steps = steps
        self._write_lock = threading.Lock()
        self._opening = threading.Lock()
        self._closed = False
        self._root = opening.connect(path)
        try:
            self._copy_before_migration()
            self._migrate()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Everything written inside is stored together when the block ends, or not at all."""
        with self._write_lock, self._cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                yield Session(cursor)
            except BaseException:
                _roll_back(cursor)
                raise
            _commit(cursor)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One consistent state of the database for all reads inside; never waits for a writer."""
        with self._cursor() as cursor:
            cursor.execute("BEGIN")
            yield Session(cursor)
            cursor.execute("COMMIT")

    def checkpoint(self) -> bool:
        """Free the room of what was replaced, for new rows; whether it was possible now.

        A reader of an older state is in the way, or a full disk; DuckDB does the same by itself
        later.
        """
        with self._write_lock, self._cursor() as cursor:
            try:
                cursor.execute("CHECKPOINT")
            except (duckdb.TransactionException, duckdb.FatalException) as exc:
                log.warning("no checkpoint: %s", exc)
                return False
        return True

    def copy_to(self, path: Path) -> None:
        """One consistent state as a new file, while others read and write. Raises StorageError."""
        with self._cursor() as cursor:
            copying.copy_held(cursor, path)

    def close(self) -> None:
        """Wait for a write under way, then close the file. May be called again."""
        with self._write_lock, self._opening:
            if not self._closed:
                self._closed = True
                self._root.close()

    def _copy_before_migration(self) -> None:
        with self._cursor() as cursor:
            session = Session(cursor)
            step = migrations.step(session)
            if not (0 < step < max(self._steps) and migrations.holds_rows(session)):
                return
            try:
                copy = copying.before_migration(cursor, self.path, step)
            except StorageError as exc:
                raise StorageError(NOT_MIGRATED.format(step=step, problem=exc)) from exc
            log.warning("%s is copied to %s before it is migrated", self.path, copy)

    def _migrate(self) -> None:
        with self.transaction() as session:
            migrations.prepare(session, self._steps)
        for number in sorted(self._steps):
            with self.transaction() as session:
                migrations.apply(session, self._steps, number)

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            with self._new_cursor() as cursor:
                yield cursor
        except duckdb.ConnectionException as exc:
            raise DatabaseClosed(f"{self.path} is closed") from exc
        except duckdb.Error as exc:
            raise opening.failure(self.path, exc) from exc

    def _new_cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor that works, though the one before may have ended on a full disk."""
        try:
            return self._plain_cursor()
        except (duckdb.FatalException, duckdb.ConnectionException):
            self._open_again()
            return self._plain_cursor()

    def _plain_cursor(self) -> duckdb.DuckDBPyConnection:
        if self._closed:
            raise DatabaseClosed(f"{self.path} is closed")
        cursor = self._root.cursor()
        try:
            cursor.execute("SET TimeZone = 'UTC'")
        except BaseException:
            cursor.close()
            raise
        return cursor

    def _open_again(self) -> None:
        """Open the file anew: after a checkpoint without room DuckDB wants that even for reading.

        Everything that was committed is in the file and its log.
        """
        with self._opening:
            if not (self._closed or self._is_alive()):
                log.warning("%s is opened again after DuckDB gave up on it", self.path)
                self._root.close()
                self._root = opening.connect(self.path)

    def _is_alive(self) -> bool:
        try:
            self._root.execute("SELECT 1").fetchall()
        except (duckdb.FatalException, duckdb.ConnectionException):
            return False
        return True


def _commit(cursor: duckdb.DuckDBPyConnection) -> None:
    try:
        cursor.execute("COMMIT")
    except duckdb.FatalException as exc:
        if DURABLE not in str(exc):
            raise
        log.warning("stored, but not checkpointed: %s", exc)


def _roll_back(cursor: duckdb.DuckDBPyConnection) -> None:
    """Undo; what failed so badly that nothing is left to undo must not hide why it failed."""
    with suppress(duckdb.Error):
        cursor.execute("ROLLBACK")
