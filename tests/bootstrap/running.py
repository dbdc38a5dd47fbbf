"""A runtime that is started over CoinGecko played by the fault server, and what it tells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cointracker.bootstrap.runtime import Runtime, call_policies
from cointracker.core.rights import SYSTEM
from cointracker.core.server_settings import DATA_DIR
from cointracker.core.services import services
from cointracker.core.settings import Settings
from cointracker.features.monitoring.service import (
    MonitoringService,
    Status,
)
from tests.databases import LIVE_FILE, market_database
from tests.fakes import FakeClock, FakeTime, Pipeline, row
from tests.faults import (
    FaultServer,
    Reply,
    json_reply,
)
from tests.serving import QUICK

MARKETS = json_reply([row("bitcoin", 70_000.0), row("ether", 2_000.0)])
PONG = json_reply({"gecko_says": "(V3) To the Moon!"})


def answers(server: FaultServer, ping: Reply = PONG, markets: Reply = MARKETS) -> None:
    server.answer = lambda request: ping if request.path == "/ping" else markets


def asked(server: FaultServer) -> list[str]:
    return [request.path for request in server.requests]


def with_live_data(settings: Settings, clock: FakeClock) -> None:
    """Let the live database hold a snapshot of the clock's instant."""
    database = market_database(settings[DATA_DIR] / LIVE_FILE)
    Pipeline(database, clock).take(row("bitcoin", 65_000.0))
    database.close()


@contextmanager
def running(settings: Settings, clock: FakeClock) -> Iterator[Runtime]:
    """A runtime that is started, and has done its first refresh."""
    time = FakeTime()
    policies = call_policies(settings, clock, monotonic=time, sleep=time.sleep)
    runtime = Runtime(settings, clock, policies, parts=(QUICK,))
    runtime.start()
    try:
        services()[MonitoringService].refresh("manual", by=SYSTEM)
        yield runtime
    finally:
        runtime.stop()


def status() -> Status:
    return services()[MonitoringService].status()


def names_in(settings: Settings, file: str) -> set[str]:
    database = market_database(settings[DATA_DIR] / file)
    with database.reading() as session:
        names = session.frame("SELECT DISTINCT source FROM observations")["source"]
    database.close()
    return set(names)


def live_with(settings: Settings, **changes: str) -> Settings:
    return settings.replace({"source": "coingecko", **changes})
