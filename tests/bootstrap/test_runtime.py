"""One server process: its first start, damaged files, its jobs, its end."""

from __future__ import annotations

import logging
import queue
import re
import threading
from dataclasses import replace

import pytest

from cointracker.bootstrap.features import FEATURES
from cointracker.bootstrap.runtime import Runtime
from cointracker.core.errors import DatabaseBusy
from cointracker.core.rights import SYSTEM
from cointracker.core.server_settings import DATA_DIR
from cointracker.core.services import services
from cointracker.core.settings import Settings
from cointracker.features.accounts.accounts import AccountsService
from cointracker.features.coin.coin_data import CoinDataService
from cointracker.features.health.database_stats import DatabaseStatsService
from cointracker.features.market.rankings import MarketService
from cointracker.features.monitoring.service import (
    DamagedFiles,
    LiveMarket,
)
from cointracker.features.retention.service import RetentionService
from cointracker.jobs.scheduler import run_job
from tests.bootstrap.running import (
    MARKETS,
    answers,
    asked,
    live_with,
    running,
    status,
    with_live_data,
)
from tests.databases import LIVE_FILE, SIMULATED_FILE, market_database
from tests.fakes import FakeClock
from tests.faults import (
    NO_ANSWER,
    PATIENCE_SECONDS,
    FaultServer,
    Reply,
    held_by_another_process,
    json_reply,
    wait_until_in,
)
from tests.serving import QUICK

# The first start


@pytest.mark.parametrize(("is_local", "mode"), [(True, "public-read"), (False, "private")])
def test_where_it_listens_decides_who_may_look(
    settings: Settings, server: FaultServer, is_local: bool, mode: str
) -> None:
    answers(server)
    runtime = Runtime(settings, is_local=is_local, parts=(QUICK,))
    runtime.start()
    assert services().mode() == mode
    runtime.stop()


