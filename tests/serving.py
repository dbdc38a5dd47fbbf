"""All services of one database, as the dashboard builds them, for tests of what asks them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from cointracker.bootstrap import APP_FILE, Dashboard, duties
from cointracker.bootstrap.members import Members, members
from cointracker.jobs.scheduler import Schedule
from cointracker.services import Services
from cointracker.services.access import Mode
from cointracker.services.coin_data import CoinDataService
from cointracker.services.coins import CoinService
from cointracker.services.health import HealthService
from cointracker.services.market import MarketService
from cointracker.services.monitoring import MonitoringService
from cointracker.services.passwords import Passwords
from cointracker.services.refresh import RefreshService
from cointracker.services.retention import RetentionService
from cointracker.services.settings import SettingsService
from cointracker.services.weights import WeightsService
from cointracker.sources.base import Clock
from cointracker.storage.database import Database
from cointracker.storage.migrations import APP_STEPS
from tests.fakes import ListedSource

QUICK = Passwords(rounds=4)
"""Hashes that take no time."""


def served(
    database: Database,
    source: ListedSource,
    *,
    name: str = "listed",
    refresh: RefreshService | None = None,
    next_at: Callable[[], datetime | None] = lambda: None,
    **changes: Any,
) -> Services:
    """The services of a database that `source` fills; changes: fields of `Services`."""
    clock = source.clock
    market, known = MarketService(database), members_beside(database, clock)
    refresh = refresh or RefreshService(database, source, count=10, clock=clock)
    monitoring = MonitoringService(
        market, refresh, source=name, is_fallback=False, interval_seconds=300,
        next_at=next_at, clock=clock, audit=known.audit,
    )  # fmt: skip
    services = Services(
        market=market,
        coins=CoinService(database, market),
        weights=WeightsService(database, clock, known.audit),
        monitoring=monitoring,
        coin_data=CoinDataService(database, source, clock),
        retention=RetentionService(database, clock, history_days=7),
        health=HealthService(database, market, clock),
        settings=cast(SettingsService, None),
        accounts=known.accounts,
        sessions=known.sessions,
        tokens=known.tokens,
        audit=known.audit,
        access=lambda: Mode.PUBLIC_READ,
        try_live=lambda **_by: None,
    )
    return replace(services, **changes)


def members_beside(database: Database, clock: Clock) -> Members:
    """Users of their own, in a new file beside a market's database."""
    path = database.path.with_name(f"{secrets.token_hex(4)}-{APP_FILE}")
    return members(Database(path, APP_STEPS), clock, QUICK)


class Unscheduled(Dashboard):
    """All that a server process wires, but whoever holds it says when which job runs."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts, passwords=QUICK)
        self._schedule = Resting(duties.refresh, self._settings.update_interval_seconds)


class Resting(Schedule):
    """A schedule that never begins."""

    def start(self, first_at: datetime | None) -> None:
        """Nothing is called."""
