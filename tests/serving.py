"""All services of one database, as the server builds them, for tests of what asks them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from cointracker.bootstrap.app_database import APP_FILE
from cointracker.bootstrap.build_services import build_app_services
from cointracker.bootstrap.features import FEATURES, MARKETS
from cointracker.bootstrap.runtime import Runtime
from cointracker.core.events import Events
from cointracker.core.feature import ServingContext
from cointracker.core.rights import Mode
from cointracker.core.server_settings import DATA_DIR
from cointracker.core.services import Services, services
from cointracker.core.settings import Settings
from cointracker.features.accounts.passwords import Passwords
from cointracker.features.audit.service import AuditService
from cointracker.features.coin.coin_data import CoinDataService
from cointracker.features.market.rankings import MarketService
from cointracker.features.monitoring.refresh import RefreshService
from cointracker.features.monitoring.service import LiveMarket
from cointracker.features.settings.service import SettingsService
from cointracker.jobs.scheduler import Schedule, run_job
from cointracker.markets.crypto import call_plan
from cointracker.markets.declaration import Market, MarketSources
from cointracker.storage.database import Database
from tests.databases import app_database
from tests.fakes import ListedSource

QUICK = Passwords(rounds=4)
"""Hashes that take no time."""


def listed_market(source: ListedSource, name: str = "listed", **changes: Any) -> Market:
    """A market whose one provider is a list. changes: of its declaration."""
    return Market(
        **{
            "key": name,
            "name": name,
            "file": f"{name}.duckdb",
            "connect": lambda _settings, _connection: MarketSources(source),
            "ping": lambda _settings, _connection: source.ping(),
            "count": lambda _settings: 10,
        }
        | changes
    )


def served(
    database: Database,
    source: ListedSource,
    *,
    name: str = "listed",
    market: Market | None = None,
    refresh: RefreshService | None = None,
    next_at: Callable[[], datetime | None] = lambda: None,
    app: Database | None = None,
    given: Settings | None = None,
    apply: Callable[[Settings], None] = lambda _settings: None,
    parts: tuple[Any, ...] = (),
    **changes: Any,
) -> Services:
    """The services of a database that `source` fills.

    app: what belongs to no market, a new one if None. given: the environment's settings. parts:
    stand in for what features would build. changes: fields of `Services`.
    """
    clock, events, app = source.clock, Events(), app or app_beside(database)
    settings = (given or Settings()).replace({DATA_DIR.name: database.path.parent})
    known = build_app_services(
        FEATURES, app, settings, clock, events, is_local=True, markets=MARKETS, parts=(QUICK,)
    )
    saved = SettingsService(
        app,
        settings,
        clock,
        catalogue=FEATURES.settings,
        call_plan=call_plan,
        apply=apply,
        audit=known[AuditService],
    )
    serving = known.including(
        [
            saved,
            LiveMarket(lambda **_by: None),
            market or listed_market(source, name),
            MarketService(database),
            refresh or RefreshService(database, source, count=10, clock=clock),
            CoinDataService(database, source, clock),
        ]
    )
    context = ServingContext(database, interval_seconds=300, next_refresh_at=next_at)
    for feature in FEATURES:
        serving = serving.including(feature.services(serving, context))
    return serving.including(parts).replace(**{"mode": lambda: Mode.PUBLIC_READ} | changes)


def with_stand_in(services: Services, kind: type[Any], stand_in: object) -> Services:
    """The same with something else in the place of the service of a class."""
    return services.replace(_by_class={**services._by_class, kind: stand_in})


def app_beside(database: Database) -> Database:
    """A new database of what belongs to no market, beside a market's."""
    return app_database(database.path.with_name(f"{secrets.token_hex(4)}-{APP_FILE}"))


class Unscheduled(Runtime):
    """All that a server process wires, but whoever holds it says when which job runs."""

    def __init__(self, *parts: Any, **options: Any) -> None:
        super().__init__(*parts, **{"parts": (QUICK,)} | options)

    def _new_schedule(self) -> Schedule:
        return Resting(self._refresh, 300)

    def refresh(self) -> None:
        """As the schedule does, with what follows a refresh."""
        self._refresh()

    def do(self, name: str) -> None:
        """Another job, by its name."""
        run_job(name, self._features.jobs[name].run, services())


class Resting(Schedule):
    """A schedule that never begins."""

    def start(self, first_at: datetime | None) -> None:
        """Nothing is called."""
