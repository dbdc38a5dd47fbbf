"""Builds everything and hands it in: the only place that constructs adapters."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
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
from cointracker.services.history import seed
from cointracker.services.market import MarketService
from cointracker.services.monitoring import MonitoringService
from cointracker.services.recordings import Capture
from cointracker.services.refresh import RefreshService
from cointracker.services.retention import RetentionService
from cointracker.services.snapshot import RankingOptions
from cointracker.services.weights import WeightsService
from cointracker.sources import coingecko
from cointracker.sources.base import Clock, MarketSource, utc_now
from cointracker.sources.http import Limits, new_session
from cointracker.sources.playback import PlaybackServer
from cointracker.sources.simulated import SimulatedSource
from cointracker.sources.simulated_market import SimulatedMarket
from cointracker.storage.database import Database
from cointracker.storage.refreshes import FAILED, Refresh

log = logging.getLogger(__name__)

LIVE_FILE, SIMULATED_FILE = "cointracker.duckdb", "simulated.duckdb"
PING_LIMITS = Limits(connect_seconds=3.0, read_seconds=4.0, total_seconds=5.0)
REPLAY_COUNT = coingecko.MOST_PER_PAGE


@dataclass(frozen=True)
class Workspace:
    """One database with the source that fills it."""

    database: Database
    source: MarketSource
    market: MarketService
    refresh: RefreshService

    def close(self) -> None:
        """Give back the source's connections and close the database."""
        self.source.close()
        self.database.close()


def options(settings: Settings) -> RankingOptions:
    """How snapshots are ranked under these settings."""
    return RankingOptions(
        stability_model=settings.stability_model, history_days=settings.history_days
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


def open_live(settings: Settings, clock: Clock = utc_now, *, use_proxies: bool = True) -> Workspace:
    """The live source with its own database file. Raises StorageError."""
    database = Database(settings.data_dir / LIVE_FILE)
    source = live_source(settings, clock, use_proxies=use_proxies)
    refresh = RefreshService(
        database, source, count=settings.top_coins, clock=clock, options=options(settings)
    )
    return Workspace(database, source, MarketService(database), refresh)


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
    return Workspace(database, source, MarketService(database), refresher(database, clock))


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

    def __init__(self, settings: Settings, clock: Clock = utc_now) -> None:
        self._settings = settings
        self._clock = clock
        self._schedule = Schedule(
            lambda: services().monitoring.refresh("schedule"), settings.update_interval_seconds
        )
        self._opened: list[Workspace] = []
        self._trying = threading.Lock()

    def start(self) -> None:
        """Choose a source, open its database, and begin to refresh. Raises StorageError."""
        workspace = self._open(self._choose())
        self._serve(workspace)
        self._schedule.daily("compaction", _compact, services().retention.next_at())
        self._schedule.start(self._due(workspace))

    def stop(self) -> None:
        """Finish the refresh under way and close every database."""
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
        with closing(live_source(self._settings, limits=PING_LIMITS)) as source:
            source.ping()

    def _open(self, source: str) -> Workspace:
        opener = open_simulated if source == "simulated" else open_live
        workspace = opener(self._settings, self._clock)
        self._opened.append(workspace)
        return workspace

    def _serve(self, workspace: Workspace) -> None:
        monitoring = MonitoringService(
            workspace.market,
            workspace.refresh,
            source=workspace.source.name,
            is_fallback=self._settings.source == "auto" and workspace.source.name == "simulated",
            interval_seconds=self._settings.update_interval_seconds,
            next_at=self._schedule.next_at,
            clock=self._clock,
        )
        weights = WeightsService(workspace.database, self._clock)
        retention = RetentionService(
            workspace.database, self._clock, history_days=self._settings.history_days
        )
        language = self._settings.language
        install(Services(workspace.market, weights, monitoring, retention, self.try_live, language))

    def _due(self, workspace: Workspace) -> datetime:
        """When the first refresh is due: an interval after the newest snapshot."""
        if not workspace.market.has_snapshot():
            return self._clock()
        interval = timedelta(seconds=self._settings.update_interval_seconds)
        return min(workspace.market.snapshot().at, self._clock()) + interval


def _compact() -> None:
    services().retention.compact()


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
    opener = open_simulated if settings.source == "simulated" else open_live
    workspace = opener(settings)
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
