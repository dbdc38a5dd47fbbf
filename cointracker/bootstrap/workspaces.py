"""A database with the source that fills it, and all that reads and asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from cointracker.bootstrap.sources import (
    Disciplines,
    live_source,
    second_source,
    standing_sources,
)
from cointracker.config import Settings
from cointracker.services.calls import StoredCalls
from cointracker.services.coin_data import CoinDataService
from cointracker.services.history import seed
from cointracker.services.market import MarketService
from cointracker.services.refresh import RefreshService
from cointracker.services.second_source import SourceWithSecond
from cointracker.services.snapshot import RankingOptions
from cointracker.services.standing import StandingService
from cointracker.sources.base import Clock, MarketSource, utc_now
from cointracker.sources.discipline import Discipline, disciplined
from cointracker.sources.http import Limits
from cointracker.sources.simulated import SimulatedSource
from cointracker.sources.simulated_market import SimulatedMarket
from cointracker.storage import details
from cointracker.storage.database import Database

LIVE_FILE, SIMULATED_FILE = "cointracker.duckdb", "simulated.duckdb"


@dataclass(frozen=True)
class Workspace:
    """One database with the source that fills it."""

    database: Database
    source: MarketSource
    market: MarketService
    refresh: RefreshService
    coin_data: CoinDataService
    second: SourceWithSecond | None = None
    standing: StandingService | None = None
    disciplines: tuple[Discipline, ...] = ()

    def close(self) -> None:
        """End what asks about coins, give back connections and close the database."""
        self.coin_data.close()
        self.source.close()
        if self.standing is not None:
            self.standing.close()
        for discipline in self.disciplines:
            discipline.detach()
        self.database.close()


def options(settings: Settings) -> RankingOptions:
    """How snapshots are ranked under these settings."""
    return RankingOptions(
        stability_model=settings.stability_model, history_days=settings.history_days
    )


def open_live(
    settings: Settings,
    clock: Clock = utc_now,
    *,
    disciplines: Disciplines | None = None,
    limits: Limits | None = None,
    use_proxies: bool = True,
) -> Workspace:
    """The live source, with the one that stands in for it, and its own database file.

    Calls are free without disciplines; with them, the database keeps them. limits: of a call to
    either. Raises StorageError.
    """
    database = Database(settings.data_dir / LIVE_FILE)
    held = disciplines or {}
    for name, discipline in held.items():
        most = discipline.state().plan.per_minute
        discipline.attach(StoredCalls(database, name, clock, most))
    main = live_source(settings, clock, limits, use_proxies)
    second, why_not = second_source(settings, clock, limits, use_proxies=use_proxies)
    if main.name in held:
        main = replace(main, client=disciplined(main.client, held[main.name]))
    if second is not None and second.name in held:
        second = replace(second, client=disciplined(second.client, held[second.name]))
    source = SourceWithSecond(database, main, second, clock=clock, why_not=why_not)
    social = StandingService(
        database,
        standing_sources(settings, clock, use_proxies=use_proxies),
        clock=clock,
        follows=main.name,
        watchlists=partial(_watchlists, database),
    )
    return Workspace(
        database=database,
        source=source,
        market=MarketService(database),
        refresh=RefreshService(
            database, source, count=settings.top_coins, clock=clock, options=options(settings)
        ),
        coin_data=CoinDataService(database, main, clock),
        second=source,
        standing=social,
        disciplines=tuple(held.values()),
    )


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


def holds_data(path: Path) -> bool:
    """Whether the database at `path`, if there is one, holds a snapshot. Raises StorageError."""
    if not path.exists():
        return False
    database = Database(path)
    try:
        return MarketService(database).has_snapshot()
    finally:
        database.close()


def _watchlists(database: Database) -> Mapping[str, int]:
    with database.reading() as session:
        return details.watchlists(session)


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
