"""Builds everything and hands it in: the only place that constructs adapters."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from anyio import to_thread

from cointracker.api.routes import build_routes
from cointracker.config import Settings
from cointracker.errors import ConfigError, SourceError, SourceUnreachable
from cointracker.jobs.scheduler import Schedule
from cointracker.services import Services, install, services
from cointracker.services.calls import SourceHealth, SourceWatch, StoredCalls
from cointracker.services.coin_data import CoinDataService
from cointracker.services.coins import CoinService
from cointracker.services.history import seed
from cointracker.services.market import MarketService
from cointracker.services.monitoring import MonitoringService
from cointracker.services.recordings import Capture
from cointracker.services.refresh import RefreshService
from cointracker.services.snapshot import RankingOptions
from cointracker.services.weights import WeightsService
from cointracker.sources import coingecko
from cointracker.sources.base import Clock, MarketSource, utc_now
from cointracker.sources.budget import PLANS, Plan, sustainable_interval
from cointracker.sources.discipline import ONCE, Discipline, disciplined
from cointracker.sources.http import Limits, new_session
from cointracker.sources.playback import PlaybackServer
from cointracker.sources.simulated import SimulatedSource
from cointracker.sources.simulated_market import SimulatedMarket
from cointracker.storage.database import Database
from cointracker.storage.refreshes import FAILED, Refresh

log = logging.getLogger(__name__)

LIVE_FILE, SIMULATED_FILE = "cointracker.duckdb", "simulated.duckdb"
PING_LIMITS = Limits(connect_seconds=3.0, read_seconds=4.0, total_seconds=5.0)
GATHER, GATHER_SECONDS, GATHER_COINS = "gather", 600, 10
GATHER_FIRST_AFTER = timedelta(minutes=1)
REPLAY_COUNT = coingecko.MOST_PER_PAGE


@dataclass(frozen=True)
class Workspace:
    """One database with the source that fills it."""

    database: Database
    source: MarketSource
    market: MarketService
    refresh: RefreshService
    coin_data: CoinDataService
    discipline: Discipline | None = None

    def close(self) -> None:
        """End what asks about coins, give back connections and close the database."""
        self.coin_data.close()
        self.source.close()
        if self.discipline is not None:
            self.discipline.detach()
        self.database.close()


def options(settings: Settings) -> RankingOptions:
    """How snapshots are ranked under these settings."""
    return RankingOptions(
        stability_model=settings.stability_model, history_days=settings.history_days
    )


def live_plan(settings: Settings) -> Plan:
    """The calls that CoinGecko allows: the plan's, or what the settings say instead."""
    plan = PLANS[settings.coingecko_plan]
    return Plan(
        per_minute=settings.coingecko_calls_per_minute or plan.per_minute,
        per_month=settings.coingecko_calls_per_month or plan.per_month,
    )


def live_interval(settings: Settings) -> int:
    """Seconds between refreshes of the live source: as asked, or as its plan can sustain."""
    calls = coingecko.calls_for(settings.top_coins)
    sustainable = sustainable_interval(calls, live_plan(settings))
    return max(settings.update_interval_seconds, sustainable)


def live_discipline(
    settings: Settings,
    clock: Clock = utc_now,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] | None = None,
) -> Discipline:
    """What calls to CoinGecko are held to; `sleep` stands in for waits that `stop` ends."""
    return Discipline(
        coingecko.NAME,
        live_plan(settings),
        refresh_calls=coingecko.calls_for(settings.top_coins),
        clock=clock,
        monotonic=monotonic,
        sleep=sleep,
    )


def live_source(
    settings: Settings,
    clock: Clock = utc_now,
    limits: Limits | None = None,
    use_proxies: bool = True,
) -> coingecko.CoinGecko:
    """CoinGecko as the settings say."""
    return coingecko.connect(
        settings.coingecko_url,
        key=settings.coingecko_key,
        plan=settings.coingecko_plan,
        quote_currency=settings.quote_currency,
        session=new_session(use_proxies=use_proxies),
        limits=limits,
        clock=clock,
    )


