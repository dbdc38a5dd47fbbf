"""Which market serves, by which settings, and how another comes in its place."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from cointracker.bootstrap.market_runtime import MarketRuntime
from cointracker.bootstrap.open_markets import OpenMarkets
from cointracker.core.clock import Clock, utc_now
from cointracker.core.errors import CoinTrackerError, SourceError, SourceUnreachable
from cointracker.core.rights import Principal, Right, require
from cointracker.core.settings import Settings
from cointracker.features.audit.service import AuditService
from cointracker.features.monitoring.schedule_control import StoredScheduleControl
from cointracker.features.monitoring.store.refreshes import FAILED
from cointracker.jobs.scheduler import Schedule, log_trouble
from cointracker.markets.declaration import CallPlan, Market, Policies
from cointracker.markets.settings import AUTO, QUOTE_CURRENCY, SOURCE, UPDATE_INTERVAL
from cointracker.providers.call_policy.budget import sustainable_interval

log = logging.getLogger(__name__)

Install = Callable[[MarketRuntime, Settings, int], None]
"""Makes a market the one that serves, by some settings, refreshed each so many seconds."""


class Serving:
    """The market that serves; changed under one lock.

    markets: all there are; under `auto` the first is asked for, and the first generated one serves
    until that answers. serve: builds and installs the services.
    """

    def __init__(
        self,
        markets: Sequence[Market],
        opened: OpenMarkets,
        policies: Policies,
        schedule: Schedule,
        clock: Clock,
    ) -> None:
        self._markets = {market.key: market for market in markets}
        self._live = next(market for market in markets if not market.is_generated)
        self._generated = next(market for market in markets if market.is_generated)
        self._opened = opened
        self._policies = policies
        self._schedule = schedule
        self._clock = clock
        self._changing = threading.RLock()

    def begin(
        self,
        settings: Settings,
        control: StoredScheduleControl,
        audit: AuditService,
        serve: Install,
    ) -> None:
        """Choose a market by the settings, open it and serve it. Raises StorageError."""
        self._control, self._audit, self._install = control, audit, serve
        self.settings = settings
        self._serve(self._opened.open(self._choose(settings), settings))

    def apply(self, settings: Settings) -> None:
        """Serve by these settings from now on, without a restart.

        What is open stays open where it is still wanted; a refresh under way ends as it began. A
        market that nothing is stored of must answer first. Raises SourceError, StorageError; then
        all is as it was.
        """
        with self._changing:
            before, old = self.settings, self._serving
            undo = self.hold_to_plans(before, settings)
            try:
                new = self._runtime(settings, self._market_for(settings))
            except CoinTrackerError:
                undo()
                raise
            self.settings = settings
            self._serve(new)
            self._control.plan()
            self._retire(old, new)
            if new.standing is not None and before.differs(settings, new.market.providers):
                self._schedule.soon("standing now", partial(log_trouble, new.standing.update))

    def try_live(self, *, by: Principal) -> None:
        """Refresh once from the live market and serve it from now on.

        Does nothing when it serves already: another browser may have been quicker. Raises
        LoginNeeded, NotAllowed, SourceError.
        """
        require(by, Right.WRITE)
        with self._changing:
            if self._serving.market is self._live:
                return
            self._audit.record(by, "source.try")
            self._opened.ping(self._live, self.settings)
            runtime = self._opened.open(self._live, self.settings)
            refresh = runtime.refresh.run("manual")
            if refresh.outcome == FAILED:
                self._opened.close(runtime)
                raise SourceUnreachable(runtime.source.name, refresh.reason or "no data")
            self._serve(runtime)
            self._control.plan(utc_now() + timedelta(seconds=self._interval(runtime)))

    def call_plan(self, settings: Settings) -> CallPlan | None:
        """What the main provider of the market that settings choose allows, and a refresh takes."""
        market = self._markets.get(settings[SOURCE], self._live)
        return market.plans(settings).get(market.key)

    def due(self) -> tuple[datetime, int]:
        """When the next refresh is due, an interval after the newest snapshot; the interval."""
        runtime = self._serving
        interval = self._interval(runtime)
        if not runtime.rankings.has_snapshot():
            return self._clock(), interval
        newest = min(runtime.rankings.snapshot().at, self._clock())
        return newest + timedelta(seconds=interval), interval

    def hold_to_plans(self, before: Settings, settings: Settings) -> Callable[[], None]:
        """Hold the calls to settings that are to come into force; returns what undoes it."""
        undo = []
        for market in self._markets.values():
            is_other_account = before.differs(settings, market.account)
            for name, call_plan in market.plans(settings).items():
                is_other = name == market.key and is_other_account
                undo.append(
                    self._policies[name].hold_to(
                        call_plan.plan, call_plan.refresh_calls, is_other_account=is_other
                    )
                )

        def undo_all() -> None:
            for one in undo:
                one()

        return undo_all

    def _choose(self, settings: Settings) -> Market:
        """The market to start with; `auto` needs the live one to answer or to have data."""
        if settings[SOURCE] != AUTO:
            return self._markets[settings[SOURCE]]
        if self._opened.had_data(self._live.path(settings, settings[QUOTE_CURRENCY])):
            return self._live
        try:
            self._opened.ping(self._live, settings)
        except SourceError as exc:
            log.warning("the %s market is shown: %s", self._generated.key, exc)
            return self._generated
        return self._live

    def _market_for(self, settings: Settings) -> Market:
        """The market to serve by changed settings; under `auto` what is live stays so."""
        if settings[SOURCE] != AUTO:
            return self._markets[settings[SOURCE]]
        deciding = (*self._live.account, SOURCE, QUOTE_CURRENCY)
        serving = self._serving.market
        if serving is self._live or not self.settings.differs(settings, deciding):
            return serving
        return self._choose(settings)

    def _runtime(self, settings: Settings, market: Market) -> MarketRuntime:
        """The market by these settings: what is open of it, changed, or opened anew."""
        known = self._opened.find(market, settings)
        if known is None:
            if not market.is_generated and not self._opened.holds_data(
                market.path(settings, settings[QUOTE_CURRENCY])
            ):
                self._opened.ping(market, settings)
            return self._opened.open(market, settings)
        made_by = (*market.account, *market.providers)
        is_serving = known.database is self._serving.database
        if not market.plans(settings) or (
            is_serving and not self.settings.differs(settings, made_by)
        ):
            self._opened.use(known, settings)
            return known
        new = self._opened.rebuild(known, settings, keeps_calls=not is_serving)
        self._schedule.soon(f"let go of {id(known)}", partial(_let_go, known))
        return new

    def _retire(self, old: MarketRuntime, new: MarketRuntime) -> None:
        """Close the database that serves no more, as soon as its refresh under way has ended.

        What came in its place does not wait for that one with its own first refresh.
        """
        if old.database is new.database:
            return
        self._schedule.soon(f"close {old.database.path}", partial(self._close_unused, old))
        has_begun = new.rankings.has_snapshot()
        if old.refresh.is_running and self._control.is_started() and not has_begun:
            self._control.refresh_now()

    def _close_unused(self, old: MarketRuntime) -> None:
        old.refresh.finish()
        with self._changing:
            path = old.database.path
            if self._serving.database is old.database or not self._opened.is_open(path):
                return
            opened = self._opened.forget(path)
            if opened is not None:
                opened.let_go()
            if not self._serving.policies:
                for policy in old.policies:
                    policy.detach()
            old.database.close()

    def _serve(self, runtime: MarketRuntime) -> None:
        self._serving = runtime
        self._install(runtime, self.settings, self._interval(runtime))

    def _interval(self, runtime: MarketRuntime) -> int:
        """Seconds between refreshes: as asked, or as the main provider's calls can sustain."""
        asked = self.settings[UPDATE_INTERVAL]
        main = runtime.market.plans(self.settings).get(runtime.market.key)
        if main is None or not runtime.policies:
            return asked
        return max(asked, sustainable_interval(main.refresh_calls, main.plan))


def _let_go(runtime: MarketRuntime) -> None:
    """Let go of a market's providers when its refresh under way has ended."""
    runtime.refresh.finish()
    runtime.let_go()
