"""Which market serves, when it is refreshed first, and the way to the live one."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from cointracker.bootstrap.runtime import Runtime
from cointracker.core.clock import utc_now
from cointracker.core.errors import LoginNeeded, NotAllowed, SourceUnreachable
from cointracker.core.rights import NOBODY, SYSTEM
from cointracker.core.server_settings import DATA_DIR
from cointracker.core.services import services
from cointracker.core.settings import Settings
from cointracker.features.coin.coin_data import CoinDataService
from cointracker.features.market.rankings import MarketService
from cointracker.features.monitoring.service import (
    LiveMarket,
    MonitoringService,
)
from tests.bootstrap.running import (
    MARKETS,
    PONG,
    answers,
    asked,
    names_in,
    running,
    status,
    with_live_data,
)
from tests.databases import LIVE_FILE, SIMULATED_FILE, market_database
from tests.fakes import VIEWER, FakeClock, row
from tests.faults import (
    HTML,
    NO_ANSWER,
    FaultServer,
    Reply,
    closed_port,
    held_by_another_process,
    json_reply,
    wait_until_in,
)

# Which market


def test_auto_begins_live_when_coingecko_answers(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server)
    with running(settings, clock):
        assert (status().source, status().is_simulated, status().is_substitute) == (
            "coingecko",
            False,
            False,
        )
        assert set(services()[MarketService].ranking().frame["coin_id"]) == {"bitcoin", "ether"}
    assert asked(server)[0] == "/ping"


@pytest.mark.parametrize(
    "ping",
    [NO_ANSWER, Reply(b"", 429), Reply(b"", 503), HTML],
    ids=["no answer", "wait", "out of order", "web page"],
)
def test_auto_begins_simulated_when_it_does_not(
    settings: Settings, server: FaultServer, clock: FakeClock, ping: Reply
) -> None:
    answers(server, ping)
    with running(settings, clock):
        assert (status().source, status().is_simulated, status().is_substitute) == (
            "simulated",
            True,
            True,
        )
        assert status().age_seconds == 0
        assert len(services()[MarketService].ranking().frame) == 250
    assert asked(server) == ["/ping"]
    assert not (settings[DATA_DIR] / LIVE_FILE).exists()
    assert names_in(settings, SIMULATED_FILE) == {"listed", "simulated"}


def test_auto_keeps_to_live_data_however_old(settings: Settings, clock: FakeClock) -> None:
    with_live_data(settings, clock)
    clock.move(hours=5)
    with closed_port() as url, running(settings.replace({"coingecko_url": url}), clock):
        now = status()
        assert (now.source, now.is_failing, now.is_late) == ("coingecko", True, True)
        assert now.age_seconds == 5 * 3600
        assert (now.last and now.last.reason) == "no connection"
        assert services()[MarketService].ranking().frame["price"].tolist() == [65_000.0]


def test_a_live_database_without_a_snapshot_is_no_data(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    market_database(settings[DATA_DIR] / LIVE_FILE).close()
    answers(server, ping=NO_ANSWER)
    with running(settings, clock):
        assert status().source == "simulated"


@pytest.mark.parametrize("source", ["simulated", "coingecko"])
def test_a_source_that_is_set_is_not_asked_first(
    settings: Settings, server: FaultServer, clock: FakeClock, source: str
) -> None:
    answers(server)
    with running(settings.replace({"source": source}), clock):
        assert (status().source, status().is_substitute) == (source, False)
    assert "/ping" not in asked(server)


# When the first refresh is due


def test_the_first_refresh_is_due_an_interval_after_the_last_snapshot(
    settings: Settings, server: FaultServer
) -> None:
    clock = FakeClock(utc_now() - timedelta(seconds=60))
    with_live_data(settings, clock)
    runtime = Runtime(settings)
    runtime.start()
    assert status().next_at == clock() + timedelta(seconds=300)
    runtime.stop()
    assert asked(server) == []


def test_a_snapshot_from_the_future_does_not_stop_the_clock(
    settings: Settings, server: FaultServer
) -> None:
    answers(server)
    with_live_data(settings, FakeClock(utc_now() + timedelta(days=30)))
    runtime = Runtime(settings)
    runtime.start()
    due = status().next_at
    runtime.stop()
    assert due is not None
    assert due <= utc_now() + timedelta(seconds=300)


# The way to the live market


@pytest.mark.parametrize(
    ("ping", "markets", "reason"),
    [
        (NO_ANSWER, MARKETS, "no connection"),
        (PONG, Reply(b"", 503), "an empty response (503)"),
        (PONG, json_reply([row("bad", -1)]), "no usable row of 1"),
    ],
)
def test_trying_the_live_source_in_vain(
    settings: Settings,
    server: FaultServer,
    clock: FakeClock,
    ping: Reply,
    markets: Reply,
    reason: str,
) -> None:
    answers(server, ping=NO_ANSWER)
    with running(settings.replace({"coingecko_calls_per_minute": 25}), clock):
        before = services()
        answers(server, ping, markets)
        with pytest.raises(SourceUnreachable, match="coingecko: ") as caught:
            services()[LiveMarket].try_now(by=SYSTEM)
        assert reason in caught.value.problem
        assert services() is before
        with held_by_another_process(settings[DATA_DIR] / LIVE_FILE):
            assert status().source == "simulated"
        answers(server)
        services()[LiveMarket].try_now(by=SYSTEM)
        assert status().source == "coingecko"


def test_trying_the_live_source_with_success(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server, ping=NO_ANSWER)
    with running(settings, clock):
        simulated = services()[MarketService]
        instants = simulated.instants()
        answers(server)
        services()[LiveMarket].try_now(by=SYSTEM)
        now = status()
        assert (now.source, now.is_simulated, now.is_substitute) == ("coingecko", False, False)
        assert (now.is_failing, now.age_seconds) == (False, 0)
        clock.move(minutes=5)
        services()[MonitoringService].refresh("schedule", by=SYSTEM)
        assert len(services()[MarketService].instants()) == 2
        assert simulated.instants().equals(instants)
    assert names_in(settings, LIVE_FILE) == {"coingecko"}
    assert names_in(settings, SIMULATED_FILE) == {"listed", "simulated"}


def test_two_readers_who_try_at_once_make_one_refresh(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server, ping=NO_ANSWER)
    with running(settings, clock):
        released = threading.Event()
        answers(server, markets=replace(MARKETS, until=released))
        server.requests.clear()
        tries = partial(services()[LiveMarket].try_now, by=SYSTEM)
        threads = [threading.Thread(target=tries) for _reader in range(2)]
        threads[0].start()
        while server.arrival().path != "/coins/markets":
            pass
        threads[1].start()
        wait_until_in("try_live", threads[1])
        released.set()
        for thread in threads:
            thread.join()
        services()[LiveMarket].try_now(by=SYSTEM)
        assert status().source == "coingecko"
    assert asked(server) == ["/ping", "/coins/markets"]


def test_trying_the_live_source_takes_an_admin(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    with running(settings.replace({"source": "simulated"}), clock):
        for by, error in ((NOBODY, LoginNeeded), (VIEWER, NotAllowed)):
            with pytest.raises(error):
                services()[LiveMarket].try_now(by=by)
    assert server.requests == []


def test_coins_are_asked_of_the_source_that_serves(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server, ping=NO_ANSWER)
    with running(settings.replace({"coingecko_calls_per_minute": 25}), clock):
        assert services()[CoinDataService].gather(1) == 1
        before = services()[CoinDataService]
        best = services()[MarketService].ranking().frame["coin_id"].iloc[0]
        assert "invented" in told(best)
        answers(server, markets=MARKETS)
        services()[LiveMarket].try_now(by=SYSTEM)
        assert services()[CoinDataService] is not before
        server.answer = lambda request: (
            json_reply({"prices": []})
            if request.path.endswith("market_chart")
            else json_reply({"id": request.path.rpartition("/")[2], "description": {"en": "Real."}})
        )
        assert services()[CoinDataService].gather(9) == 2
        assert told("bitcoin") == told("ether") == "Real."
    assert asked(server)[-6:] == [
        f"/coins/{coin}{end}"
        for coin in ("bitcoin", "ether")
        for end in ("", "/market_chart", "/market_chart")
    ]


def told(coin_id: str) -> str:
    details = services()[CoinDataService].details(coin_id).details
    assert details is not None
    return details.description
