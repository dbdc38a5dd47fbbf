"""One open market: its database with the providers that fill it, and all that asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from cointracker.core.settings import Settings
from cointracker.features.coin import store as coin_details
from cointracker.features.coin.coin_data import CoinDataService
from cointracker.features.fallback.fallback_source import FallbackSource
from cointracker.features.market.rankings import MarketService
from cointracker.features.market.snapshot_writer import RankingOptions
from cointracker.features.monitoring.refresh import RefreshService
from cointracker.features.monitoring.seeding import seed
from cointracker.features.sources.call_log import StoredCallLog
from cointracker.features.standing.service import StandingService
from cointracker.markets.declaration import Connection, Market, MarketSources
from cointracker.markets.settings import HISTORY_DAYS, QUOTE_CURRENCY, STABILITY_MODEL
from cointracker.providers.base import MarketSource
from cointracker.providers.call_policy.policy import CallPolicy
from cointracker.storage.database import Database
from cointracker.storage.migrations import Steps


@dataclass(frozen=True)
class MarketRuntime:
    """A market with its open database and what works on it.

    source: the main provider, with the fallback in its place where the market has one.
    """

    market: Market
    database: Database
    source: MarketSource
    rankings: MarketService
    refresh: RefreshService
    coin_data: CoinDataService
    fallback: FallbackSource | None = None
    standing: StandingService | None = None
    policies: tuple[CallPolicy, ...] = ()

    @property
    def parts(self) -> list[Any]:
        """What features may ask, each by its class."""
        known = (self.market, self.rankings, self.refresh, self.coin_data, self.fallback)
        return [part for part in (*known, self.standing) if part is not None]

    def let_go(self) -> None:
        """End what asks about coins and give back connections; the database stays open."""
        self.coin_data.close()
        self.source.close()
        if self.standing is not None:
            self.standing.close()

    def close(self) -> None:
        """Let go, and close the database, which keeps the calls no longer."""
        self.let_go()
        for policy in self.policies:
            policy.detach()
        self.database.close()


def open_market(
    market: Market, settings: Settings, connection: Connection, steps: Steps
) -> MarketRuntime:
    """A market with its own database file, made with its past where it begins with one.

    Raises StorageError.
    """
    path = market.path(settings, settings[QUOTE_CURRENCY])
    if not path.exists():
        _make_with_past(market, settings, connection, steps, path)
    database = Database(path, steps)
    keep_calls(database, connection)
    return assemble(market, settings, database, connection)


def keep_calls(database: Database, connection: Connection) -> None:
    """Let this database keep the calls from now on."""
    for name, policy in connection.policies.items():
        per_minute = policy.state().plan.per_minute
        policy.attach(StoredCallLog(database, name, connection.clock, per_minute))


def assemble(
    market: Market,
    settings: Settings,
    database: Database,
    connection: Connection,
    before: MarketRuntime | None = None,
) -> MarketRuntime:
    """All that works on an open database, asking as the settings say.

    before: what worked on it until now; its refreshes go on, from the next one by these settings.
    """
    sources = market.connect(settings, connection)
    source, fallback = _with_fallback(database, sources, connection)
    refresh = before.refresh if before else _refresher(market, database, sources, connection)
    refresh.use(
        source=source, count=market.count(settings), options=ranking_options(market, settings)
    )
    return MarketRuntime(
        market=market,
        database=database,
        source=source,
        rankings=before.rankings if before else MarketService(database),
        refresh=refresh,
        coin_data=CoinDataService(database, sources.main, connection.clock),
        fallback=fallback,
        standing=_standing(database, sources, connection),
        policies=tuple(connection.policies.values()),
    )


def ranking_options(market: Market, settings: Settings) -> RankingOptions:
    """How snapshots of a market are ranked under these settings."""
    return RankingOptions(
        stability_model=settings[STABILITY_MODEL],
        history_days=settings[HISTORY_DAYS],
        factors=market.factors,
    )


def _refresher(
    market: Market, database: Database, sources: MarketSources, connection: Connection
) -> RefreshService:
    return RefreshService(
        database,
        sources.main,
        count=0,
        clock=connection.clock,
        standings=sources.standings,
    )


def _with_fallback(
    database: Database, sources: MarketSources, connection: Connection
) -> tuple[MarketSource, FallbackSource | None]:
    if sources.fallback is None:
        return sources.main, None
    fallback = FallbackSource(
        database,
        sources.main,
        sources.fallback.source,
        clock=connection.clock,
        why_not=sources.fallback.why_not,
    )
    return fallback, fallback


def _standing(
    database: Database, sources: MarketSources, connection: Connection
) -> StandingService | None:
    if sources.indicators is None:
        return None
    return StandingService(
        database,
        sources.indicators,
        clock=connection.clock,
        follows=sources.main.name,
        watchlists=partial(_watchlists, database),
    )


def _watchlists(database: Database) -> Mapping[str, int]:
    with database.reading() as session:
        return coin_details.watchlists(session)


def _make_with_past(
    market: Market, settings: Settings, connection: Connection, steps: Steps, path: Path
) -> None:
    """Make the database of a market that begins with a past; of another one, nothing.

    The file is there only when all of the past is in it: a first start may be broken off.
    """
    history = market.connect(settings, connection).history
    if history is None:
        return

    def refresher(database: Database, at: Callable[[], Any]) -> RefreshService:
        then = Connection(at, connection.limits, connection.use_proxies)
        refresh = _refresher(market, database, market.connect(settings, then), then)
        refresh.use(count=market.count(settings), options=ranking_options(market, settings))
        return refresh

    with _built_beside(path, steps) as database:
        seed(database, history, partial(refresher, database), now=connection.clock())


@contextmanager
def _built_beside(path: Path, steps: Steps) -> Iterator[Database]:
    """A new database that becomes the file at `path` when the block ends well."""
    unfinished = path.with_suffix(".unfinished")
    Database(unfinished, steps).close()  # it is busy while another process builds it
    unfinished.unlink()
    database = Database(unfinished, steps)
    try:
        yield database
    finally:
        database.close()
    unfinished.rename(path)
