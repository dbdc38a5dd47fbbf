"""The refreshes by the API: how they go, start, stop, and one at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from cointracker.core.errors import SourceUnreachable
from cointracker.core.rights import SYSTEM
from cointracker.features.monitoring.api import monitoring
from cointracker.features.monitoring.service import MonitoringService
from tests.api.api_fixture import ApiFixture, listening, read
from tests.faults import PATIENCE_SECONDS

STATUS, UPDATE = "/api/monitoring/status/", "/api/monitoring/manual-update/"


@dataclass
class Wish:
    """A drive that remembers what was wanted."""

    wanted: bool = True

    def is_started(self) -> bool:
        return self.wanted

    def start(self) -> None:
        self.wanted = True

    def stop(self) -> None:
        self.wanted = False

    def refresh_now(self) -> None:
        raise AssertionError("nobody waits for it")


@pytest.fixture
def wish(home: ApiFixture) -> Wish:
    """What the house's monitoring was asked for."""
    wish = Wish()
    home.services[MonitoringService]._schedule_control = wish
    return wish


def ask(home: ApiFixture, path: str, status: int = 200) -> Any:
    client = home.client(headers=home.bearer("admin write"))
    answer = client.get(path) if path == STATUS else client.post(path)
    return read(answer, status)


def test_status(home: ApiFixture, wish: Wish) -> None:
    told = ask(home, STATUS)
    assert told == {
        "is_running": True,
        "last_update": "2026-03-09T12:00:00Z",
        "next_update": None,
        "update_interval": 300,
        "last_error": None,
        "error_count": 0,
    }
    assert next(iter(told)) == "is_running"


def test_start_and_stop(home: ApiFixture, wish: Wish) -> None:
    assert ask(home, "/api/monitoring/stop/")["status"] == "success"
    assert not wish.wanted
    assert ask(home, STATUS)["is_running"] is False
    assert ask(home, "/api/monitoring/start/")["status"] == "success"
    assert wish.wanted
    assert ask(home, STATUS)["is_running"] is True


def test_a_refresh_now(home: ApiFixture) -> None:
    told = ask(home, UPDATE)
    assert told == {
        "status": "success",
        "message": told["message"],
        "updated_count": 3,
        "timestamp": "2026-03-09T12:05:00Z",
    }
    assert ask(home, STATUS)["last_update"] == "2026-03-09T12:05:00Z"
    assert ask(home, UPDATE)["updated_count"] == 0


def test_a_refresh_that_fails_is_told_and_counted(home: ApiFixture) -> None:
    home.source.error = SourceUnreachable("listed", "nobody answers")
    for failures in (1, 2):
        home.clock.move(minutes=1)
        assert ask(home, UPDATE, 502) == {"detail": "The refresh failed. listed: nobody answers"}
        told = ask(home, STATUS)
        assert (told["last_error"], told["error_count"]) == ("nobody answers", failures)
    assert told["last_update"] == "2026-03-09T12:00:00Z"
    home.source.error = None
    assert ask(home, UPDATE)["updated_count"] == 3
    told = ask(home, STATUS)
    assert (told["last_error"], told["error_count"]) == (None, 0)


@dataclass
class Slow:
    """A source that answers when it is let."""

    real: Any
    asked: int = 0

    def __post_init__(self) -> None:
        self.name = self.real.name
        self.begun, self.go = threading.Event(), threading.Event()

    def fetch_markets(self, count: int) -> Any:
        self.asked += 1
        self.begun.set()
        assert self.go.wait(PATIENCE_SECONDS)
        return self.real.fetch_markets(count)


@pytest.fixture
def slow(home: ApiFixture) -> Slow:
    slow: Any = Slow(home.source)
    home.services[MonitoringService]._refresh.use(source=slow)
    return slow


def test_it_joins_the_refresh_under_way(home: ApiFixture, slow: Slow) -> None:
    client = home.client(headers=home.bearer("admin write"))
    client.get(STATUS)  # FastAPI completes its routes with the first call, on one thread here
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(
            partial(home.services[MonitoringService].refresh, "schedule", by=SYSTEM)
        )
        assert slow.begun.wait(PATIENCE_SECONDS)
        asked = [pool.submit(client.post, UPDATE) for _ask in range(3)]
        done = client.get(STATUS)
        assert read(done)["last_update"] == "2026-03-09T12:00:00Z"
        slow.go.set()
        told = [read(answer.result(PATIENCE_SECONDS)) for answer in asked]
    assert first.result().outcome == "stored"
    assert {answer["timestamp"] for answer in told} == {"2026-03-09T12:05:00Z"}
    assert slow.asked <= 2


def test_nobody_waits_longer_than_two_minutes(
    home: ApiFixture, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert monitoring.MAX_SECONDS == 120
    monkeypatch.setattr(monitoring, "MAX_SECONDS", 0.05)
    assert ask(home, UPDATE, 504) == {
        "detail": "The refresh is taking longer than 120 s; it continues."
    }
    slow.go.set()
    assert home.services[MonitoringService].refresh("schedule", by=SYSTEM).outcome in (
        "stored",
        "unchanged",
    )


def test_many_who_wait_do_not_keep_others_from_reading(home: ApiFixture, slow: Slow) -> None:
    import requests

    with listening(home.app()) as url, ThreadPoolExecutor(60) as pool:
        asked = [
            pool.submit(requests.post, url + UPDATE, headers=home.bearer("admin write"), timeout=60)
            for _ask in range(50)
        ]
        assert slow.begun.wait(PATIENCE_SECONDS)
        for _read in range(5):
            assert requests.get(url + STATUS, timeout=PATIENCE_SECONDS).status_code == 200
        slow.go.set()
        assert {answer.result().status_code for answer in asked} == {200}
