"""Who is logged in: a row a browser."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime

from cointracker.storage.database import Session
from cointracker.storage.records import records


@dataclass(frozen=True)
class StoredSession:
    """A row of `sessions`; it holds as long as its stamp is its user's."""

    session_id: str
    user_id: str
    stamp: str = field(repr=False)
    opened_at: datetime
    seen_at: datetime


def everything(session: Session) -> list[StoredSession]:
    """All sessions, the oldest first."""
    rows = session.frame("SELECT * FROM sessions ORDER BY opened_at, session_id")
    return [StoredSession(**row) for row in records(rows)]


def add(session: Session, opened: StoredSession) -> None:
    """Store a new session."""
    session.execute(
        "INSERT INTO sessions (session_id, user_id, stamp, opened_at, seen_at)"
        " VALUES ($session_id, $user_id, $stamp, $opened_at, $seen_at)",
        asdict(opened),
    )


def see(session: Session, session_id: str, at: datetime) -> None:
    """Note when a session was last used."""
    session.execute(
        "UPDATE sessions SET seen_at = $at WHERE session_id = $session_id",
        {"at": at, "session_id": session_id},
    )


def remove(session: Session, session_ids: Collection[str]) -> None:
    """Forget sessions."""
    session.execute(
        "DELETE FROM sessions WHERE list_contains($ids, session_id)", {"ids": list(session_ids)}
    )
