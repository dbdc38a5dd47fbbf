"""The simulated market as a source: the same shape and checks as a real one (SPEC 3.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from cointracker.sources.base import Clock, MarketBatch, utc_now
from cointracker.sources.payloads import read_markets
from cointracker.sources.simulated_market import SimulatedMarket

NAME = "simulated"


@dataclass(frozen=True)
class SimulatedSource:
    """A generated market: markets, standings and history at the instant its clock tells."""

    clock: Clock = utc_now
    market: SimulatedMarket = field(default_factory=SimulatedMarket)
    quote_currency: str = "usd"
    name: str = NAME

    def fetch_markets(self, count: int) -> MarketBatch:
        """The `count` largest simulated coins."""
        now = self.clock()
        markets, rejections = read_markets(self.market.markets(now, count), now)
        return MarketBatch(self.name, now, self.quote_currency, markets, rejections)

    def fetch_standings(self) -> Mapping[str, float]:
        """Social standing by coin id, 1 = best."""
        return {coin: float(place) for coin, place in self.market.standings(self.clock()).items()}

    def fetch_history(self, hours: int) -> pd.DataFrame:
        """Hourly figures up to now; see `HistorySource`."""
        return self.market.history(self.clock(), hours)

    def ping(self) -> None:
        """A simulated market always answers."""

    def close(self) -> None:
        """Nothing to give back."""
