"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import requests
from xdist.scheduler import LoadScopeScheduling

from cointracker.providers.coingecko import source
from cointracker.providers.coingecko.source import CoinGecko
from cointracker.providers.http import Limits, new_session
from cointracker.storage.database import Database
from tests.accounts_fixture import AccountsFixture
from tests.databases import market_database
from tests.fakes import FakeClock, Pipeline
from tests.faults import FaultServer
from tests.recordings import recordings
from tests.replayed import Replayed, replayed_once

BROWSER, OTHER_DAYS = "tests/browser/", "tests/test_other_days.py"
LIMITS = Limits(read_seconds=3.0, total_seconds=4.0, body_bytes=1_000_000)

EXAMPLES = 25
"""Of each property, with other examples each time; a thorough run takes ten times as many."""

for profile, factor in (("quick", 1), ("thorough", 10)):
    hypothesis.settings.register_profile(
        profile,
        deadline=None,
        max_examples=EXAMPLES * factor,
        print_blob=True,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )
hypothesis.settings.load_profile("quick")


class ByFile(LoadScopeScheduling):
    """A file's tests share a worker, and so do all of the browser's.

    Two browsers beside each other take more than twice as long: each draws what moves while it
    waits. Other days are long and have nothing in common.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        if path == OTHER_DAYS:
            return nodeid
        return BROWSER if path.startswith(BROWSER) else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests are slow, but for the first variant of those marked as quick."""
    seen: set[str] = set()
    for item in items:
        name = item.nodeid.partition("[")[0]
        if not name.startswith(BROWSER):
            continue
        if name in seen or item.get_closest_marker("quick") is None:
            item.add_marker(pytest.mark.slow)
        seen.add(name)


@pytest.fixture(autouse=True, scope="session")
def no_proxies() -> Iterator[None]:
    """Servers of tests are on this machine, whatever proxy it is behind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = market_database(tmp_path / "cointracker.duckdb")
    yield database
    database.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One database for all tests of a module: a test that writes into it cleans up."""
    database = market_database(tmp_path_factory.mktemp("shared") / "cointracker.duckdb")
    yield database
    database.close()


@pytest.fixture(scope="session")
def daily() -> Path:
    """The folder of the recorded daily captures."""
    return recordings() / "coingecko" / "markets_daily"


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder that all processes of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def archive(
    daily: Path, run_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Replayed]:
    """All daily captures replayed, for tests that only read."""
    archive = replayed_once(daily, run_folder / "archive", tmp_path_factory.mktemp("archive-copy"))
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
    return source.connect(server.url, session=session, limits=LIMITS, clock=clock)


@pytest.fixture
def accounts_fixture(tmp_path: Path) -> Iterator[AccountsFixture]:
    accounts_fixture = AccountsFixture(tmp_path / "club.duckdb")
    yield accounts_fixture
    accounts_fixture.database.close()


@pytest.fixture
def pipeline(database: Database, clock: FakeClock) -> Pipeline:
    return Pipeline(database, clock)
