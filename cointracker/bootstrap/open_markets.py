"""Which markets are open: opened, built anew by other settings, closed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from cointracker.bootstrap.market_runtime import (
    MarketRuntime,
    assemble,
    keep_calls,
    open_market,
    ranking_options,
)
from cointracker.core.settings import Settings
from cointracker.features.market.rankings import MarketService
from cointracker.markets.declaration import Connection, Market
from cointracker.markets.settings import QUOTE_CURRENCY
from cointracker.storage.database import Database
from cointracker.storage.migrations import Steps
from cointracker.storage.salvage import damages, set_aside_if_damaged


class OpenMarkets:
    """The open markets by their file. connection: how their providers are reached."""

    def __init__(self, connection: Connection, steps: Steps) -> None:
        self._connection = connection
        self._steps = steps
        self._by_path: dict[Path, MarketRuntime] = {}

    def __iter__(self) -> Iterator[MarketRuntime]:
        return iter(list(self._by_path.values()))

    def find(self, market: Market, settings: Settings) -> MarketRuntime | None:
        """The market in the currency of the settings, if it is open."""
        return self._by_path.get(market.path(settings, settings[QUOTE_CURRENCY]))

    def is_open(self, path: Path) -> bool:
        """Whether the database at `path` is open."""
        return path in self._by_path

    def open(self, market: Market, settings: Settings) -> MarketRuntime:
        """Open a market; what is damaged is set aside first. Raises StorageError."""
        self.set_aside_if_damaged(market.path(settings, settings[QUOTE_CURRENCY]))
        runtime = open_market(market, settings, self._own(market, settings), self._steps)
        self._by_path[runtime.database.path] = runtime
        return runtime

    def rebuild(
        self, runtime: MarketRuntime, settings: Settings, *, keeps_calls: bool
    ) -> MarketRuntime:
        """What works on an open database, built anew by these settings.

        keeps_calls: whether it is to keep the calls again. What there was before is still to be
        let go of.
        """
        connection = self._own(runtime.market, settings)
        if keeps_calls:
            keep_calls(runtime.database, connection)
        new = assemble(runtime.market, settings, runtime.database, connection, before=runtime)
        self._by_path[runtime.database.path] = new
        return new

    def use(self, runtime: MarketRuntime, settings: Settings) -> None:
        """Let the next refresh follow and rank as the settings say."""
        count = runtime.market.count(settings)
        runtime.refresh.use(count=count, options=ranking_options(runtime.market, settings))

    def close(self, runtime: MarketRuntime) -> None:
        """Close a market."""
        del self._by_path[runtime.database.path]
        runtime.close()

    def forget(self, path: Path) -> MarketRuntime | None:
        """Take a market out without closing it; None when it is gone already."""
        return self._by_path.pop(path, None)

    def ping(self, market: Market, settings: Settings) -> None:
        """Return when the market's provider answers. Raises SourceError when it does not."""
        market.ping(settings, self._own(market, settings))

    def holds_data(self, path: Path) -> bool:
        """Whether a database at `path` holds a snapshot. Raises StorageError."""
        if not path.exists():
            return False
        with closing(Database(path, self._steps)) as database:
            return MarketService(database).has_snapshot()

    def had_data(self, path: Path) -> bool:
        """Whether there is, or was before it was damaged, a market at `path`. Raises StorageError.

        Whoever had a market does not get an invented one.
        """
        self.set_aside_if_damaged(path)
        is_lost = any(lost.name == path.name for lost in damages(path.parent))
        return self.is_open(path) or self.holds_data(path) or is_lost

    def set_aside_if_damaged(self, path: Path) -> None:
        """Set the database at `path` aside if it is damaged. Raises StorageError."""
        if not self.is_open(path):
            set_aside_if_damaged(path, self._connection.clock(), self._steps)

    def _own(self, market: Market, settings: Settings) -> Connection:
        """How this market's providers are reached: under its own policies alone."""
        own = market.plans(settings)
        policies = {name: self._connection.policies[name] for name in own}
        known = self._connection
        return Connection(known.clock, known.limits, known.use_proxies, policies)
