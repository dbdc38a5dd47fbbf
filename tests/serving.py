"""All services of one database, as the dashboard builds them, for tests of what asks them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from cointracker.bootstrap import APP_FILE, Dashboard, duties
from cointracker.bootstrap.members import members
from cointracker.config import Settings
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
from cointracker.sources.coingecko import calls_for
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
    market, app = MarketService(database), app_beside(database)
    known = members(app, clock, QUICK)
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
        settings=SettingsService(
            app,
            Settings(data_dir=database.path.parent),
            clock,
            calls_for=calls_for,
            apply=lambda _settings: None,
            audit=known.audit,
        ),
        accounts=known.accounts,
        sessions=known.sessions,
        tokens=known.tokens,
        audit=known.audit,
        access=lambda: Mode.PUBLIC_READ,
        try_live=lambda **_by: None,
    )
    return replace(services, **changes)


def app_beside(database: Database) -> Database:
    """A new database of what belongs to no market, beside a market's."""
    path = database.path.with_name(f"{secrets.token_hex(4)}-{APP_FILE}")
    return Database(path, APP_STEPS)


class Unscheduled(Dashboard):
    """All that a server process wires, but whoever holds it says when which job runs."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts, passwords=QUICK)
        self._schedule = Resting(duties.refresh, self._settings.update_interval_seconds)


class Resting(Schedule):
    """A schedule that never begins."""

    def start(self, first_at: datetime | None) -> None:
        """Nothing is called."""
