"""The database of what belongs to no market."""

from __future__ import annotations

import stat
from contextlib import suppress
from pathlib import Path

from cointracker.storage.database import Database
from cointracker.storage.migrations import Steps

APP_FILE = "cointracker-app.duckdb"


def open_app(folder: Path, steps: Steps) -> Database:
    """Open it, for our own user alone to read. Raises StorageError."""
    database = Database(folder / APP_FILE, steps)
    with suppress(OSError):
        database.path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    return database
