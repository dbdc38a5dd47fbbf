"""What one server process runs: which source it starts with, the way to the live one, the end."""

from __future__ import annotations

import asyncio
import json
import logging
import queue
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from cointracker.bootstrap import (
    APP_FILE,
    LIVE_FILE,
    SIMULATED_FILE,
    Dashboard,
    lifespan,
    one_refresh,
    replay,
)
from cointracker.bootstrap.duties import recheck_second, refresh, update_standing
from cointracker.bootstrap.sources import (
    live_disciplines,
    live_interval,
    standing_sources,
)
from cointracker.config import Settings
from cointracker.errors import DatabaseBusy, LoginNeeded, NotAllowed, SourceUnreachable
from cointracker.services import install, services
from cointracker.services.access import NOBODY, SYSTEM
from cointracker.services.market import MarketService
from cointracker.services.monitoring import Status
from cointracker.services.recordings import Capture
from cointracker.services.sustaining import plan_of
from cointracker.sources.base import utc_now
from cointracker.sources.budget import Plan
from cointracker.sources.simulated import SimulatedSource
from cointracker.sources.simulated_market import SimulatedMarket
from cointracker.storage.database import Database
from tests.fakes import NOON, VIEWER, FakeClock, FakeTime, Pipeline, indicator, row, ticker
from tests.faults import (
    HTML,
    NO_ANSWER,
    PATIENCE_SECONDS,
    FaultServer,
    Reply,
    closed_port,
    held_by_another_process,
    json_reply,
    wait_until_in,
)
from tests.serving import QUICK

MARKETS = json_reply([row("bitcoin", 70_000.0), row("ether", 2_000.0)])
PONG = json_reply({"gecko_says": "(V3) To the Moon!"})


def answers(server: FaultServer, ping: Reply = PONG, markets: Reply = MARKETS) -> None:
    server.answer = lambda request: ping if request.path == "/ping" else markets


def asked(server: FaultServer) -> list[str]:
    return [request.path for request in server.requests]


@pytest.fixture
def settings(tmp_path: Path, server: FaultServer) -> Settings:
    """`auto`, with CoinGecko at the fault server and simulated data of an hour ago."""
    database = Database(tmp_path / SIMULATED_FILE)
    source = SimulatedSource(FakeClock(NOON - timedelta(hours=1)), SimulatedMarket())
    Pipeline(database, source.clock).take(*source.market.markets(source.clock(), 5))
    database.close()
    return Settings(data_dir=tmp_path, coingecko_url=server.url, coinpaprika_url="")


def with_live_data(settings: Settings, clock: FakeClock) -> None:
    """Let the live database hold a snapshot of the clock's instant."""
    database = Database(settings.data_dir / LIVE_FILE)
    Pipeline(database, clock).take(row("bitcoin", 65_000.0))
    database.close()


@contextmanager
def running(settings: Settings, clock: FakeClock) -> Iterator[Dashboard]:
    """A dashboard that is started, and has done its first refresh."""
    time = FakeTime()
    disciplines = live_disciplines(settings, clock, monotonic=time, sleep=time.sleep)
    dashboard = Dashboard(settings, clock, disciplines, passwords=QUICK)
    dashboard.start()
    try:
        services().monitoring.refresh("manual", by=SYSTEM)
        yield dashboard
    finally:
        dashboard.stop()


def status() -> Status:
    return services().monitoring.status()


def names_in(settings: Settings, file: str) -> set[str]:
    database = Database(settings.data_dir / file)
    with database.reading() as session:
        names = session.frame("SELECT DISTINCT source FROM observations")["source"]
    database.close()
    return set(names)


# Which source


def test_auto_begins_live_when_coingecko_answers(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server)
    with running(settings, clock):
        assert (status().source, status().is_simulated, status().is_fallback) == (
            "coingecko", False, False,
        )  # fmt: skip
        assert set(services().market.ranking().frame["coin_id"]) == {"bitcoin", "ether"}
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
        assert (status().source, status().is_simulated, status().is_fallback) == (
            "simulated", True, True,
        )  # fmt: skip
        assert status().age_seconds == 0
        assert len(services().market.ranking().frame) == 250
    assert asked(server) == ["/ping"]
    assert not (settings.data_dir / LIVE_FILE).exists()
    assert names_in(settings, SIMULATED_FILE) == {"listed", "simulated"}