def test_the_first_start_tells_a_password_once(
    settings: Settings,
    server: FaultServer,
    clock: FakeClock,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    answers(server)
    caplog.set_level(logging.DEBUG)
    told = []
    for _start in range(2):
        runtime = Runtime(settings, clock, parts=(QUICK,))
        runtime.start()
        told.append(capsys.readouterr().out)
        if len(told) == 1:
            (password,) = re.findall(r"password  (\S{20})", told[0])
        assert services()[AccountsService].log_in("admin", password).role == "admin"
        runtime.stop()
    assert "/login" in told[0]
    assert told[1] == ""
    assert password not in caplog.text


def test_a_password_that_is_given_is_taken_once_and_not_told(
    settings: Settings, server: FaultServer, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(server)
    for given in ("given by me", "another one"):
        chosen = settings.replace({"admin_password": given, "access": "private"})
        runtime = Runtime(chosen, clock, parts=(QUICK,))
        runtime.start()
        services()[AccountsService].log_in("admin", "given by me")
        assert services().mode() == "private"
        runtime.stop()
    assert capsys.readouterr().out == ""


# Files that do not open


def test_a_database_that_cannot_be_opened_stops_the_start(
    settings: Settings, clock: FakeClock
) -> None:
    file = settings[DATA_DIR] / LIVE_FILE
    with held_by_another_process(file), pytest.raises(DatabaseBusy):
        Runtime(settings, clock).start()
    with pytest.raises(RuntimeError):
        services()


@pytest.mark.parametrize("source", ["auto", "coingecko"])
def test_a_damaged_live_database_is_set_aside_and_stays_live(
    settings: Settings, server: FaultServer, clock: FakeClock, source: str
) -> None:
    """Even without CoinGecko: whoever had the market does not get an invented one."""
    file = settings[DATA_DIR] / LIVE_FILE
    with_live_data(settings, clock)
    file.write_bytes(file.read_bytes()[:9000])
    answers(server, NO_ANSWER, NO_ANSWER)
    for _start in range(2):
        with running(settings.replace({"source": source}), clock):
            assert (status().source, status().snapshot, status().is_failing) == (
                "coingecko",
                None,
                True,
            )
            (damage,) = services()[DamagedFiles].all()
    assert damage.path == file.with_name(f"{LIVE_FILE}.damaged-20260309T120000Z")
    assert damage.path.stat().st_size == 9000


@pytest.mark.slow
def test_a_damaged_simulated_database_is_built_anew(settings: Settings, clock: FakeClock) -> None:
    (settings[DATA_DIR] / SIMULATED_FILE).write_text("no database")
    with running(settings.replace({"source": "simulated"}), clock):
        assert [damage.name for damage in services()[DamagedFiles].all()] == [SIMULATED_FILE]
        assert len(services()[MarketService].instants()) > 100
        state = services()[DatabaseStatsService].state()
        assert (state.path.name, state.snapshots) == (
            SIMULATED_FILE,
            len(services()[MarketService].instants()),
        )


# Jobs


def test_a_job_that_fails_is_logged(
    settings: Settings, server: FaultServer, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    answers(server)
    with running(live_with(settings), clock) as runtime:
        runtime._serving._serving.database.close()
        caplog.clear()
        for name in ("standing", "second source", "compaction"):
            run_job(name, FEATURES.jobs[name].run, services())
    for name in ("standing", "compaction"):
        assert f"{name} failed: " in caplog.text


def test_old_history_is_compacted_once_a_day(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    """The clock of the test stands in the past: it is due at once."""
    answers(server)
    heard: queue.SimpleQueue[str] = queue.SimpleQueue()
    log = logging.getLogger("cointracker.features.retention.service")
    listener = logging.Handler(logging.INFO)
    listener.emit = lambda record: heard.put(record.getMessage())  # type: ignore[method-assign]
    level = log.level
    log.addHandler(listener)
    log.setLevel(logging.INFO)
    try:
        with running(settings, clock):
            assert heard.get(timeout=PATIENCE_SECONDS).startswith("compacted in ")
            assert services()[RetentionService].last() == clock.now
    finally:
        log.removeHandler(listener)
        log.setLevel(level)


# The end


def test_stopping_ends_the_waits_of_a_refresh(settings: Settings, server: FaultServer) -> None:
    answers(server, markets=Reply(b"", 429, {"Retry-After": "60"}))
    runtime = Runtime(settings)
    runtime.start()
    while server.arrival().path != "/coins/markets":
        pass
    runtime.stop()
    database = market_database(settings[DATA_DIR] / LIVE_FILE)
    with database.reading() as session:
        last = session.frame("SELECT * FROM refreshes").iloc[-1]
    database.close()
    assert last["error"] in ("SourceUnreachable", "RateLimited")
    assert asked(server).count("/coins/markets") == 1


def test_stopping_lets_everything_go(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    threads = set(threading.enumerate())
    answers(server, ping=NO_ANSWER)
    with running(settings, clock) as runtime:
        answers(server)
        services()[LiveMarket].try_now(by=SYSTEM)
        assert status().next_at is not None
    runtime.stop()
    with pytest.raises(RuntimeError, match=r"streamlit run app\.py"):
        services()
    for file in (LIVE_FILE, SIMULATED_FILE):
        with held_by_another_process(settings[DATA_DIR] / file):
            assert not (settings[DATA_DIR] / f"{file}.wal").exists()
    ours = {thread for thread in threading.enumerate() if "process_request" not in thread.name}
    assert ours <= threads


def test_stopping_waits_for_the_coin_under_way_and_no_other(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server)
    released = threading.Event()
    with running(settings.replace({"source": "coingecko"}), clock) as runtime:
        server.answer = lambda _request: replace(json_reply({"id": "bitcoin"}), until=released)
        coin_data = services()[CoinDataService]
        assert coin_data.want("bitcoin")
        while server.arrival().path != "/coins/bitcoin":
            pass
        assert coin_data.want("ether")
        stopper = threading.Thread(target=runtime.stop)
        stopper.start()
        wait_until_in("join", stopper)
        released.set()
        stopper.join()
    assert asked(server)[-1] == "/coins/bitcoin"
    database = market_database(settings[DATA_DIR] / LIVE_FILE)
    with database.reading() as session:
        assert session.value("SELECT list(coin_id) FROM coin_details") == ["bitcoin"]
    database.close()


def test_stopping_waits_for_the_refresh_under_way(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    released = threading.Event()
    answers(server, markets=replace(MARKETS, until=released))
    runtime = Runtime(settings, clock)
    runtime.start()
    while server.arrival().path != "/coins/markets":
        pass
    stopper = threading.Thread(target=runtime.stop)
    stopper.start()
    wait_until_in("shutdown", stopper)
    released.set()
    stopper.join()
    database = market_database(settings[DATA_DIR] / LIVE_FILE)
    assert len(MarketService(database).ranking().frame) == 2
    database.close()
