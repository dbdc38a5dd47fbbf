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
from cointracker.sources.discipline import Discipline
from cointracker.sources.disciplined import disciplined
from cointracker.sources.http import Limits
from cointracker.sources.simulated import SimulatedSource
from cointracker.sources.simulated_market import SimulatedMarket
from cointracker.storage import details
from cointracker.storage.database import Database

LIVE_FILE, SIMULATED_FILE = "cointracker.duckdb", "simulated.duckdb"
APP_FILE = "cointracker-app.duckdb"


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

    def let_go(self) -> None:
        """End what asks about coins and give back connections; the database stays open."""
        self.coin_data.close()
        self.source.close()
        if self.standing is not None:
            self.standing.close()

    def close(self) -> None:
        """Let go, and close the database, which keeps the calls no longer."""
        self.let_go()
        for discipline in self.disciplines:
            discipline.detach()
        self.database.close()


def live_file(settings: Settings) -> Path:
    """The database of the live market: one a quote currency, for prices of two never mix."""
    currency = settings.quote_currency
    name = LIVE_FILE if currency == "usd" else LIVE_FILE.replace(".", f"-{currency}.", 1)
    return settings.data_dir / name


def simulated_file(settings: Settings) -> Path:
    """The database of the simulated market."""
    return settings.data_dir / SIMULATED_FILE


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
    database = Database(live_file(settings))
    held = disciplines or {}
    keep_calls(database, held, clock)
    return live_parts(
        settings, database, clock, disciplines=held, limits=limits, use_proxies=use_proxies
    )


def keep_calls(database: Database, disciplines: Disciplines, clock: Clock) -> None:
    """Let this database keep the calls from now on."""
    for name, discipline in disciplines.items():
        most = discipline.state().plan.per_minute
        discipline.attach(StoredCalls(database, name, clock, most))


def live_parts(
    settings: Settings,
    database: Database,
    clock: Clock = utc_now,
    *,
    disciplines: Disciplines,
    limits: Limits | None = None,
    use_proxies: bool = True,
    before: Workspace | None = None,
) -> Workspace:
    """All that works on an open database of the live market, asking as the settings say.

    before: what worked on it until now; its refreshes go on, from the next one by these settings.
    """
    held = disciplines
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
    refresh = (
        before.refresh
        if before
        else RefreshService(database, source, count=settings.top_coins, clock=clock)
    )
    refresh.use(source=source, count=settings.top_coins, options=options(settings))
    return Workspace(
        database=database,
        source=source,
        market=before.market if before else MarketService(database),
        refresh=refresh,
        coin_data=CoinDataService(database, main, clock),
        second=source,
        standing=social,
        disciplines=tuple(held.values()),
    )


def open_simulated(settings: Settings, clock: Clock = utc_now) -> Workspace:
    """The simulated market with its own database file. Raises StorageError.

    The file is there only when all the history is in it: a first start may be broken off.
    """
    path, market = simulated_file(settings), SimulatedMarket()
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
