"""Copies of databases that this process does not serve: made, looked at, and asked whether free."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb

from cointracker.core.errors import DatabaseBusy
from cointracker.storage import copying, migrations, opening
from cointracker.storage.database import Session


def copy_closed(source: Path, target: Path) -> None:
    """One database as a new file, every row of it read; the source stays as it is, unmigrated.

    Raises DatabaseBusy when a process holds it, DatabaseDamaged, DiskFull, StorageError.
    """
    with closing(opening.connect(source, read_only=True)) as held:
        copying.copy_held(held, target)


def step(path: Path) -> int:
    """The newest schema step of the database at `path`; 0 for one that is not ours.

    Raises StorageError.
    """
    with closing(opening.connect(path, read_only=True)) as held:
        try:
            return migrations.step(Session(held))
        except duckdb.Error as exc:
            raise opening.failure(path, exc) from exc


def must_be_free(path: Path) -> None:
    """Raise DatabaseBusy when a process holds the database at `path`; a damaged one is free."""
    try:
        duckdb.connect(path, read_only=True).close()
    except duckdb.Error as exc:
        problem = opening.opening_failure(path, exc)
        if isinstance(problem, DatabaseBusy):
            raise problem from exc
