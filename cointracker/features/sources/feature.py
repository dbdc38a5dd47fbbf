"""Declares the log of calls to providers, and the health of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cointracker.core.feature import Feature, ServingContext
from cointracker.core.services import Services
from cointracker.features.sources.migrations import MIGRATIONS
from cointracker.features.sources.source_health import SourcesService
from cointracker.markets.declaration import Market


def _services(known: Services, context: ServingContext) -> Iterable[Any]:
    plans = known[Market].plans(known.settings)
    yield SourcesService(
        context.database,
        context.policies,
        {name: plan.interval for name, plan in plans.items()},
        context.interval_seconds,
        known.clock,
    )


def _metrics(services: Services) -> Iterator[Any]:
    from cointracker.features.sources.metrics import families

    return families(services)


def _health(services: Services) -> Sequence[Any]:
    from cointracker.features.sources.ui import cards

    return cards(services)


SOURCES = Feature(
    name="sources",
    migrations=MIGRATIONS,
    services=_services,
    metrics=_metrics,
    health=_health,
)
