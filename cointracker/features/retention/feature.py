"""Declares how long history is kept: the daily compaction and its log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cointracker.core.feature import Feature, Job, ServingContext
from cointracker.core.services import Services
from cointracker.features.retention.migrations import MIGRATIONS
from cointracker.features.retention.service import RetentionService
from cointracker.jobs.scheduler import DAY_SECONDS
from cointracker.markets.declaration import Market
from cointracker.markets.settings import HISTORY_DAYS


def _services(known: Services, context: ServingContext) -> Iterable[Any]:
    yield RetentionService(
        context.database,
        known.clock,
        history_days=known.settings[HISTORY_DAYS],
        kept=known[Market].retention,
    )


RETENTION = Feature(
    name="retention",
    migrations=MIGRATIONS,
    jobs=(
        Job(
            "compaction",
            lambda services: services[RetentionService].compact(),
            DAY_SECONDS,
            first_at=lambda services, _now: services[RetentionService].next_at(),
        ),
    ),
    services=_services,
)
