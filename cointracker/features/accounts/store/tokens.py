"""Personal tokens of the API: everything about them but the secret."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime

from cointracker.storage.database import Session
from cointracker.storage.records import records


@dataclass(frozen=True)
class StoredToken:
    """A row of `tokens`; sha256 is the secret's."""

    token_id: str
    user_id: str
    name: str
    scope: str
    sha256: str = field(repr=False)
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None


def everything(session: Session) -> list[StoredToken]:
    """All tokens, the oldest first."""
    rows = session.frame("SELECT * FROM tokens ORDER BY created_at, token_id")
    return [StoredToken(**row) for row in records(rows)]


def add(session: Session, token: StoredToken) -> None:
    """Store a new token."""
    session.execute(
        "INSERT INTO tokens (token_id, user_id, name, scope, sha256, created_at, expires_at,"
        " last_used_at)"
        " VALUES ($token_id, $user_id, $name, $scope, $sha256, $created_at,"
        " $expires_at, $last_used_at)",
        asdict(token),
    )


def use(session: Session, token_id: str, at: datetime) -> None:
    """Note when a token was last used."""
    session.execute(
        "UPDATE tokens SET last_used_at = $at WHERE token_id = $token_id",
        {"at": at, "token_id": token_id},
    )


def remove(session: Session, token_ids: Collection[str]) -> None:
    """Forget tokens."""
    session.execute(
        "DELETE FROM tokens WHERE list_contains($ids, token_id)", {"ids": list(token_ids)}
    )
