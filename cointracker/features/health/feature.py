"""Declares the Health page: how good the data is, and what it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cointracker.core.feature import Feature, Page, ServingContext
from cointracker.core.i18n import N_
from cointracker.core.rights import Right
from cointracker.core.services import Services
from cointracker.features.health.data_quality import DataQualityService
from cointracker.features.health.database_stats import DatabaseStatsService
from cointracker.features.market.rankings import MarketService
from cointracker.markets.declaration import Market


def _services(known: Services, context: ServingContext) -> Iterable[Any]:
    yield DataQualityService(
        context.database, known[MarketService], known.clock, known[Market].factors
    )
    yield DatabaseStatsService(context.database, known.clock)


def _metrics(services: Services) -> Iterator[Any]:
    from cointracker.features.health.metrics import families

    return families(services)


HEALTH = Feature(
    name="health",
    pages=(Page("health", "pages/health.py", N_("Health"), Right.VIEW, order=80),),
    services=_services,
    metrics=_metrics,
)
