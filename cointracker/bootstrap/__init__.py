"""Builds everything and hands it in: the only place that constructs adapters."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from anyio import to_thread

from cointracker.api.app import build_routes
from cointracker.api.headers import around_everything
from cointracker.api.live import wire
from cointracker.api.proxies import believe_nobody
from cointracker.bootstrap.dashboard import Dashboard
from cointracker.bootstrap.members import members, open_app
from cointracker.bootstrap.memory import keep_small
from cointracker.bootstrap.sources import live_disciplines
from cointracker.bootstrap.workspaces import (
    APP_FILE,
    LIVE_FILE,
    SIMULATED_FILE,
    live_file,
    open_live,
    open_simulated,
    simulated_file,
)
from cointracker.config import Settings
from cointracker.errors import ConfigError, SnapshotNotFound
from cointracker.services import services
from cointracker.services.accounts import AccountsService
from cointracker.services.market import MarketService
from cointracker.services.recordings import Capture
from cointracker.services.refresh import RefreshService
from cointracker.services.settings import stored
from cointracker.sources import coingecko
from cointracker.sources.playback import PlaybackServer
from cointracker.storage.database import Database
from cointracker.storage.migrations import APP_STEPS
from cointracker.storage.refreshes import Refresh

__all__ = [
    "APP_FILE", "LIVE_FILE", "SIMULATED_FILE", "Dashboard",
    "accounts", "check_settings", "in_force", "lifespan", "lifespan_where", "middleware",
    "one_refresh", "replay", "routes", "stored_market",
]  # fmt: skip

REPLAY_COUNT = coingecko.MOST_PER_PAGE


def check_settings() -> None:
    """End the process with one line when a setting cannot be used, before a server is there."""
    try:
        Settings.from_env(os.environ)
    except ConfigError as exc:
        sys.exit(f"CoinTracker cannot start. {exc}")


@asynccontextmanager
async def lifespan(_app: Any, is_local: Callable[[], bool] = lambda: False) -> AsyncIterator[None]:
    """What `streamlit run app.py` enters once: everything is built here and closed here.

    is_local: whether the server listens on this machine only.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("cointracker").setLevel(logging.INFO)
    keep_small()
    dashboard = Dashboard(Settings.from_env(os.environ), is_local=is_local())
    await to_thread.run_sync(dashboard.start)
    try:
        yield
    finally:
        await to_thread.run_sync(dashboard.stop)


def lifespan_where(
    is_local: Callable[[], bool],
) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    """The lifespan of a server that can tell whether it listens on this machine only."""
    return partial(lifespan, is_local=is_local)


def routes() -> Sequence[Any]:
    """The JSON API and the WebSocket, served beside the pages."""
    return build_routes(services, Settings.from_env(os.environ))


def middleware() -> Sequence[Any]:
    """What stands between the server and pages, API and WebSocket alike."""
    believe_nobody()
    return [wire.middleware(), *around_everything(Settings.from_env(os.environ))]


def in_force(settings: Settings) -> Settings:
    """The environment's settings with those over them that were saved in the dashboard.

    Raises StorageError, DatabaseBusy while the server runs.
    """
    path = settings.data_dir / APP_FILE
    if not path.exists():
        return settings
    with closing(Database(path, APP_STEPS)) as database:
        return stored(database, settings)


@contextmanager
def accounts(settings: Settings) -> Iterator[AccountsService]:
    """The users of a data folder, outside the server. Raises StorageError, DatabaseBusy."""
    with closing(open_app(settings.data_dir)) as database:
        yield members(database).accounts


@contextmanager
def one_refresh(settings: Settings) -> Iterator[RefreshService]:
    """The refresh of the chosen source, for one run outside the server; `auto` means live."""
    if settings.source == "simulated":
        workspace = open_simulated(settings)
    else:
        workspace = open_live(settings, disciplines=live_disciplines(settings))
    try:
        yield workspace.refresh
    finally:
        workspace.close()


@contextmanager
def stored_market(settings: Settings) -> Iterator[MarketService]:
    """What is stored, to be read outside the server: of the live market under `auto`, if any is.

    Raises SnapshotNotFound, StorageError.
    """
    live, simulated = live_file(settings), simulated_file(settings)
    is_live = settings.source == "coingecko" or (settings.source == "auto" and live.exists())
    path = live if is_live else simulated
    if not path.exists():
        raise SnapshotNotFound(f"nothing is stored yet: {path} is not there")
    with closing(Database(path)) as database:
        yield MarketService(database)


def replay(settings: Settings, captures: Sequence[Capture]) -> Iterator[Refresh]:
    """Feed captures through the real client and pipeline, the clock set to each of them."""
    now = {"at": captures[0].captured_at}
    with PlaybackServer() as server:
        local = replace(
            settings, coingecko_url=server.url, coinpaprika_url="", top_coins=REPLAY_COUNT
        )
        workspace = open_live(local, lambda: now["at"], use_proxies=False)
        try:
            for capture in captures:
                now["at"], server.body = capture.captured_at, capture.body
                yield workspace.refresh.run("replay")
        finally:
            workspace.close()
