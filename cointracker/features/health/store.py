"""Figures about the database itself, cheap enough to ask for on each view of a page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cointracker.features.retention.store import compaction
from cointracker.storage.database import Session

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rows(session: Session) -> dict[str, int]:
    """About how many rows each table holds, by its name in order of the alphabet."""
    counts = session.frame(
        "SELECT table_name, estimated_size FROM duckdb_tables()"
        " WHERE database_name = current_database() AND NOT temporary ORDER BY table_name"
    )
    return {name: int(size) for name, size in counts.itertuples(index=False)}


def span(session: Session) -> tuple[datetime | None, datetime | None]:
    """The instants of the oldest and the newest observation (UTC); None where there is none."""
    ends = (
        session.value(f"SELECT epoch_us({end}(observed_at)) FROM observations")  # noqa: S608
        for end in ("min", "max")
    )
    oldest, newest = (None if end is None else EPOCH + timedelta(microseconds=end) for end in ends)
    return oldest, newest


def snapshots(session: Session) -> int:
    """How many snapshots are stored."""
    return compaction.count(session, "snapshots")


def compacted_at(session: Session) -> datetime | None:
    """When the last compaction ran (UTC), if one ever did."""
    return compaction.last(session)
