"""Fixtures of the tests of what a server process builds."""

from __future__ import annotations

import shutil
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


@pytest.fixture(scope="session")
def simulated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot of the simulated market, taken an hour before noon."""
    path = tmp_path_factory.mktemp("simulated") / SIMULATED_FILE
    database = market_database(path)
    source = SimulatedSource(FakeClock(NOON - timedelta(hours=1)), SimulatedMarket())
    Pipeline(database, source.clock).take(*source.market.markets(source.clock(), 5))
    database.close()
    return path


@pytest.fixture
def settings(tmp_path: Path, server: FaultServer, simulated_file: Path) -> Settings:
    """`auto`, with CoinGecko at the fault server and simulated data of an hour ago."""
    shutil.copyfile(simulated_file, tmp_path / SIMULATED_FILE)
    return Settings(data_dir=tmp_path, coingecko_url=server.url, coinpaprika_url="")
