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
    rows = session.frame(LAST)
    return dict(zip(rows["name"], rows["value"], strict=True))


def save(session: Session, values: Mapping[str, str], at: datetime) -> None:
    """Store the texts of settings; what they were before stays on record."""
    rows = pd.DataFrame({"name": list(values), "value": list(values.values())}, dtype="string")
    number = session.value("SELECT coalesce(max(save), 0) + 1 FROM settings")
    session.run_on(
        rows,
        "INSERT INTO settings (save, saved_at, name, value)"
        " SELECT $number, $at, name, value FROM incoming",
        {"number": number, "at": at},
    )


def forget(session: Session, names: Collection[str]) -> None:
    """Delete all that was ever saved under these names."""
    for name in names:
        session.execute("DELETE FROM settings WHERE name = $name", {"name": name})
