"""A feature that the package does not know: notes about coins, one of each thing declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from fastapi import APIRouter
from prometheus_client.core import GaugeMetricFamily

from cointracker.api.authorise import PrincipalDep
from cointracker.api.deps import ServicesDep
from cointracker.core import parsers
from cointracker.core.feature import Feature, Job, Migration, Page, Route, ServingContext
from cointracker.core.rights import Principal, Right, require
from cointracker.core.services import Services
from cointracker.core.settings import Field, Section, Setting
from cointracker.features.audit.service import AuditService
from cointracker.storage.database import Database, Session

MAX_NOTES = Setting(
    "max_notes",
    10,
    parsers.whole(1, 100),
    "MAX_NOTES",
    field=Field("Notes to keep", "From 1 to 100."),
)
MIGRATION = Migration(
    2026112801,
    "notes",
    ("CREATE TABLE notes (noted_at TIMESTAMPTZ NOT NULL, coin_id VARCHAR NOT NULL, text VARCHAR)",),
)
ADD = "INSERT INTO notes (noted_at, coin_id, text) VALUES ($at, $coin_id, $text)"
TRIM = "DELETE FROM notes WHERE noted_at < (SELECT max(noted_at) FROM notes) - to_days($days)"


class NotesService:
    """Notes about coins."""

    def __init__(self, database: Database, audit: AuditService, services: Services) -> None:
        self._database, self._audit, self._services = database, audit, services
        self.trimmed = 0

    def all(self) -> pd.DataFrame:
        """Every note: noted_at, coin_id, text; oldest first."""
        with self._database.reading() as session:
            return session.frame("SELECT noted_at, coin_id, text FROM notes ORDER BY noted_at")

    def add(self, coin_id: str, text: str, *, by: Principal) -> None:
        """Keep one."""
        require(by, Right.WRITE)
        values = {"at": self._services.clock(), "coin_id": coin_id, "text": text}
        with self._database.transaction() as session:
            _add(session, values)
        self._audit.record(by, "note.add", coin_id)

    def trim(self) -> None:
        """Let go of what is too old."""
        with self._database.transaction() as session:
            session.execute(TRIM, {"days": self._services.settings[MAX_NOTES]})
        self.trimmed += 1


def _add(session: Session, values: dict[str, Any]) -> None:
    session.execute(ADD, values)


router = APIRouter(tags=["notes"])


@router.get("/notes/")
def listed(services: ServicesDep) -> dict[str, list[str]]:
    """All notes."""
    return {"notes": services[NotesService].all()["text"].tolist()}


@router.post("/notes/{coin}/")
def added(coin: str, services: ServicesDep, by: PrincipalDep) -> dict[str, str]:
    """A new note."""
    services[NotesService].add(coin, "by the API", by=by)
    return {"status": "success"}


@router.get("/notes/forgotten/")
def undeclared() -> dict[str, str]:
    """A call that the declaration does not name."""
    return {"status": "success"}


def _services(known: Services, context: ServingContext) -> Iterable[Any]:
    yield NotesService(context.database, known[AuditService], known)


def _metrics(services: Services) -> Iterator[Any]:
    yield GaugeMetricFamily(
        "cointracker_notes", "Notes", value=len(services[NotesService].all().index)
    )


NOTES = Feature(
    name="notes",
    pages=(
        Page(
            "notes", str(Path(__file__).with_name("notes_page.py")), "Notes", Right.VIEW, order=90
        ),
    ),
    routes=(
        Route("GET", "/api/notes/", Right.VIEW),
        Route("POST", "/api/notes/{coin}/", Right.WRITE),
    ),
    routers=lambda: (router,),
    migrations=(MIGRATION,),
    jobs=(Job("trim notes", lambda services: services[NotesService].trim(), 3_600),),
    settings=(MAX_NOTES,),
    setting_sections=(Section("Notes", (MAX_NOTES,)),),
    audit_actions={"note.add": "added a note"},
    services=_services,
    metrics=_metrics,
)
