"""The audit log: who changed what, when and from where (SPEC 7)."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime

import pandas as pd

from cointracker.i18n import N_
from cointracker.services.access import Principal
from cointracker.sources.base import Clock
from cointracker.storage import audit
from cointracker.storage.database import Database, Session

MOST_CHARS = 500
MOST_ENTRIES = 1_000

ACTIONS: Mapping[str, str] = {
    "login": N_("logged in"),
    "login.blocked": N_("blocked after too many attempts"),
    "logout": N_("logged out"),
    "user.add": N_("added a user"),
    "user.role": N_("changed a role"),
    "user.password": N_("set a password"),
    "user.remove": N_("removed a user"),
    "token.make": N_("made a token"),
    "token.revoke": N_("revoked a token"),
    "settings.save": N_("changed settings"),
    "weights.save": N_("changed the default weights"),
    "preset.save": N_("saved a preset"),
    "preset.delete": N_("deleted a preset"),
    "monitoring.start": N_("started the schedule"),
    "monitoring.stop": N_("stopped the schedule"),
    "monitoring.refresh": N_("asked for a refresh"),
    "standing.update": N_("asked for standing"),
    "source.try": N_("asked for the live market"),
}
"""Everything that is recorded, in the words of a page."""


class AuditService:
    """Records and tells; what is recorded stays. A secret never gets here."""

    def __init__(self, database: Database, clock: Clock) -> None:
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
        if action not in ACTIONS:
            raise ValueError(f"no action to record: {action}")
        entry = audit.Entry(
            at=self._clock(), name=_told(by.name), means=by.means.value, address=_told(by.address),
            action=action, target=_told(target), detail=_told(detail),
        )  # fmt: skip
        audit.add(session, entry)

    def entries(
        self,
        *,
        names: Collection[str] | None = None,
        actions: Collection[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        most: int = MOST_ENTRIES,
    ) -> pd.DataFrame:
        """What was done, the newest first; None selects everything.

        Columns at (UTC), name, means, address, action (of `ACTIONS`), target, detail. since, until:
        from the one on, and before the other.
        """
        with self._database.reading() as session:
            return audit.entries(
                session, names=names, actions=actions, since=since, until=until, most=most
            )

    def names(self) -> list[str]:
        """Everybody who ever did something, by name."""
        with self._database.reading() as session:
            return audit.names(session)


def _told(text: str) -> str:
    """Text as it is kept: one line of bounded length."""
    plain = "".join(" " if unicodedata.category(char)[0] == "C" else char for char in text)
    return plain[:MOST_CHARS]
