"""Declares the fallback provider: its table of ids, and how often they are checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cointracker.core.feature import Feature, Job
from cointracker.core.services import Services
from cointracker.features.fallback.fallback_source import FallbackSource
from cointracker.features.fallback.migrations import MIGRATIONS
from cointracker.jobs.scheduler import HOUR_SECONDS


def _recheck(services: Services) -> None:
    fallback = services.get(FallbackSource)
    if fallback is not None:
        fallback.recheck()


def _health(services: Services) -> Sequence[Any]:
    from cointracker.features.fallback.ui import cards

    return cards(services)


FALLBACK = Feature(
    name="fallback",
    migrations=MIGRATIONS,
    jobs=(Job("second source", _recheck, HOUR_SECONDS),),
    health=_health,
)
