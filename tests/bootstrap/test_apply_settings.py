"""Settings that are changed while the server runs: what they change at once, and what stays."""

from __future__ import annotations

import stat
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cointracker.bootstrap.app_database import APP_FILE
from cointracker.bootstrap.commands import in_force
from cointracker.bootstrap.runtime import Runtime
from cointracker.core.clock import utc_now
from cointracker.core.errors import AccessRefused, DatabaseBusy, DatabaseDamaged, SourceUnreachable
from cointracker.core.rights import SYSTEM
from cointracker.core.server_settings import DATA_DIR, LANGUAGE
from cointracker.core.services import services
from cointracker.core.settings import Settings
from cointracker.features.market.rankings import MarketService
from cointracker.features.monitoring.service import MonitoringService
from cointracker.features.retention.service import RetentionService
from cointracker.features.settings.service import SettingsService
from cointracker.features.sources.source_health import SourcesService
from cointracker.markets.crypto import KEY
from cointracker.markets.settings import QUOTE_CURRENCY, TOP_COINS
from cointracker.providers.simulated.market import SimulatedMarket
from cointracker.providers.simulated.source import SimulatedSource
from tests.bootstrap.running import running, status
from tests.databases import LIVE_FILE, SIMULATED_FILE, market_database
from tests.fakes import NOON, FakeClock, Pipeline, indicator, row
from tests.faults import (
    NO_ANSWER,
    PATIENCE_SECONDS,
    FaultServer,
    Reply,
    Request,
    held_by_another_process,
    json_reply,
    wait_until_in,
)

MARKETS = json_reply([row("bitcoin", 70_000.0), row("ether", 2_000.0)])
EUROS = json_reply([row("bitcoin", 60_000.0)])
PONG = json_reply({"gecko_says": "(V3) To the Moon!"})
OUR_KEY = "CG-0123456789wxyz"
EUR_FILE = "cointracker-eur.duckdb"


class Gecko:
    """Answers in dollars and euros; `pong` and `held` as a test sets them."""

    def __init__(self) -> None:
        self.pong: Reply = PONG
        self.held: threading.Event | None = None
        self.waiting: list[threading.Event] = []

    def __call__(self, request: Request) -> Reply:
        if request.path == "/ping":
            return self.pong
        found = EUROS if request.query.get("vs_currency") == "eur" else MARKETS
        if self.held is not None:
            self.waiting.append(self.held)
        return replace(found, until=self.held)


@pytest.fixture
def gecko(server: FaultServer) -> Gecko:
    gecko = Gecko()
    server.answer = gecko
    return gecko


@pytest.fixture
def settings(tmp_path: Path, server: FaultServer, gecko: Gecko) -> Settings:
    """CoinGecko at the fault server with calls to spare, and simulated data of an hour ago."""
    database = market_database(tmp_path / SIMULATED_FILE)
    source = SimulatedSource(FakeClock(NOON - timedelta(hours=1)), SimulatedMarket())
    Pipeline(database, source.clock).take(*source.market.markets(source.clock(), 5))
    database.close()
    return Settings(
        data_dir=tmp_path,
        coingecko_url=server.url,
        coinpaprika_url="",
        source="coingecko",
        coingecko_calls_per_minute=100,
        coingecko_calls_per_month=100_000,
    )


def save(**changes: object) -> frozenset[str]:
    return services()[SettingsService].save(changes, by=SYSTEM)


