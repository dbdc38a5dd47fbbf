"""What the database takes: bytes, rows, the span it covers, room left, copies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cointracker.core.clock import Clock, utc_now
from cointracker.features.backup.last_backup import last_backup_at
from cointracker.features.health import store
from cointracker.storage import copying, opening
from cointracker.storage.database import Database


@dataclass(frozen=True)
class DatabaseStats:
    """The database at `now`.

    log_bytes: of its write-ahead log, which comes on top of `bytes`. rows: a table's name with
    about how many rows it holds. The instants are None where there is nothing: oldest_at and
    newest_at of observations, backup_at of the last `cointracker backup` of this folder, copy_at of
    the last copy before a migration, compacted_at of the last compaction. low_room: a compaction
    would not fit on the disk any more.
    """

    now: datetime
    path: Path
    bytes: int
    log_bytes: int
    free_bytes: int
    rows: Mapping[str, int]
    snapshots: int
    oldest_at: datetime | None
    newest_at: datetime | None
    compacted_at: datetime | None
    backup_at: datetime | None
    copy_at: datetime | None

    @property
    def low_room(self) -> bool:
        """Whether less is free than the database takes, which a compaction needs again."""
        return self.free_bytes < self.bytes


def no_database() -> DatabaseStats:
    """The state where there is no database."""
    return DatabaseStats(
        now=utc_now(),
        path=Path(),
        bytes=0,
        log_bytes=0,
        free_bytes=0,
        rows={},
        snapshots=0,
        oldest_at=None,
        newest_at=None,
        compacted_at=None,
        backup_at=None,
        copy_at=None,
    )


class DatabaseStatsService:
    """Watches one database file and the disk it lies on."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def state(self) -> DatabaseStats:
        """The state now; a few milliseconds. Raises StorageError."""
        path = self._database.path
        with self._database.reading() as session:
            rows, span = store.rows(session), store.span(session)
            snapshots, compacted_at = store.snapshots(session), store.compacted_at(session)
        return DatabaseStats(
            now=self._clock(),
            path=path,
            bytes=_size(path),
            log_bytes=_size(opening.log_of(path)),
            free_bytes=opening.free_bytes(path),
            rows=rows,
            snapshots=snapshots,
            oldest_at=span[0],
            newest_at=span[1],
            compacted_at=compacted_at,
            backup_at=last_backup_at(path.parent),
            copy_at=_last_copy_at(path),
        )


def _last_copy_at(path: Path) -> datetime | None:
    copies = copying.kept_before_migration(path)
    return _written_at(copies[-1]) if copies else None


def _written_at(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
