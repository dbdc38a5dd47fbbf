"""What one server process runs: the application's database, a market, the schedule."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from cointracker.bootstrap.app_database import APP_FILE, open_app
from cointracker.bootstrap.build_services import build_app_services, build_services
from cointracker.bootstrap.features import FEATURES, MARKETS
from cointracker.bootstrap.market_runtime import MarketRuntime
from cointracker.bootstrap.open_markets import OpenMarkets
from cointracker.bootstrap.serving import Serving
from cointracker.core.clock import Clock, utc_now
from cointracker.core.events import Events
from cointracker.core.feature import APP, MARKET, FeatureSet, Job
from cointracker.core.server_settings import DATA_DIR
from cointracker.core.services import install, services
from cointracker.core.settings import Settings
from cointracker.features.accounts.accounts import AccountsService
from cointracker.features.accounts.auth_services import announce_first_admin
from cointracker.features.accounts.settings import ADMIN_PASSWORD
from cointracker.features.audit.service import AuditService
from cointracker.features.monitoring.jobs import refresh
from cointracker.features.monitoring.schedule_control import StoredScheduleControl
from cointracker.features.monitoring.service import LiveMarket
from cointracker.features.settings.service import SettingsService, stored
from cointracker.jobs.scheduler import Schedule, run_job
from cointracker.markets.declaration import Connection, Market, Policies
from cointracker.markets.settings import UPDATE_INTERVAL
from cointracker.providers.call_policy.policy import CallPolicy
from cointracker.providers.http import Limits
from cointracker.storage.database import Database
from cointracker.storage.salvage import set_aside_if_damaged


def call_policies(
    settings: Settings,
    clock: Clock = utc_now,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] | None = None,
    markets: Iterable[Market] = MARKETS,
) -> Policies:
    """What calls to each provider of all markets are held to, by the provider's name.

    sleep stands in for waits that `CallPolicy.stop` ends.
    """
    return {
        name: CallPolicy(
            name,
            call_plan.plan,
            refresh_calls=call_plan.refresh_calls,
            clock=clock,
            monotonic=monotonic,
            sleep=sleep,
        )
        for market in markets
        for name, call_plan in market.plans(settings).items()
    }


class Runtime:
    """Starts and stops everything.

    settings: the environment's. is_local: whether the server listens on this machine only. parts:
    services that stand in for those that features would build, by their class.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock = utc_now,
        policies: Policies | None = None,
        limits: Limits | None = None,
        *,
        is_local: bool = True,
        parts: Sequence[Any] = (),
        features: FeatureSet = FEATURES,
        markets: Sequence[Market] = MARKETS,
    ) -> None:
        self._given = settings
        self._clock = clock
        self._is_local = is_local
        self._parts = parts
        self._features = features
        self._markets = markets
        self._policies = policies or call_policies(settings, clock, markets=markets)
        self._events = Events()
        self._schedule = self._new_schedule()
        connection = Connection(clock, limits, policies=self._policies)
        self._opened = OpenMarkets(connection, features.migrations(MARKET))
        self._serving = Serving(markets, self._opened, self._policies, self._schedule, clock)
        self._app: Database | None = None

    def start(self) -> None:
        """Choose a market, open its database, and begin to refresh. Raises StorageError."""
        steps = self._features.migrations(APP)
        set_aside_if_damaged(self._given[DATA_DIR] / APP_FILE, self._clock(), steps)
        self._app = open_app(self._given[DATA_DIR], steps)
        try:
            self._start(self._app)
        except BaseException:
            self._app.close()
            raise

    def stop(self) -> None:
        """Finish the calls under way, but none of their waits, and close every database."""
        for policy in self._policies.values():
            policy.stop()
        for runtime in self._opened:
            runtime.coin_data.close()
        self._schedule.stop()
        install(None)
        for runtime in self._opened:
            runtime.close()
        if self._app is not None:
            self._app.close()

    def _new_schedule(self) -> Schedule:
        """The schedule of the refreshes; jobs of other features are planned when it starts."""
        return Schedule(self._refresh, self._given[UPDATE_INTERVAL])

    def _start(self, app: Database) -> None:
        settings = stored(app, self._given, self._features.settings)
        control = StoredScheduleControl(
            app, self._schedule, self._clock, self._serving.due, self._refresh
        )
        self._known = build_app_services(
            self._features,
            app,
            settings,
            self._clock,
            self._events,
            is_local=self._is_local,
            markets=self._markets,
            parts=self._parts,
        )
        accounts = self._known[AccountsService]
        announce_first_admin(accounts.first_admin(self._given[ADMIN_PASSWORD]))
        saved = SettingsService(
            app,
            self._given,
            self._clock,
            catalogue=self._features.settings,
            call_plan=self._serving.call_plan,
            apply=self._serving.apply,
            audit=self._known[AuditService],
        )
        live = LiveMarket(self._serving.try_live)
        self._known = self._known.including([control, saved, live])
        self._serving.hold_to_plans(self._given, settings)
        self._serving.begin(settings, control, self._known[AuditService], self._serve)
        self._plan_jobs()
        self._schedule.plan(None, self._serving.due()[1])
        self._schedule.start(control.first_at())

    def _serve(self, runtime: MarketRuntime, settings: Settings, interval_seconds: int) -> None:
        install(
            build_services(
                self._known,
                runtime,
                settings,
                interval_seconds,
                self._schedule,
                is_local=self._is_local,
            )
        )
        self._events.notify()

    def _refresh(self, trigger: str = "schedule") -> None:
        """A refresh of what serves, and what features do after one."""
        run_job("refresh", partial(refresh, trigger=trigger), services())
        for job in self._features.jobs.values():
            if not job.every_seconds:
                _run(job)

    def _plan_jobs(self) -> None:
        now = utc_now()
        for job in self._features.jobs.values():
            if job.every_seconds:
                self._schedule.also(
                    job.name,
                    partial(_run, job),
                    job.every_seconds,
                    first_at=job.first_at(services(), now),
                )


def _run(job: Job) -> None:
    """Do a job, by whatever serves now."""
    run_job(job.name, job.run, services())
