"""Declares monitoring: the refreshes, their schedule, liveness, and what is pushed after each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cointracker.core.feature import Feature, Route, ServingContext, Socket
from cointracker.core.i18n import N_
from cointracker.core.rights import Right
from cointracker.core.server_settings import DATA_DIR
from cointracker.core.services import Services
from cointracker.features.audit.service import AuditService
from cointracker.features.market.rankings import MarketService
from cointracker.features.monitoring.migrations import MIGRATIONS
from cointracker.features.monitoring.refresh import RefreshService
from cointracker.features.monitoring.schedule_control import StoredScheduleControl
from cointracker.features.monitoring.service import DamagedFiles, MonitoringService
from cointracker.markets.declaration import Market
from cointracker.markets.settings import AUTO, QUOTE_CURRENCY, SOURCE, UPDATE_INTERVAL


def _routers() -> Sequence[Any]:
    from cointracker.features.monitoring.api import health, monitoring

    return (health.router, monitoring.router)


def _updates() -> Any:
    from cointracker.features.monitoring.api.coin_updates import FEED

    return FEED


def _metrics(services: Services) -> Iterator[Any]:
    from cointracker.features.monitoring.api.metrics import families

    return families(services)


def _services(known: Services, context: ServingContext) -> Iterable[Any]:
    market, settings = known[Market], known.settings
    main = next((one for one in context.policies if one.source == market.key), None)
    yield MonitoringService(
        known[MarketService],
        known[RefreshService],
        market=market,
        is_substitute=settings[SOURCE] == AUTO and market.is_generated,
        interval_seconds=context.interval_seconds,
        asked_interval_seconds=settings[UPDATE_INTERVAL],
        next_at=context.next_refresh_at,
        may_ask_at=main.may_ask_at if main else lambda: None,
        events=known.events,
        clock=known.clock,
        audit=known[AuditService],
        schedule_control=known.get(StoredScheduleControl),
        quote_currency=market.currency(settings[QUOTE_CURRENCY]),
    )
    yield DamagedFiles(settings[DATA_DIR])


MONITORING = Feature(
    name="monitoring",
    routes=(
        Route("GET", "/api/health/", Right.OPEN),
        Route("GET", "/api/monitoring/status/", Right.VIEW),
        Route("POST", "/api/monitoring/start/", Right.WRITE),
        Route("POST", "/api/monitoring/stop/", Right.WRITE),
        Route("POST", "/api/monitoring/manual-update/", Right.WRITE),
    ),
    routers=_routers,
    sockets=(Socket("/ws/coins/", Right.VIEW, _updates),),
    migrations=MIGRATIONS,
    audit_actions={
        "monitoring.start": N_("started the schedule"),
        "monitoring.stop": N_("stopped the schedule"),
        "monitoring.refresh": N_("requested a refresh"),
        "source.try": N_("requested the live market"),
    },
    services=_services,
    metrics=_metrics,
)
