"""The audit log: who changed what, when and from where."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime

import pandas as pd

from cointracker.core.clock import Clock
from cointracker.core.rights import Principal
from cointracker.features.audit import store
from cointracker.storage.database import Database, Session

MAX_CHARS = 500
MAX_ENTRIES = 1_000


class AuditService:
    """Records and tells; what is recorded stays. A secret never gets here.

    actions: everything that may be recorded, in the words of a page.
    """

    def __init__(self, database: Database, clock: Clock, actions: Mapping[str, str]) -> None:
        self.actions = actions
        self._database = database
        self._clock = clock

    def record(self, by: Principal, action: str, target: str = "", detail: str = "") -> None:
        """Store that somebody did something. Raises StorageError."""
        with self._database.transaction() as session:
            self.record_in(session, by, action, target, detail)

    def record_in(
        self, session: Session, by: Principal, action: str, target: str = "", detail: str = ""
    ) -> None:
        """The same together with what is stored in a transaction of this log's own database."""
        if action not in self.actions:
            raise ValueError(f"no action to record: {action}")
        entry = store.Entry(
            at=self._clock(),
            name=_told(by.name),
            means=by.means.value,
            address=_told(by.address),
            action=action,
            target=_told(target),
            detail=_told(detail),
        )
        store.add(session, entry)

    def entries(
        self,
        *,
        names: Collection[str] | None = None,
        actions: Collection[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = MAX_ENTRIES,
    ) -> pd.DataFrame:
        """What was done, the newest first; None selects everything.

        Columns at (UTC), name, means, address, action (of `actions`), target, detail. since, until:
        from the one on, and before the other.
        """
        with self._database.reading() as session:
            return store.entries(
                session, names=names, actions=actions, since=since, until=until, limit=limit
            )

    def names(self) -> list[str]:
        """Everybody who ever did something, by name."""
        with self._database.reading() as session:
            return store.names(session)


def _told(text: str) -> str:
    """Text as it is kept: one line of bounded length."""
    plain = "".join(" " if unicodedata.category(char)[0] == "C" else char for char in text)
    return plain[:MAX_CHARS]