def open_live(
    settings: Settings,
    clock: Clock = utc_now,
    *,
    discipline: Discipline | None = None,
    use_proxies: bool = True,
) -> Workspace:
    """The live source with its own database file. Raises StorageError.

    Calls are free without a discipline; with one, the database keeps them.
    """
    database = Database(settings.data_dir / LIVE_FILE)
    source = live_source(settings, clock, use_proxies=use_proxies)
    if discipline is not None:
        discipline.attach(StoredCalls(database, source.name, clock, live_plan(settings).per_minute))
        source = replace(source, client=disciplined(source.client, discipline))
    refresh = RefreshService(
        database, source, count=settings.top_coins, clock=clock, options=options(settings)
    )
    coin_data = CoinDataService(database, source, clock)
    market = MarketService(database)
    return Workspace(database, source, market, refresh, coin_data, discipline)


def open_simulated(settings: Settings, clock: Clock = utc_now) -> Workspace:
    """The simulated market with its own database file. Raises StorageError.

    The file is there only when all the history is in it: a first start may be broken off.
    """
    path, market = settings.data_dir / SIMULATED_FILE, SimulatedMarket()
    source = SimulatedSource(clock=clock, market=market)

    def refresher(database: Database, at: Clock) -> RefreshService:
        then = SimulatedSource(clock=at, market=market)
        return RefreshService(
            database, then, count=len(market.coins), clock=at,
            options=options(settings), standings=then,
        )  # fmt: skip

    if not path.exists():
        with _built_beside(path) as database:
            seed(database, source, partial(refresher, database), now=clock())
    database = Database(path)
    coin_data = CoinDataService(database, source, clock)
    refresh = refresher(database, clock)
    return Workspace(database, source, MarketService(database), refresh, coin_data)


@contextmanager
def _built_beside(path: Path) -> Iterator[Database]:
    """A new database that becomes the file at `path` when the block ends well."""
    unfinished = path.with_suffix(".unfinished")
    Database(unfinished).close()  # it is busy while another process builds it
    unfinished.unlink()
    database = Database(unfinished)
    try:
        yield database
    finally:
        database.close()
    unfinished.rename(path)


