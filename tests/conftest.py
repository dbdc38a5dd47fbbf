"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import requests

from cointracker.sources import coingecko
from cointracker.sources.coingecko import CoinGecko
from cointracker.sources.http import Limits, new_session
from cointracker.storage.database import Database
from tests.club import Club
from tests.fakes import FakeClock, Pipeline
from tests.faults import FaultServer
from tests.recordings import recordings
from tests.replayed import Replayed, replayed

LIMITS = Limits(read_seconds=3.0, total_seconds=4.0, body_bytes=1_000_000)

hypothesis.settings.register_profile("steady", deadline=None, derandomize=True)
hypothesis.settings.load_profile("steady")


@pytest.fixture(autouse=True, scope="session")
def no_proxies() -> Iterator[None]:
    """Servers of tests are on this machine, whatever proxy it is behind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "cointracker.duckdb")
    yield database
    database.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One database for all tests of a module: a test that writes into it cleans up."""
    database = Database(tmp_path_factory.mktemp("shared") / "cointracker.duckdb")
    yield database
    database.close()


@pytest.fixture(scope="session")
def daily() -> Path:
    """The folder of the recorded daily captures."""
    return recordings() / "coingecko" / "markets_daily"


@pytest.fixture(scope="session")
def archive(daily: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replayed]:
    """All daily captures replayed, for tests that only read."""
    archive = replayed(daily, tmp_path_factory.mktemp("archive"))
    yield archive
    archive.database.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with new_session(use_proxies=False) as session:
        yield session


@pytest.fixture
def gecko(server: FaultServer, session: requests.Session, clock: FakeClock) -> CoinGecko:
    """The CoinGecko source, asking the fault server."""
    return coingecko.connect(server.url, session=session, limits=LIMITS, clock=clock)


@pytest.fixture
def club(tmp_path: Path) -> Iterator[Club]:
    club = Club(tmp_path / "club.duckdb")
    yield club
    club.database.close()


@pytest.fixture
def pipeline(database: Database, clock: FakeClock) -> Pipeline:
    return Pipeline(database, clock)
