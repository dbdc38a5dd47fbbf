"""The server's own secrets."""

from __future__ import annotations

from cointracker.storage.database import Session


def secret(session: Session, name: str) -> str | None:
    """The secret of that name; None when there is none yet."""
    stored = session.value("SELECT value FROM secrets WHERE name = $name", {"name": name})
    return None if stored is None else str(stored)


def keep_secret(session: Session, name: str, value: str) -> None:
    """Store a secret in place of the one of that name."""
    session.execute("DELETE FROM secrets WHERE name = $name", {"name": name})
    session.execute(
        "INSERT INTO secrets (name, value) VALUES ($name, $value)", {"name": name, "value": value}
    )
