"""When the data folder was last backed up."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cointracker.storage import copying

BACKUP_NOTE = "last-backup"
"""An empty file in the data folder, as old as the last backup."""


def last_backup_at(folder: Path) -> datetime | None:
    """When `cointracker backup` last made a backup of a data folder; None for never."""
    return _written_at(folder / BACKUP_NOTE)


def note_backup(folder: Path) -> None:
    """Note that a backup of the data folder was made just now. Raises StorageError."""
    with copying.made_whole(folder / BACKUP_NOTE) as note:
        note.write_text("")


def _written_at(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return None
