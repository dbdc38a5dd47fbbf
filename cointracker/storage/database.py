"""One DuckDB file: writes one at a time, readers beside them, errors translated once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from cointracker.errors import DatabaseBusy, DatabaseClosed, DatabaseDamaged, StorageError
from cointracker.storage import migrations

Parameters = Mapping[str, Any]

MEMORY = "1GB"
"""What DuckDB may hold in memory. Its own default is four fifths of the machine's; a sort that
needs more goes through a folder beside the file."""


class Session:
    """A cursor on the database: what storage functions read and write through."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    def frame(self, sql: str, parameters: Parameters | None = None) -> pd.DataFrame:
        """The rows of a query; instants as datetime64[us, UTC], NULL as NaN, NaT or None."""
        frame: pd.DataFrame = self._cursor.execute(sql, parameters).to_arrow_table().to_pandas()
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

    Raises DatabaseBusy when another process holds the file and DatabaseDamaged when it does not
    open; in both cases the file is left as it is. Safe to use from many threads.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._write_lock = threading.Lock()
        self._closed = False
        self._root = _open(path)
        try:
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
                cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One consistent state of the database for all reads inside; never waits for a writer."""
        with self._cursor() as cursor:
            cursor.execute("BEGIN")
            yield Session(cursor)
            cursor.execute("COMMIT")

    def checkpoint(self) -> bool:
        """Free the room of what was replaced, for new rows; whether it was possible now.

        A reader of an older state is in the way; DuckDB does the same by itself later.
        """
        with self._write_lock, self._cursor() as cursor:
            try:
                cursor.execute("CHECKPOINT")
            except duckdb.TransactionException:
                return False
        return True

    def close(self) -> None:
        """Wait for a write under way, then close the file. May be called again."""
        with self._write_lock:
            if not self._closed:
                self._closed = True
                self._root.close()

    def _migrate(self) -> None:
        with self.transaction() as session:
            migrations.prepare(session)
        for number in migrations.NUMBERS:
            with self.transaction() as session:
                migrations.apply(session, number)

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        if self._closed:
            raise DatabaseClosed(f"{self.path} is closed")
        try:
            with self._root.cursor() as cursor:
                cursor.execute("SET TimeZone = 'UTC'")
                yield cursor
        except duckdb.ConnectionException as exc:
            raise DatabaseClosed(f"{self.path} is closed") from exc
        except duckdb.Error as exc:
            raise StorageError(f"{self.path}: {exc}") from exc


def _open(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return duckdb.connect(path, config={"memory_limit": MEMORY})
    except OSError as exc:
        raise StorageError(f"{path}: {exc.strerror}") from exc
    except duckdb.IOException as exc:
        if "Could not set lock" in str(exc):
            raise DatabaseBusy(f"{path} is in use by another process") from exc
        raise DatabaseDamaged(f"{path} does not open: {exc}") from exc
    except duckdb.Error as exc:
        raise DatabaseDamaged(f"{path} does not open: {exc}") from exc
