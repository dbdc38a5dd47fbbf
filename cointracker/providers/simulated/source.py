"""The simulated market as a source: the same shape and checks as a real one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from cointracker.core.clock import Clock, utc_now
from cointracker.core.errors import NotFound
from cointracker.core.i18n import N_
from cointracker.providers.base import CoinDetails, MarketBatch
from cointracker.providers.markets import read_markets
from cointracker.providers.simulated.market import SimulatedMarket

NAME = "simulated"
INVENTED = N_("This coin is invented: its price, its volume and its history are simulated.")
FINE_DAYS = 90


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

    def fetch_details(self, coin_id: str) -> CoinDetails:
        """That the coin is invented. Raises NotFound for a coin that was never listed."""
        self._check(coin_id)
        return CoinDetails(coin_id, self.name, self.clock(), INVENTED)

    def fetch_chart(self, coin_id: str, days: int) -> pd.DataFrame:
        """A coin's past `days`, hourly up to 90 of them, else at each midnight (UTC) and now.

        Columns as in `HistorySource.fetch_history`. Raises NotFound.
        """
        self._check(coin_id)
        chart = self.market.history(self.clock(), days * 24, coin_id)
        is_kept = (chart["observed_at"].dt.hour == 0) | (chart.index == len(chart) - 1)
        return chart if days <= FINE_DAYS else chart[is_kept].reset_index(drop=True)

    def _check(self, coin_id: str) -> None:
        if all(coin.coin_id != coin_id for coin in self.market.coins):
            raise NotFound(self.name, N_("no such coin"))

    def ping(self) -> None:
        """A simulated market always answers."""

    def close(self) -> None:
        """Nothing to give back."""
