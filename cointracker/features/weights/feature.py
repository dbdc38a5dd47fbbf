"""Declares the weights: the Weights page, the default and presets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cointracker.core.feature import Feature, Page, ServingContext
from cointracker.core.i18n import N_
from cointracker.core.rights import Right
from cointracker.core.services import Services
from cointracker.features.audit.service import AuditService
from cointracker.features.weights.service import WeightsService


def _services(known: Services, context: ServingContext) -> Iterable[Any]:
    yield WeightsService(context.database, known.clock, known[AuditService])


WEIGHTS = Feature(
    name="weights",
    pages=(Page("weights", "pages/weights.py", N_("Weights"), Right.VIEW, order=30),),
    audit_actions={
        "weights.save": N_("changed the default weights"),
        "preset.save": N_("saved a preset"),
        "preset.delete": N_("deleted a preset"),
    },
    services=_services,
)