def test_auto_keeps_to_live_data_however_old(settings: Settings, clock: FakeClock) -> None:
    with_live_data(settings, clock)
    clock.move(hours=5)
    with closed_port() as url, running(replace(settings, coingecko_url=url), clock):
        now = status()
        assert (now.source, now.is_failing, now.is_late) == ("coingecko", True, True)
        assert now.age_seconds == 5 * 3600
        assert (now.last and now.last.reason) == "no connection"
        assert services().market.ranking().frame["price"].tolist() == [65_000.0]


def test_a_live_database_without_a_snapshot_is_no_data(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    Database(settings.data_dir / LIVE_FILE).close()
    answers(server, ping=NO_ANSWER)
    with running(settings, clock):
        assert status().source == "simulated"


@pytest.mark.parametrize("source", ["simulated", "coingecko"])
def test_a_source_that_is_set_is_not_asked_first(
    settings: Settings, server: FaultServer, clock: FakeClock, source: str
) -> None:
    answers(server)
    with running(replace(settings, source=source), clock):
        assert (status().source, status().is_fallback) == (source, False)
    assert "/ping" not in asked(server)


# When the first refresh is due


def test_the_first_refresh_is_due_an_interval_after_the_last_snapshot(
    settings: Settings, server: FaultServer
) -> None:
    clock = FakeClock(utc_now() - timedelta(seconds=60))
    with_live_data(settings, clock)
    dashboard = Dashboard(settings)
    dashboard.start()
    assert status().next_at == clock() + timedelta(seconds=300)
    dashboard.stop()
    assert asked(server) == []


def test_a_snapshot_from_the_future_does_not_stop_the_clock(
    settings: Settings, server: FaultServer
) -> None:
    answers(server)
    with_live_data(settings, FakeClock(utc_now() + timedelta(days=30)))
    dashboard = Dashboard(settings)
    dashboard.start()
    due = status().next_at
    dashboard.stop()
    assert due is not None
    assert due <= utc_now() + timedelta(seconds=300)


# The way to the live source


@pytest.mark.parametrize(
    ("ping", "markets", "reason"),
    [
        (NO_ANSWER, MARKETS, "no connection"),
        (PONG, Reply(b"", 503), "an empty body (503)"),
        (PONG, json_reply([row("bad", -1)]), "no usable row of 1"),
    ],
)
def test_trying_the_live_source_in_vain(
    settings: Settings, server: FaultServer, clock: FakeClock,
    ping: Reply, markets: Reply, reason: str,
) -> None:  # fmt: skip
    answers(server, ping=NO_ANSWER)
    with running(replace(settings, coingecko_calls_per_minute=25), clock) as dashboard:
        before = services()
        answers(server, ping, markets)
        with pytest.raises(SourceUnreachable, match="coingecko: ") as caught:
            services().try_live(by=SYSTEM)
        assert reason in caught.value.problem
        assert services() is before
        with held_by_another_process(settings.data_dir / LIVE_FILE):
            assert status().source == "simulated"
        answers(server)
        dashboard.try_live(by=SYSTEM)
        assert status().source == "coingecko"


def test_trying_the_live_source_with_success(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server, ping=NO_ANSWER)
    with running(settings, clock):
        simulated = services().market
        instants, file = simulated.instants(), settings.data_dir / SIMULATED_FILE
        answers(server)
        before = file.read_bytes()
        services().try_live(by=SYSTEM)
        now = status()
        assert (now.source, now.is_simulated, now.is_fallback) == ("coingecko", False, False)
        assert (now.is_failing, now.age_seconds) == (False, 0)
        clock.move(minutes=5)
        services().monitoring.refresh("schedule", by=SYSTEM)
        assert len(services().market.instants()) == 2
        assert simulated.instants().equals(instants)
        assert file.read_bytes() == before
    assert names_in(settings, LIVE_FILE) == {"coingecko"}
    assert names_in(settings, SIMULATED_FILE) == {"listed", "simulated"}


def test_two_readers_who_try_at_once_make_one_refresh(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server, ping=NO_ANSWER)
    with running(settings, clock) as dashboard:
        released = threading.Event()
        answers(server, markets=replace(MARKETS, until=released))
        server.requests.clear()
        tries = partial(dashboard.try_live, by=SYSTEM)
        threads = [threading.Thread(target=tries) for _reader in range(2)]
        threads[0].start()
        while server.arrival().path != "/coins/markets":
            pass
        threads[1].start()
        wait_until_in("try_live", threads[1])
        released.set()
        for thread in threads:
            thread.join()
        dashboard.try_live(by=SYSTEM)
        assert status().source == "coingecko"
    assert asked(server) == ["/ping", "/coins/markets"]


# The calls


def test_settings_that_the_plan_cannot_sustain_are_stretched(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    asked = replace(settings, top_coins=1000, update_interval_seconds=60)
    answers(server, ping=NO_ANSWER)
    with running(asked, clock) as dashboard:
        assert (status().interval_seconds, status().is_stretched) == (60, False)
        assert services().sources() == ()
        answers(server)
        dashboard.try_live(by=SYSTEM)
        now = status()
        assert (now.interval_seconds, now.asked_interval_seconds) == (1175, 60)
        assert now.is_stretched
        assert now.next_at is not None
        assert (now.next_at - utc_now()).total_seconds() > 1000


def test_the_default_settings_are_not_stretched() -> None:
    assert live_interval(Settings()) == 300
    assert live_interval(Settings(coingecko_plan="demo", update_interval_seconds=60)) == 294
    fast = Settings(coingecko_plan="pro", update_interval_seconds=60)
    assert live_interval(fast) == 60
    assert live_interval(replace(fast, coingecko_calls_per_month=10_000)) == 294
    assert plan_of(replace(fast, coingecko_calls_per_minute=7)).per_minute == 7


def test_the_default_settings_fit_the_demo_plan(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    """At the month's first instant, which has the most ahead of it; 31 days."""
    answers(server)
    demo = replace(settings, source="coingecko", coingecko_plan="demo", coingecko_key="CG-key")
    clock.now = clock.now.replace(day=1, hour=0)
    with running(demo, clock):
        now, (health, _second) = status(), services().sources()
        assert (now.interval_seconds, now.is_stretched) == (300, False)
        assert health.calls.plan == Plan(per_minute=25, per_month=10_000)
        assert health.forecast_by_settings == health.calls_this_month + 8_928
        assert health.forecast_by_settings <= 10_000


def test_stretched_settings_stay_within_the_plan(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server)
    live = replace(settings, source="coingecko", top_coins=1000, update_interval_seconds=60)
    clock.now = clock.now.replace(day=1, hour=0)
    with running(live, clock):
        now, (health, _second) = status(), services().sources()
        assert (now.is_stretched, now.interval_seconds) == (True, 1175)
        assert now.asked_interval_seconds == 60
        assert 9_000 < health.forecast_by_settings <= 10_000


def test_the_status_tells_before_when_the_source_is_not_asked(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server)
    with running(replace(settings, source="coingecko"), clock):
        services().monitoring.refresh("manual", by=SYSTEM)
        assert status().may_ask_at is None
        answers(server, markets=Reply(b"", 429, {"Retry-After": "900"}))
        services().monitoring.refresh("manual", by=SYSTEM)
        last, until = status().last, status().may_ask_at
        assert last is not None
        assert last.error == "RateLimited"
        assert until is not None
        assert abs(until - clock.now - timedelta(seconds=900)) < timedelta(seconds=1)


def test_every_call_counts_the_ping_too_and_a_restart_gives_none_back(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server)
    with running(settings, clock):
        health, _second = services().sources()
        made = len(server.requests)
        assert asked(server)[0] == "/ping"
        assert (health.calls.source, health.state) == ("coingecko", "ok")
        assert health.calls_this_month == health.calls_24h == made
        assert health.calls.left_this_minute == 5 - made
    with running(settings, clock):
        health, _second = services().sources()
        assert health.calls_this_month == len(server.requests) <= 5


def test_a_refresh_by_command_spends_the_same_budget(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server)
    live = replace(settings, source="coingecko", coingecko_calls_per_month=100)
    outcomes = []
    for _command in range(3):
        with one_refresh(live) as service:
            outcomes.append(service.run("command"))
    assert [done.error for done in outcomes] == [None, None, "BudgetSpent"]
    assert outcomes[-1].reason == "the calls of this month are used up as far as they may be by now"
    assert len(server.requests) == 2


def test_a_replay_spends_nothing(settings: Settings) -> None:
    body = json.dumps([row("bitcoin", 70_000.0)]).encode()
    captures = [
        Capture(str(n), NOON + timedelta(minutes=n), body.replace(b"70", str(70 + n).encode()))
        for n in range(8)
    ]
    live = replace(settings, coingecko_calls_per_month=100)
    assert {done.outcome for done in replay(live, captures)} == {"stored"}
    database = Database(settings.data_dir / LIVE_FILE)
    with database.reading() as session:
        assert session.value("SELECT count(*) FROM calls") == 0
    database.close()


def test_stopping_ends_the_waits_of_a_refresh(settings: Settings, server: FaultServer) -> None:
    answers(server, markets=Reply(b"", 429, {"Retry-After": "60"}))
    dashboard = Dashboard(settings)
    dashboard.start()
    while server.arrival().path != "/coins/markets":
        pass
    dashboard.stop()
    database = Database(settings.data_dir / LIVE_FILE)
    with database.reading() as session:
        last = session.frame("SELECT * FROM refreshes").iloc[-1]
    database.close()
    assert last["error"] in ("SourceUnreachable", "RateLimited")
    assert asked(server).count("/coins/markets") == 1


# The end


def test_stopping_lets_everything_go(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    threads = set(threading.enumerate())
    answers(server, ping=NO_ANSWER)
    with running(settings, clock) as dashboard:
        answers(server)
        dashboard.try_live(by=SYSTEM)
        assert status().next_at is not None
    dashboard.stop()
    with pytest.raises(RuntimeError, match=r"streamlit run app\.py"):
        services()
    for file in (LIVE_FILE, SIMULATED_FILE):
        with held_by_another_process(settings.data_dir / file):
            assert not (settings.data_dir / f"{file}.wal").exists()
    ours = {thread for thread in threading.enumerate() if "process_request" not in thread.name}
    assert ours <= threads


def test_coins_are_asked_of_the_source_that_serves(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server, ping=NO_ANSWER)
    with running(replace(settings, coingecko_calls_per_minute=25), clock):
        assert services().coin_data.gather(1) == 1
        before = services().coin_data
        best = services().market.ranking().frame["coin_id"].iloc[0]
        assert "invented" in told(best)
        answers(server, markets=MARKETS)
        services().try_live(by=SYSTEM)
        assert services().coin_data is not before
        server.answer = lambda request: (
            json_reply({"prices": []})
            if request.path.endswith("market_chart")
            else json_reply({"id": request.path.rpartition("/")[2], "description": {"en": "Real."}})
        )
        assert services().coin_data.gather(9) == 2
        assert told("bitcoin") == told("ether") == "Real."
    assert asked(server)[-6:] == [
        f"/coins/{coin}{end}"
        for coin in ("bitcoin", "ether")
        for end in ("", "/market_chart", "/market_chart")
    ]


def told(coin_id: str) -> str:
    details = services().coin_data.details(coin_id).details
    assert details is not None
    return details.description


def test_stopping_waits_for_the_coin_under_way_and_no_other(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server)
    released = threading.Event()
    with running(replace(settings, source="coingecko"), clock) as dashboard:
        server.answer = lambda _request: replace(json_reply({"id": "bitcoin"}), until=released)
        coin_data = services().coin_data
        assert coin_data.want("bitcoin")
        while server.arrival().path != "/coins/bitcoin":
            pass
        assert coin_data.want("ether")
        stopper = threading.Thread(target=dashboard.stop)
        stopper.start()
        wait_until_in("join", stopper)
        released.set()
        stopper.join()
    assert asked(server)[-1] == "/coins/bitcoin"
    database = Database(settings.data_dir / LIVE_FILE)
    with database.reading() as session:
        assert session.value("SELECT list(coin_id) FROM coin_details") == ["bitcoin"]
    database.close()


def test_stopping_waits_for_the_refresh_under_way(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    released = threading.Event()
    answers(server, markets=replace(MARKETS, until=released))
    dashboard = Dashboard(settings, clock)
    dashboard.start()
    while server.arrival().path != "/coins/markets":
        pass
    stopper = threading.Thread(target=dashboard.stop)
    stopper.start()
    wait_until_in("shutdown", stopper)
    released.set()
    stopper.join()
    database = Database(settings.data_dir / LIVE_FILE)
    assert len(MarketService(database).ranking().frame) == 2
    database.close()


def test_a_database_that_cannot_be_opened_stops_the_start(
    settings: Settings, clock: FakeClock
) -> None:
    file = settings.data_dir / LIVE_FILE
    with held_by_another_process(file), pytest.raises(DatabaseBusy):
        Dashboard(settings, clock).start()
    with pytest.raises(RuntimeError):
        services()


@pytest.mark.parametrize("source", ["auto", "coingecko"])
def test_a_damaged_live_database_is_set_aside_and_stays_live(
    settings: Settings, server: FaultServer, clock: FakeClock, source: str
) -> None:
    """Even without CoinGecko: whoever had the market does not get an invented one."""
    file = settings.data_dir / LIVE_FILE
    with_live_data(settings, clock)
    file.write_bytes(file.read_bytes()[:9000])
    answers(server, NO_ANSWER, NO_ANSWER)
    for _start in range(2):
        with running(replace(settings, source=source), clock):
            assert (status().source, status().snapshot, status().is_failing) == (
                "coingecko", None, True,
            )  # fmt: skip
            (damage,) = services().damages()
    assert damage.path == file.with_name(f"{LIVE_FILE}.damaged-20260309T120000Z")
    assert damage.path.stat().st_size == 9000


def test_a_damaged_simulated_database_is_built_anew(settings: Settings, clock: FakeClock) -> None:
    (settings.data_dir / SIMULATED_FILE).write_text("no database")
    with running(replace(settings, source="simulated"), clock):
        assert [damage.name for damage in services().damages()] == [SIMULATED_FILE]
        assert len(services().market.instants()) > 100
        state = services().store()
        assert (state.path.name, state.snapshots) == (
            SIMULATED_FILE, len(services().market.instants()),
        )  # fmt: skip


def test_the_lifespan_of_the_server(
    settings: Settings, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(server)
    monkeypatch.setenv("COINTRACKER_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("COINTRACKER_COINGECKO_URL", server.url)
    monkeypatch.setenv("COINTRACKER_COINPAPRIKA_URL", "off")
    monkeypatch.setenv("COINTRACKER_LANGUAGE", "fa")

    async def live() -> Status:
        async with lifespan(None):
            assert services().language == "fa"
            return await asyncio.to_thread(status)

    # On a thread of its own: where a browser is open, this one has a loop running already.
    with ThreadPoolExecutor() as thread:
        assert thread.submit(lambda: asyncio.run(live())).result().source == "coingecko"
    with pytest.raises(RuntimeError):
        services()


@pytest.mark.parametrize(("is_local", "mode"), [(True, "public-read"), (False, "private")])
def test_where_it_listens_decides_who_may_look(
    settings: Settings, server: FaultServer, is_local: bool, mode: str
) -> None:
    answers(server)
    dashboard = Dashboard(settings, is_local=is_local, passwords=QUICK)
    dashboard.start()
    assert services().access() == mode
    dashboard.stop()


def test_the_first_start_tells_a_password_once(
    settings: Settings, server: FaultServer, clock: FakeClock,
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    answers(server)
    caplog.set_level(logging.DEBUG)
    told = []
    for _start in range(2):
        dashboard = Dashboard(settings, clock, passwords=QUICK)
        dashboard.start()
        told.append(capsys.readouterr().out)
        if len(told) == 1:
            (password,) = re.findall(r"password  (\S{20})", told[0])
        assert services().accounts.log_in("admin", password).role == "admin"
        dashboard.stop()
    assert "/login" in told[0]
    assert told[1] == ""
    assert password not in caplog.text


def test_a_password_that_is_given_is_taken_once_and_not_told(
    settings: Settings, server: FaultServer, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(server)
    for given in ("given by me", "another one"):
        chosen = replace(settings, admin_password=given, access="private")
        dashboard = Dashboard(chosen, clock, passwords=QUICK)
        dashboard.start()
        services().accounts.log_in("admin", "given by me")
        assert services().access() == "private"
        dashboard.stop()
    assert capsys.readouterr().out == ""


def test_trying_the_live_source_takes_an_admin(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    with running(replace(settings, source="simulated"), clock):
        for by, error in ((NOBODY, LoginNeeded), (VIEWER, NotAllowed)):
            with pytest.raises(error):
                services().try_live(by=by)
    assert server.requests == []


def test_while_another_process_builds_the_history_it_is_busy(
    tmp_path: Path, clock: FakeClock
) -> None:
    """What a first start that is killed leaves behind is in test_app.py."""
    dashboard = Dashboard(Settings(data_dir=tmp_path, source="simulated"), clock)
    unfinished = tmp_path / "simulated.unfinished"
    with held_by_another_process(unfinished), pytest.raises(DatabaseBusy):
        dashboard.start()
    assert set(tmp_path.iterdir()) == {unfinished, tmp_path / APP_FILE}


# The second source and standing


def live_with(settings: Settings, **changes: str) -> Settings:
    return replace(settings, source="coingecko", **changes)  # type: ignore[arg-type]


def test_the_second_source_takes_over(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    with FaultServer() as other:
        other.say(json_reply([ticker("bit-bitcoin", 71_000.0), ticker("eth-ether", 2_010.0)]))
        answers(server)
        with running(live_with(settings, coinpaprika_url=other.url), clock):
            second = services().second
            assert second is not None
            second.recheck()
            assert second.state().mapped == 2
            clock.move(minutes=5)
            answers(server, markets=Reply(b"", 500))
            services().monitoring.refresh("manual", by=SYSTEM)
            assert (status().source, status().is_second) == ("coingecko", True)
            prices = services().market.ranking().frame["price"]
            assert sorted(prices) == [2_010.0, 71_000.0]


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"coinpaprika_url": ""}, "the settings turn it off"),
     ({"quote_currency": "xau", "coinpaprika_url": "http://127.0.0.1:9"}, "does not quote")],
)  # fmt: skip
def test_without_a_second_source_it_says_why(
    settings: Settings, server: FaultServer, clock: FakeClock, changes: dict[str, str], why: str
) -> None:
    answers(server)
    with running(live_with(settings, **changes), clock):
        second = services().second
        assert second is not None
        assert why in second.state().why_not


def test_standing_is_asked_for_when_the_server_starts_and_reaches_the_next_refresh(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server)
    with FaultServer() as first, FaultServer() as second:
        first.say(json_reply({"indicators": [indicator("BIT", 3)]}))
        second.say(json_reply({"indicators": [indicator("BIT", 9), indicator("ETH", 4)]}))
        urls = {"standing_url_1": first.url, "standing_url_2": second.url}
        with running(live_with(settings, lunarcrush_key="LC-unused", **urls), clock):
            first.arrival()
            second.arrival()
            social = services().standing
            assert social is not None
            assert [each.source for each in social.state().sources] == ["standing-1", "standing-2"]
            social.update()
            clock.move(minutes=5)
            services().monitoring.refresh("manual", by=SYSTEM)
            frame = services().market.ranking().frame.set_index("coin_id")
            assert frame["standing"].to_dict() == {"bitcoin": 3, "ether": 4}


def test_after_each_refresh_new_coins_get_their_standing(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    class Settling:
        times = 0

        def settle(self) -> None:
            self.times += 1

    answers(server)
    with running(live_with(settings), clock):
        social = Settling()
        install(replace(services(), standing=social))  # type: ignore[arg-type]
        before = social.times
        refresh()
        assert social.times > before  # the schedule's own first refresh may settle beside it


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"standing_url_2": "http://127.0.0.1:9/"}, ["standing-2"]),
        ({"lunarcrush_key": "LC-secret"}, ["lunarcrush"]),
        ({}, []),
    ],
)
def test_who_is_asked_for_standing(
    settings: Settings, changes: dict[str, str], names: list[str]
) -> None:
    found = standing_sources(live_with(settings, **changes))
    assert [source.name for source in found] == names
    for source in found:
        source.close()


def test_a_simulated_market_has_neither(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server, ping=NO_ANSWER)
    with running(settings, clock):
        assert (services().second, services().standing) == (None, None)


def test_a_job_that_fails_is_logged(
    settings: Settings, server: FaultServer, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    answers(server)
    with running(live_with(settings), clock) as dashboard:
        dashboard._serving.database.close()
        for job in (update_standing, recheck_second):
            job()
    assert "a job failed" in caplog.text


def test_old_history_is_compacted_once_a_day(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    """The clock of the test stands in the past: it is due at once."""
    answers(server)
    heard: queue.SimpleQueue[str] = queue.SimpleQueue()
    log = logging.getLogger("cointracker.services.retention")
    listener = logging.Handler(logging.INFO)
    listener.emit = lambda record: heard.put(record.getMessage())  # type: ignore[method-assign]
    level = log.level
    log.addHandler(listener)
    log.setLevel(logging.INFO)
    try:
        with running(settings, clock):
            assert heard.get(timeout=PATIENCE_SECONDS).startswith("compacted in ")
            assert services().retention.last() == clock.now
    finally:
        log.removeHandler(listener)
        log.setLevel(level)
