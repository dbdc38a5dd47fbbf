"""Whether refreshes are wanted."""

from __future__ import annotations

from datetime import datetime

from cointracker.storage.database import Session


def is_started(session: Session) -> bool:
    """Whether refreshes are wanted; they are until somebody stops them."""
    value = session.value("SELECT arg_max(is_started, number) FROM runs")
    return True if value is None else bool(value)


def set_started(session: Session, is_started: bool, at: datetime) -> None:
    """Store whether refreshes are wanted from `at` on."""
    session.execute(
        "INSERT INTO runs (number, changed_at, is_started)"
        " SELECT coalesce(max(number), 0) + 1, $at, $is_started FROM runs",
        {"at": at, "is_started": is_started},
    )