class Dashboard:
    """What one server process runs: a workspace, the schedule, and the way back to the market."""

    def __init__(
        self, settings: Settings, clock: Clock = utc_now, discipline: Discipline | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._discipline = discipline or live_discipline(settings, clock)
        self._schedule = Schedule(
            lambda: services().monitoring.refresh("schedule"), settings.update_interval_seconds
        )
        self._opened: list[Workspace] = []
        self._trying = threading.Lock()

    def start(self) -> None:
        """Choose a source, open its database, and begin to refresh. Raises StorageError."""
        workspace = self._open(self._choose())
        self._serve(workspace)
        self._schedule.also(
            GATHER, _gather, GATHER_SECONDS, first_at=utc_now() + GATHER_FIRST_AFTER
        )
        self._schedule.start(self._due(workspace))

    def stop(self) -> None:
        """Finish the calls under way, but none of their waits, and close every database."""
        self._discipline.stop()
        for workspace in self._opened:
            workspace.coin_data.close()
        self._schedule.stop()
        install(None)
        for workspace in self._opened:
            workspace.close()

    def try_live(self) -> None:
        """Refresh once from the live source and serve it from now on. Raises SourceError.

        Does nothing when it serves already: another browser may have been quicker.
        """
        with self._trying:
            if any(workspace.source.name == coingecko.NAME for workspace in self._opened):
                return
            self._ping()
            workspace = self._open("coingecko")
            refresh = workspace.refresh.run("manual")
            if refresh.outcome == FAILED:
                self._opened.remove(workspace)
                workspace.close()
                raise SourceUnreachable(coingecko.NAME, refresh.reason or "no data")
            self._serve(workspace)

    def _choose(self) -> str:
        """The source to start with; `auto` needs an answer from CoinGecko or data of its own."""
        if self._settings.source != "auto":
            return self._settings.source
        if _holds_data(self._settings.data_dir / LIVE_FILE):
            return "coingecko"
        try:
            self._ping()
        except SourceError as exc:
            log.warning("the simulated market is shown: %s", exc)
            return "simulated"
        return "coingecko"

    def _ping(self) -> None:
        """One call, never repeated; until there is a database its cost is kept in memory."""
        with closing(live_source(self._settings, limits=PING_LIMITS)) as source:
            replace(source, client=disciplined(source.client, self._discipline, ONCE)).ping()

    def _open(self, source: str) -> Workspace:
        if source == "simulated":
            workspace = open_simulated(self._settings, self._clock)
        else:
            workspace = open_live(self._settings, self._clock, discipline=self._discipline)
        self._opened.append(workspace)
        return workspace

    def _serve(self, workspace: Workspace) -> None:
        interval = self._interval(workspace)
        self._schedule.set_interval(interval)
        monitoring = MonitoringService(
            workspace.market,
            workspace.refresh,
            source=workspace.source.name,
            is_fallback=self._settings.source == "auto" and workspace.source.name == "simulated",
            interval_seconds=interval,
            asked_interval_seconds=self._settings.update_interval_seconds,
            next_at=self._schedule.next_at,
            clock=self._clock,
        )
        weights = WeightsService(workspace.database, self._clock)
        install(
            Services(
                market=workspace.market,
                coins=CoinService(workspace.database, workspace.market),
                weights=weights,
                monitoring=monitoring,
                coin_data=workspace.coin_data,
                try_live=self.try_live,
                language=self._settings.language,
                sources=partial(_health, workspace, interval, self._clock),
            )
        )

    def _interval(self, workspace: Workspace) -> int:
        """Seconds between refreshes: as asked, or as the source's calls can sustain."""
        if workspace.discipline is None:
            return self._settings.update_interval_seconds
        return live_interval(self._settings)

    def _due(self, workspace: Workspace) -> datetime:
        """When the first refresh is due: an interval after the newest snapshot."""
        if not workspace.market.has_snapshot():
            return self._clock()
        interval = timedelta(seconds=self._interval(workspace))
        return min(workspace.market.snapshot().at, self._clock()) + interval


def _gather() -> None:
    """Ask about coins in the background, whichever source serves."""
    services().coin_data.gather(GATHER_COINS)


def _health(workspace: Workspace, interval: int, clock: Clock) -> tuple[SourceHealth, ...]:
    if workspace.discipline is None:
        return ()
    return (SourceWatch(workspace.database, workspace.discipline, interval, clock).health(),)


def _holds_data(path: Path) -> bool:
    if not path.exists():
        return False
    database = Database(path)
    try:
        return MarketService(database).has_snapshot()
    finally:
        database.close()


def check_settings() -> None:
    """End the process with one line when a setting cannot be used, before a server is there."""
    try:
        Settings.from_env(os.environ)
    except ConfigError as exc:
        sys.exit(f"CoinTracker cannot start. {exc}")


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """What `streamlit run app.py` enters once: everything is built here and closed here."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("cointracker").setLevel(logging.INFO)
    dashboard = Dashboard(Settings.from_env(os.environ))
    await to_thread.run_sync(dashboard.start)
    try:
        yield
    finally:
        await to_thread.run_sync(dashboard.stop)


def routes() -> Sequence[Any]:
    """The JSON API, served beside the pages."""
    return build_routes(services)


@contextmanager
def one_refresh(settings: Settings) -> Iterator[RefreshService]:
    """The refresh of the chosen source, for one run outside the server; `auto` means live."""
    if settings.source == "simulated":
        workspace = open_simulated(settings)
    else:
        workspace = open_live(settings, discipline=live_discipline(settings))
    try:
        yield workspace.refresh
    finally:
        workspace.close()


def replay(settings: Settings, captures: Sequence[Capture]) -> Iterator[Refresh]:
    """Feed captures through the real client and pipeline, the clock set to each of them."""
    now = {"at": captures[0].captured_at}
    with PlaybackServer() as server:
        local = replace(settings, coingecko_url=server.url, top_coins=REPLAY_COUNT)
        workspace = open_live(local, lambda: now["at"], use_proxies=False)
        try:
            for capture in captures:
                now["at"], server.body = capture.captured_at, capture.body
                yield workspace.refresh.run("replay")
        finally:
            workspace.close()
