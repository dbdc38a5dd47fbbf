"""Who changed what, when and from where."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

import pandas as pd

from cointracker.storage.database import Session

FOUND = """
SELECT recorded_at AS "at", name, means, address, action, target, detail FROM audit
WHERE ($names IS NULL OR list_contains($names, name))
  AND ($actions IS NULL OR list_contains($actions, action))
  AND ($since IS NULL OR recorded_at >= $since::TIMESTAMPTZ)
  AND ($until IS NULL OR recorded_at < $until::TIMESTAMPTZ)
ORDER BY number DESC LIMIT $limit
"""


@dataclass(frozen=True)
class Entry:
    """A row of `audit`, but for its number."""

    at: datetime
    name: str
    means: str
    address: str
    action: str
    target: str
    detail: str


def add(session: Session, entry: Entry) -> None:
    """Store what somebody did."""
    session.execute(
        "INSERT INTO audit"
        " (number, recorded_at, name, means, address, action, target, detail)"
        " SELECT coalesce(max(number), 0) + 1, $at, $name, $means, $address,"
        " $action, $target, $detail FROM audit",
        asdict(entry),
    )


def entries(
    session: Session,
    *,
    names: Collection[str] | None,
    actions: Collection[str] | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> pd.DataFrame:
    """The fields of `Entry` as columns, the newest `most` first; None selects everything.

    since, until: from the one on, and before the other.
    """
    wanted = {
        "names": None if names is None else list(names),
        "actions": None if actions is None else list(actions),
        "since": since,
        "until": until,
        "limit": limit,
    }
    return session.frame(FOUND, wanted)


def names(session: Session) -> list[str]:
    """Everybody who ever did something, by name."""
    return [
        str(name) for name in session.frame("SELECT DISTINCT name FROM audit ORDER BY name")["name"]
    ]
