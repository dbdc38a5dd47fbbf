"""Fixtures of the tests of what a server process builds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from cointracker.core.settings import Settings
from cointracker.providers.simulated.market import SimulatedMarket
from cointracker.providers.simulated.source import SimulatedSource
from tests.databases import SIMULATED_FILE, market_database
from tests.fakes import NOON, FakeClock, Pipeline
from tests.faults import (
    FaultServer,
)


@pytest.fixture
def settings(tmp_path: Path, server: FaultServer) -> Settings:
    """`auto`, with CoinGecko at the fault server and simulated data of an hour ago."""
    database = market_database(tmp_path / SIMULATED_FILE)
    source = SimulatedSource(FakeClock(NOON - timedelta(hours=1)), SimulatedMarket())
    Pipeline(database, source.clock).take(*source.market.markets(source.clock(), 5))
    database.close()
    return Settings(data_dir=tmp_path, coingecko_url=server.url, coinpaprika_url="")
