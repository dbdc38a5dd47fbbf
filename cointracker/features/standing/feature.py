"""Declares social standing: its tables, its hourly job, its calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cointracker.core.feature import Feature, Job, Route
from cointracker.core.i18n import N_
from cointracker.core.rights import Right
from cointracker.core.services import Services
from cointracker.features.standing.migrations import MIGRATIONS
from cointracker.features.standing.service import StandingService
from cointracker.jobs.scheduler import HOUR_SECONDS


def _update(services: Services) -> None:
    standing = services.get(StandingService)
    if standing is not None:
        standing.update()


def _settle(services: Services) -> None:
    """Coins new to a refresh get their standing from what is known already."""
    standing = services.get(StandingService)
    if standing is not None:
        standing.settle()


def _routers() -> Sequence[Any]:
    from cointracker.features.standing.api import router

    return (router,)


def _health(services: Services) -> Sequence[Any]:
    from cointracker.features.standing.ui import cards

    return cards(services)


STANDING = Feature(
    name="standing",
    routes=(
        Route("GET", "/api/standing/", Right.VIEW),
        Route("POST", "/api/standing/update/", Right.WRITE),
        Route("GET", "/api/social/fetch/", Right.VIEW),
    ),
    routers=_routers,
    migrations=MIGRATIONS,
    jobs=(Job("standing", _update, HOUR_SECONDS), Job("standing after a refresh", _settle)),
    audit_actions={"standing.update": N_("requested standing")},
    health=_health,
)
