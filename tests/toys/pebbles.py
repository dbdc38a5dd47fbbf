"""A market that the package does not know: pebbles, told by a list, in currencies of its own."""

from __future__ import annotations

import pandas as pd

from cointracker.core.clock import Clock
from cointracker.core.errors import NotFound
from cointracker.core.settings import Settings
from cointracker.markets.declaration import Connection, Market, MarketSources
from cointracker.providers.base import CoinDetails, MarketBatch, MarketRow

NAME = "quarry"
PEBBLES = ("Agate", "Basalt", "Chert", "Diorite")


class Quarry:
    """Prices pebbles at the instant that the clock tells."""

    name = NAME

    def __init__(self, clock: Clock, currency: str) -> None:
        self._clock, self._currency = clock, currency

    def fetch_markets(self, count: int) -> MarketBatch:
        """The first `count` pebbles; each later one is smaller and has lost more."""
        now = self._clock()
        rows = tuple(
            MarketRow(
                coin_id=name.lower(),
                symbol=name[:3],
                name=name,
                updated_at=now,
                price=10.0 - place,
                volume_24h=1e6,
                volume_change_24h_pct=40.0,
                market_cap=1e9 / (place + 1),
                change_24h_pct=-float(place),
            )
            for place, name in enumerate(PEBBLES[:count])
        )
        return MarketBatch(self.name, now, self._currency, rows, ())

    def fetch_details(self, coin_id: str) -> CoinDetails:
        """It tells none."""
        raise NotFound(self.name, coin_id)

    def fetch_chart(self, coin_id: str, days: int) -> pd.DataFrame:
        """It tells none."""
        raise NotFound(self.name, f"{coin_id}, {days} days")

    def ping(self) -> None:
        """It always answers."""

    def close(self) -> None:
        """It holds nothing."""


def connect(settings: Settings, connection: Connection) -> MarketSources:
    """The quarry, in the currency that the settings ask for."""
    from cointracker.markets.settings import QUOTE_CURRENCY

    return MarketSources(Quarry(connection.clock, TOY.currency(settings[QUOTE_CURRENCY])))


TOY = Market(
    key=NAME,
    name="Pebbles",
    file="pebbles.duckdb",
    connect=connect,
    ping=lambda _settings, _connection: None,
    currencies=("chf", "sek"),
    count=lambda _settings: len(PEBBLES),
    factors=("price_change", "market_cap"),
    source_names={NAME: "The quarry"},
    attribution={NAME: "Pebbles weighed by the quarry."},
)
