"""The simulated market, which needs no network and begins with a past."""

from __future__ import annotations

from functools import cache

from cointracker.core.i18n import N_
from cointracker.core.settings import Settings
from cointracker.markets.declaration import Connection, Market, MarketSources
from cointracker.providers.simulated.market import SimulatedMarket
from cointracker.providers.simulated.source import NAME, SimulatedSource


@cache
def _generated() -> SimulatedMarket:
    """One for all who ask: it is a pure function of the instant, and takes a second to make."""
    return SimulatedMarket()


def connect(_settings: Settings, connection: Connection) -> MarketSources:
    """The generated market at the instant that the clock tells."""
    source = SimulatedSource(clock=connection.clock, market=_generated())
    return MarketSources(source, standings=source, history=source)


def ping(_settings: Settings, _connection: Connection) -> None:
    """It always answers."""


SIMULATED = Market(
    key=NAME,
    name=N_("Simulated market"),
    file="simulated.duckdb",
    connect=connect,
    ping=ping,
    count=lambda _settings: len(_generated().coins),
    is_generated=True,
    source_names={NAME: N_("simulated market")},
)
