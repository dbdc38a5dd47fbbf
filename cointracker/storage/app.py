"""What belongs to no market: saved settings, whether refreshes are wanted, and our own secrets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import pandas as pd

from cointracker.storage.database import Session

LAST = """
SELECT name, arg_max(value, save) AS value FROM settings GROUP BY name ORDER BY name
"""


def saved(session: Session) -> dict[str, str]:
    """The text of each setting as it was saved last, by name."""
    found = session.frame(LAST)
    return dict(zip(found["name"], found["value"], strict=True))


def save(session: Session, values: Mapping[str, str], at: datetime) -> None:
    """Store the texts of settings; what they were before stays on record."""
    rows = pd.DataFrame({"name": list(values), "value": list(values.values())}, dtype="string")
    number = session.value("SELECT coalesce(max(save), 0) + 1 FROM settings")
    session.run_on(
        rows,
        "INSERT INTO settings SELECT $number, $at, name, value FROM incoming",
        {"number": number, "at": at},
    )


def forget(session: Session, names: Collection[str]) -> None:
    """Delete all that was ever saved under these names."""
    for name in names:
        session.execute("DELETE FROM settings WHERE name = $name", {"name": name})


def is_started(session: Session) -> bool:
    """Whether refreshes are wanted; they are until somebody stops them."""
    found = session.value("SELECT arg_max(is_started, number) FROM runs")
    return True if found is None else bool(found)


def set_started(session: Session, is_started: bool, at: datetime) -> None:
    """Store whether refreshes are wanted from `at` on."""
    session.execute(
        "INSERT INTO runs SELECT coalesce(max(number), 0) + 1, $at, $is_started FROM runs",
        {"at": at, "is_started": is_started},
    )


def secret(session: Session, name: str) -> str | None:
    """The secret of that name; None when there is none yet."""
    found = session.value("SELECT value FROM secrets WHERE name = $name", {"name": name})
    return None if found is None else str(found)


def keep_secret(session: Session, name: str, value: str) -> None:
    """Store a secret in place of the one of that name."""
    session.execute("DELETE FROM secrets WHERE name = $name", {"name": name})
    session.execute("INSERT INTO secrets VALUES ($name, $value)", {"name": name, "value": value})
