"""What the command line does without a server: it builds the few things that each command needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from cointracker.bootstrap.app_database import APP_FILE, open_app
from cointracker.bootstrap.features import FEATURES, MARKETS
from cointracker.bootstrap.market_runtime import open_market
from cointracker.bootstrap.runtime import call_policies
from cointracker.core.clock import utc_now
from cointracker.core.errors import SnapshotNotFound
from cointracker.core.feature import APP, MARKET
from cointracker.core.server_settings import DATA_DIR
from cointracker.core.settings import Settings
from cointracker.features.accounts.accounts import AccountsService
from cointracker.features.accounts.auth_services import auth_services
from cointracker.features.audit.service import AuditService
from cointracker.features.market.rankings import MarketService
from cointracker.features.monitoring.recordings import Capture
from cointracker.features.monitoring.refresh import RefreshService
from cointracker.features.monitoring.store.refreshes import Refresh
from cointracker.features.settings.service import stored
from cointracker.markets.crypto import CRYPTO, FALLBACK_URL, URL
from cointracker.markets.declaration import Connection, Market
from cointracker.markets.settings import AUTO, QUOTE_CURRENCY, SOURCE, TOP_COINS
from cointracker.providers.coingecko.source import MAX_PER_PAGE
from cointracker.providers.playback import PlaybackServer
from cointracker.storage.database import Database

STEPS = FEATURES.migrations(MARKET)


def in_force(settings: Settings) -> Settings:
    """The environment's settings with those over them that were saved in the dashboard.

    Raises StorageError, DatabaseBusy while the server runs.
    """
    path = settings[DATA_DIR] / APP_FILE
    if not path.exists():
        return settings
    with closing(Database(path, FEATURES.migrations(APP))) as database:
        return stored(database, settings, FEATURES.settings)


@contextmanager
def accounts(settings: Settings) -> Iterator[AccountsService]:
    """The users of a data folder, outside the server. Raises StorageError, DatabaseBusy."""
    with closing(open_app(settings[DATA_DIR], FEATURES.migrations(APP))) as database:
        audit = AuditService(database, utc_now, FEATURES.audit_actions)
        yield auth_services(database, audit).accounts


@contextmanager
def one_refresh(settings: Settings) -> Iterator[RefreshService]:
    """The refresh of the chosen market, for one run outside the server; `auto` means live."""
    market = _chosen(settings)
    policies = call_policies(settings, markets=(market,))
    runtime = open_market(market, settings, Connection(policies=policies), STEPS)
    try:
        yield runtime.refresh
    finally:
        runtime.close()


@contextmanager
def stored_market(settings: Settings) -> Iterator[MarketService]:
    """What is stored, to be read outside the server: of the live market under `auto`, if any is.

    Raises SnapshotNotFound, StorageError.
    """
    paths = [market.path(settings, settings[QUOTE_CURRENCY]) for market in MARKETS]
    if settings[SOURCE] == AUTO:
        path = next((path for path in paths if path.exists()), paths[-1])
    else:
        path = _chosen(settings).path(settings, settings[QUOTE_CURRENCY])
    if not path.exists():
        raise SnapshotNotFound(f"nothing is stored yet: {path} is not there")
    with closing(Database(path, STEPS)) as database:
        yield MarketService(database)


def replay(settings: Settings, captures: Sequence[Capture]) -> Iterator[Refresh]:
    """Feed captures through the real client and pipeline, the clock set to each of them."""
    now = {"at": captures[0].captured_at}
    with PlaybackServer() as server:
        local = settings.replace(
            {URL.name: server.url, FALLBACK_URL.name: "", TOP_COINS.name: MAX_PER_PAGE}
        )
        connection = Connection(lambda: now["at"], use_proxies=False)
        runtime = open_market(CRYPTO, local, connection, STEPS)
        try:
            for capture in captures:
                now["at"], server.body = capture.captured_at, capture.body
                yield runtime.refresh.run("replay")
        finally:
            runtime.close()


def _chosen(settings: Settings) -> Market:
    """The market that the settings name; the first that is not generated under `auto`."""
    if settings[SOURCE] == AUTO:
        return next(market for market in MARKETS if not market.is_generated)
    return next(market for market in MARKETS if market.key == settings[SOURCE])
