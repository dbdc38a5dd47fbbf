"""Who may log in."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime

from cointracker.storage.database import Session
from cointracker.storage.records import records


@dataclass(frozen=True)
class StoredUser:
    """A row of `users`; password_hash is None for who logs in elsewhere only.

    stamp: another one whenever all sessions of the user are to end.
    """

    user_id: str
    name: str
    role: str
    password_hash: str | None = field(repr=False)
    stamp: str = field(repr=False)
    created_at: datetime
    last_login_at: datetime | None = None


def everyone(session: Session) -> list[StoredUser]:
    """All users by name."""
    return [
        StoredUser(**row) for row in records(session.frame("SELECT * FROM users ORDER BY name"))
    ]


def save(session: Session, user: StoredUser) -> None:
    """Store a user in place of the row with that id, if there is one."""
    remove(session, user.user_id)
    session.execute(
        "INSERT INTO users (user_id, name, role, password_hash, stamp, created_at, last_login_at)"
        " VALUES ($user_id, $name, $role, $password_hash, $stamp, $created_at,"
        " $last_login_at)",
        asdict(user),
    )


def remove(session: Session, user_id: str) -> None:
    """Forget a user."""
    session.execute("DELETE FROM users WHERE user_id = $user_id", {"user_id": user_id})