def prices() -> list[float]:
    return sorted(services()[MarketService].ranking().frame["price"])


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread does soon."""
    pause, give_up = threading.Event(), utc_now() + timedelta(seconds=PATIENCE_SECONDS)
    while not condition():
        assert utc_now() < give_up
        pause.wait(0.01)


def is_let_go(path: Path) -> bool:
    try:
        with held_by_another_process(path):
            return True
    except AssertionError:
        return False


# The market


def test_another_source_serves_at_once_and_the_old_database_is_let_go(
    settings: Settings, clock: FakeClock
) -> None:
    with running(settings, clock):
        assert save(source="simulated") == {"source"}
        assert (status().source, status().is_substitute) == ("simulated", False)
        until(lambda: is_let_go(settings[DATA_DIR] / LIVE_FILE))
        save(source="coingecko")
        assert (status().source, prices()) == ("coingecko", [2_000.0, 70_000.0])
        until(lambda: is_let_go(settings[DATA_DIR] / SIMULATED_FILE))


def test_another_currency_has_a_file_of_its_own_and_back_is_all_there(
    settings: Settings, clock: FakeClock
) -> None:
    with running(settings, clock):
        before = status().change_token
        save(quote_currency="eur")
        assert status().change_token != before
        services()[MonitoringService].refresh("manual", by=SYSTEM)
        assert prices() == [60_000.0]
        assert services()[MarketService].snapshot().quote_currency == "eur"
        until(lambda: is_let_go(settings[DATA_DIR] / LIVE_FILE))
        save(quote_currency="usd")
        assert prices() == [2_000.0, 70_000.0]
    for file, currency in ((LIVE_FILE, "usd"), (EUR_FILE, "eur")):
        database = market_database(settings[DATA_DIR] / file)
        with database.reading() as session:
            found = session.frame("SELECT DISTINCT quote_currency FROM snapshots")
        database.close()
        assert found["quote_currency"].tolist() == [currency]


def test_a_market_that_nothing_is_stored_of_must_answer_first(
    settings: Settings, clock: FakeClock, gecko: Gecko
) -> None:
    with running(settings, clock):
        before = services()
        gecko.pong = NO_ANSWER
        with pytest.raises(SourceUnreachable, match="no connection"):
            save(quote_currency="eur")
        assert services() is before
        assert not (settings[DATA_DIR] / EUR_FILE).exists()
        assert services()[SettingsService].current()[QUOTE_CURRENCY] == "usd"
        assert prices() == [2_000.0, 70_000.0]


@pytest.mark.parametrize("is_damaged", [True, False])
def test_a_database_that_does_not_open_leaves_the_old_one_serving(
    settings: Settings, clock: FakeClock, is_damaged: bool
) -> None:
    path = settings[DATA_DIR] / EUR_FILE
    with running(settings, clock):
        before = services()
        if is_damaged:
            path.write_text("no database")
            with pytest.raises(DatabaseDamaged, match="eur"):
                save(quote_currency="eur", top_coins=7)
        else:
            with held_by_another_process(path), pytest.raises(DatabaseBusy, match="eur"):
                save(quote_currency="eur", top_coins=7)
        assert services() is before
        now = services()[SettingsService].current()
        assert (now[QUOTE_CURRENCY], now[TOP_COINS]) == ("usd", 100)
        clock.move(minutes=5)
        assert services()[MonitoringService].refresh("manual", by=SYSTEM).outcome == "stored"


def test_a_refresh_under_way_ends_in_its_own_database(
    settings: Settings, clock: FakeClock, gecko: Gecko
) -> None:
    with running(settings, clock):
        old = services()
        gecko.held = threading.Event()
        clock.move(minutes=5)
        done: list[str] = []
        under_way = threading.Thread(
            target=lambda: done.append(old[MonitoringService].refresh("manual", by=SYSTEM).outcome)
        )
        under_way.start()
        until(lambda: bool(gecko.waiting))
        held, gecko.held = gecko.held, None
        save(quote_currency="eur", top_coins=50)
        services()[MonitoringService].refresh("manual", by=SYSTEM)
        assert prices() == [60_000.0]
        assert done == []
        held.set()
        under_way.join()
        assert done == ["stored"]
        until(lambda: is_let_go(settings[DATA_DIR] / LIVE_FILE))
        save(quote_currency="usd")
        assert len(services()[MarketService].instants()) == 2


def test_auto_that_serves_live_stays_live(
    settings: Settings, clock: FakeClock, gecko: Gecko
) -> None:
    with running(settings, clock):
        gecko.pong = NO_ANSWER
        save(source="auto")
        assert (status().source, status().is_substitute) == ("coingecko", False)


def test_auto_asks_again_when_what_decides_it_changes(
    settings: Settings, clock: FakeClock, gecko: Gecko, server: FaultServer
) -> None:
    gecko.pong = NO_ANSWER
    with running(settings.replace({"source": "auto"}), clock):
        assert (status().source, status().is_substitute) == ("simulated", True)
        server.requests.clear()
        save(update_interval_seconds=600)
        assert server.requests == []
        gecko.pong = PONG
        save(coingecko_key=OUR_KEY)
        assert status().source == "coingecko"


# The key


def test_a_new_key_is_sent_from_now_on(
    settings: Settings, clock: FakeClock, server: FaultServer
) -> None:
    with running(settings, clock):
        assert "x-cg-demo-api-key" not in server.requests[-1].headers
        market = services()[MarketService]
        save(coingecko_key=OUR_KEY)
        assert services()[MarketService] is market, "what is open stays open"
        clock.move(minutes=5)
        services()[MonitoringService].refresh("manual", by=SYSTEM)
        assert server.requests[-1].headers["x-cg-demo-api-key"] == OUR_KEY
        save(coingecko_key="")
        clock.move(minutes=5)
        services()[MonitoringService].refresh("manual", by=SYSTEM)
        assert "x-cg-demo-api-key" not in server.requests[-1].headers


def test_a_wait_that_another_account_was_told_is_not_this_one_s(
    settings: Settings, clock: FakeClock, server: FaultServer, gecko: Gecko
) -> None:
    with running(settings, clock):
        clock.move(minutes=5)
        server.say(Reply(b"", 429, {"Retry-After": "3600"}))
        assert services()[MonitoringService].refresh("manual", by=SYSTEM).error == "RateLimited"
        server.answer = gecko
        save(top_coins=90)
        assert services()[MonitoringService].refresh("manual", by=SYSTEM).error == "RateLimited"
        gecko.pong = json_reply({"error": "no such key"}, 401)
        with pytest.raises(AccessRefused):
            save(coingecko_key=OUR_KEY, quote_currency="eur")
        assert services()[MonitoringService].refresh("manual", by=SYSTEM).error == "RateLimited"
        save(coingecko_key=OUR_KEY)
        assert services()[MonitoringService].refresh("manual", by=SYSTEM).outcome == "stored"


# How often, how much, how ranked


def test_another_interval_reschedules(settings: Settings) -> None:
    clock = FakeClock(utc_now())
    with running(settings, clock):
        for seconds in (7_200, 600):
            save(update_interval_seconds=seconds)
            now = status()
            assert now.next_at == clock() + timedelta(seconds=seconds)
            assert (now.interval_seconds, now.asked_interval_seconds) == (seconds, seconds)


def test_an_interval_that_is_over_already_refreshes_at_once(
    settings: Settings, server: FaultServer
) -> None:
    database = market_database(settings[DATA_DIR] / LIVE_FILE)
    Pipeline(database, FakeClock(utc_now() - timedelta(seconds=200))).take(row("bitcoin"))
    database.close()
    runtime = Runtime(settings)
    runtime.start()
    try:
        assert server.requests == []
        save(update_interval_seconds=60)
        assert server.arrival().path == "/coins/markets"
    finally:
        runtime.stop()


def test_what_the_plan_does_not_sustain_is_stretched(settings: Settings, clock: FakeClock) -> None:
    with running(settings.replace({"coingecko_calls_per_month": 0}), clock):
        save(top_coins=1_000, update_interval_seconds=60)
        assert (status().interval_seconds, status().is_stretched) == (1_175, True)
        (health, *_others) = services()[SourcesService].health()
        assert health.calls.plan.per_month == 10_000
        save(coingecko_key=OUR_KEY, coingecko_plan="pro")
        assert (status().interval_seconds, status().is_stretched) == (60, False)
        (health, *_others) = services()[SourcesService].health()
        assert health.calls.plan.per_month == 500_000


def test_the_next_refresh_goes_by_what_was_saved(
    settings: Settings, clock: FakeClock, server: FaultServer
) -> None:
    with running(settings, clock):
        save(top_coins=1, stability_model="robust", history_days=30)
        clock.move(minutes=5)
        services()[MonitoringService].refresh("manual", by=SYSTEM)
        assert server.requests[-1].query["per_page"] == "1"
        found = services()[MarketService].snapshot()
        assert (found.coins, found.stability_model, found.history_days) == (1, "robust", 30)
        assert services()[RetentionService]._history_days == 30


def test_the_simulated_market_is_ranked_by_what_was_saved(
    settings: Settings, clock: FakeClock
) -> None:
    with running(settings.replace({"source": "simulated"}), clock):
        save(stability_model="robust", history_days=5)
        for _one_under_way_may_be_joined in range(2):
            clock.move(minutes=5)
            services()[MonitoringService].refresh("manual", by=SYSTEM)
        found = services()[MarketService].snapshot()
        assert (found.stability_model, found.history_days) == ("robust", 5)


def test_a_new_address_of_standing_is_asked_at_once(
    settings: Settings, clock: FakeClock, server: FaultServer
) -> None:
    with FaultServer() as other, running(settings, clock):
        other.say(json_reply({"indicators": [indicator("BIT", 3)]}))
        save(standing_url_1=other.url, language="fa")
        other.arrival()
        assert services().settings[LANGUAGE] == "fa"


# What lasts


def test_what_was_saved_lasts(settings: Settings, clock: FakeClock) -> None:
    with running(settings, clock):
        save(quote_currency="eur", coingecko_key=OUR_KEY, update_interval_seconds=900)
        assert stat.S_IMODE((settings[DATA_DIR] / APP_FILE).stat().st_mode) == 0o600
    with running(settings, clock):
        assert prices() == [60_000.0]
        now = services()[SettingsService].current()
        assert (now[QUOTE_CURRENCY], now[KEY]) == ("eur", OUR_KEY)
        assert status().interval_seconds == 900
    assert in_force(settings) == now


def test_a_start_that_fails_lets_go_of_the_settings(settings: Settings, clock: FakeClock) -> None:
    live = settings[DATA_DIR] / LIVE_FILE
    market_database(live).close()
    with held_by_another_process(live), pytest.raises(DatabaseBusy):
        Runtime(settings, clock).start()
    assert is_let_go(settings[DATA_DIR] / APP_FILE)


# Start, stop, refresh now


def test_stopped_it_stays_over_a_restart_and_settings(
    settings: Settings, clock: FakeClock, server: FaultServer
) -> None:
    with running(settings, clock):
        services()[MonitoringService].stop(by=SYSTEM)
        services()[MonitoringService].stop(by=SYSTEM)
        assert (status().is_started, status().next_at) == (False, None)
        save(update_interval_seconds=60, quote_currency="eur")
        assert (status().is_started, status().next_at) == (False, None)
    clock.move(days=1)
    server.requests.clear()
    runtime = Runtime(settings, clock)
    runtime.start()
    try:
        assert (status().is_started, status().next_at) == (False, None)
        assert [r for r in server.requests if r.path == "/coins/markets"] == []
        services()[MonitoringService].start(by=SYSTEM)
        assert status().is_started
        while server.arrival().path != "/coins/markets":
            pass
        until(lambda: not status().is_running and status().next_at is not None)
    finally:
        runtime.stop()
    with running(settings, clock):
        assert status().is_started


def test_refresh_now_returns_at_once_and_is_joined(
    settings: Settings, clock: FakeClock, gecko: Gecko, server: FaultServer
) -> None:
    with running(settings, clock):
        services()[MonitoringService].stop(by=SYSTEM)
        gecko.held = threading.Event()
        clock.move(minutes=5)
        until(lambda: not status().is_running)
        server.requests.clear()
        services()[MonitoringService].refresh_now(by=SYSTEM)
        until(lambda: services()[MonitoringService].progress() is not None)
        services()[MonitoringService].refresh_now(by=SYSTEM)
        progress = services()[MonitoringService].progress()
        assert progress is not None
        assert (progress.stage, progress.started_at) == ("asking", clock())
        joined = threading.Thread(
            target=services()[MonitoringService].refresh, args=("manual",), kwargs={"by": SYSTEM}
        )
        joined.start()
        wait_until_in("result", joined)
        gecko.held.set()
        joined.join()
        until(lambda: services()[MonitoringService].progress() is None)
        assert [r.path for r in server.requests if r.path == "/coins/markets"] == ["/coins/markets"]
        last = status().last
        assert last is not None
        assert (last.trigger, last.outcome) == ("manual", "stored")


def test_the_events_are_the_same_whatever_serves(settings: Settings, clock: FakeClock) -> None:
    """Whoever listens hears of another market, and of that one's refreshes."""
    told, here = list[str](), threading.get_ident()
    with running(settings, clock):
        before = services()

        def listen() -> None:
            if threading.get_ident() == here:  # the schedule refreshes on threads of its own
                told.append(services()[MonitoringService].status().source)

        before.events.subscribe(listen)
        save(source="simulated")
        assert services() is not before
        assert told == ["simulated"]
        for what in (
            lambda: services()[MonitoringService].refresh("manual", by=SYSTEM),
            lambda: services()[MonitoringService].stop(by=SYSTEM),
            lambda: services()[MonitoringService].start(by=SYSTEM),
        ):
            told.clear()
            what()
            assert told == ["simulated"]
