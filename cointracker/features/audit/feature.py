"""Declares the audit log: its page, its table, its service."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cointracker.core.feature import Feature, Page
from cointracker.core.i18n import N_
from cointracker.core.rights import Right
from cointracker.core.services import Services
from cointracker.features.audit.migrations import MIGRATIONS
from cointracker.features.audit.service import AuditService


def _app_services(known: Services, database: Any) -> Iterable[Any]:
    yield AuditService(database, known.clock, known.features.audit_actions)


AUDIT = Feature(
    name="audit",
    pages=(Page("audit", "pages/audit.py", N_("Audit log"), Right.MANAGE),),
    migrations=MIGRATIONS,
    app_services=_app_services,
)
