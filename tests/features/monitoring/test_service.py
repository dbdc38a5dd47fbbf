"""The state of refreshes, as pages and health tell it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from cointracker.core.errors import DatabaseClosed, LoginNeeded, NotAllowed, SourceUnreachable
from cointracker.core.rights import NOBODY, SYSTEM
from cointracker.features.market.rankings import MarketService
from cointracker.features.monitoring.refresh import RefreshService
from cointracker.features.monitoring.service import MonitoringService
from cointracker.markets.crypto import CRYPTO
from cointracker.markets.declaration import Market
from cointracker.markets.simulated import SIMULATED
from cointracker.storage.database import Database
from tests.fakes import ADMIN, NOON, VIEWER, FakeClock, ListedSource, Notes, row
from tests.faults import wait_until_in
from tests.serving import listed_market

SOON = NOON + timedelta(minutes=5)


@pytest.fixture
def source(clock: FakeClock) -> ListedSource:
    return ListedSource(clock, [row("bitcoin")])


def monitor(database: Database, listed: ListedSource, **changes: Any) -> MonitoringService:
    settings: dict[str, Any] = {
        "market": listed_market(listed),
        "is_substitute": False,
        "interval_seconds": 300,
        "next_at": lambda: SOON,
        "clock": listed.clock,
        "audit": Notes(),
    }
    refresh = RefreshService(database, listed, count=1, clock=listed.clock)
    return MonitoringService(MarketService(database), refresh, **settings | changes)


def test_before_the_first_refresh(database: Database, source: ListedSource) -> None:
    status = monitor(database, source, next_at=lambda: None).status()
    assert (status.snapshot, status.last, status.next_at) == (None, None, None)
    assert (status.now, status.source, status.interval_seconds) == (NOON, "listed", 300)
    assert status.age_seconds == float("inf")
    assert (status.is_late, status.is_failing, status.is_running) == (True, False, False)


@pytest.mark.parametrize(
    ("seconds", "is_late"), [(0, False), (300, False), (600, False), (600.001, True), (-5, False)]
)
def test_a_snapshot_is_late_after_two_intervals(
    database: Database, source: ListedSource, clock: FakeClock, seconds: float, is_late: bool
) -> None:
    monitoring = monitor(database, source)
    done = monitoring.refresh("manual", by=ADMIN)
    clock.move(seconds=seconds)
    status = monitoring.status()
    assert (status.last, status.next_at) == (done, SOON)
    assert status.age_seconds == max(0, seconds)
    assert status.is_late is is_late


def test_it_is_failing_as_long_as_the_last_refresh_failed(
    database: Database, source: ListedSource
) -> None:
    monitoring = monitor(database, source)
    seen = []
    for error in (None, SourceUnreachable("listed", "gone"), None):
        source.error = error
        source.clock.move(minutes=5)
        monitoring.refresh("schedule", by=ADMIN)
        seen.append(monitoring.status())
    assert [status.is_failing for status in seen] == [False, True, False]
    assert [status.last.reason if status.last else "" for status in seen] == [None, "gone", None]
    assert len({status.change_token for status in seen}) == 3


def test_a_new_market_has_another_change_token(database: Database, source: ListedSource) -> None:
    status = monitor(database, source).status()
    assert replace(status, market=CRYPTO).change_token != status.change_token


@pytest.mark.parametrize(("market", "simulated"), [(SIMULATED, True), (CRYPTO, False)])
def test_whether_the_market_is_simulated(
    database: Database, source: ListedSource, market: Market, simulated: bool
) -> None:
    status = monitor(database, source, market=market, is_substitute=simulated).status()
    assert (status.is_simulated, status.is_substitute) == (simulated, simulated)
    assert status.source == market.key


def test_when_the_next_refresh_is_due_is_asked_each_time(
    database: Database, source: ListedSource
) -> None:
    due: list[datetime] = [SOON, SOON + timedelta(hours=1)]
    monitoring = monitor(database, source, next_at=lambda: due.pop(0))
    assert [monitoring.status().next_at for _ in range(2)] == [SOON, SOON + timedelta(hours=1)]


@pytest.mark.parametrize(("asked", "is_stretched"), [(None, False), (300, False), (60, True)])
def test_whether_refreshes_are_stretched(
    database: Database, source: ListedSource, asked: int | None, is_stretched: bool
) -> None:
    status = monitor(database, source, asked_interval_seconds=asked).status()
    assert (status.interval_seconds, status.asked_interval_seconds) == (300, asked or 300)
    assert status.is_stretched is is_stretched


def test_a_database_that_does_not_answer(database: Database, source: ListedSource) -> None:
    monitoring = monitor(database, source)
    database.close()
    with pytest.raises(DatabaseClosed):
        monitoring.status()


# Start, stop, refresh now


class ScheduleControl:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.started = True

    def is_started(self) -> bool:
        return self.started

    def start(self) -> None:
        self.asked.append("start")
        self.started = True

    def stop(self) -> None:
        self.asked.append("stop")
        self.started = False

    def refresh_now(self) -> None:
        self.asked.append("now")


def test_it_is_started_and_stopped_once(database: Database, source: ListedSource) -> None:
    schedule_control = ScheduleControl()
    monitoring = monitor(database, source, schedule_control=schedule_control)
    assert monitoring.status().is_started
    for _twice in range(2):
        monitoring.stop(by=ADMIN)
    assert not monitoring.status().is_started
    for _twice in range(2):
        monitoring.start(by=ADMIN)
    assert schedule_control.asked == ["stop", "start"]


def test_a_refresh_under_way_is_joined(database: Database, source: ListedSource) -> None:
    schedule_control = ScheduleControl()
    monitoring = monitor(database, source, schedule_control=schedule_control)
    with database.transaction():
        running = threading.Thread(
            target=monitoring.refresh, args=("manual",), kwargs={"by": SYSTEM}
        )
        running.start()
        wait_until_in("_store", running)
        progress = monitoring.progress()
        assert progress is not None
        assert progress.stage == "storing and ranking"
        monitoring.refresh_now(by=ADMIN)
    running.join()
    assert schedule_control.asked == []
    assert monitoring.progress() is None
    monitoring.refresh_now(by=ADMIN)
    assert schedule_control.asked == ["now"]


def test_without_a_schedule_nothing_is_driven(database: Database, source: ListedSource) -> None:
    monitoring = monitor(database, source)
    monitoring.stop(by=ADMIN)
    monitoring.refresh_now(by=ADMIN)
    assert monitoring.status().is_started
    assert monitoring.status().last is None


def test_another_currency_is_another_market(database: Database, source: ListedSource) -> None:
    change_tokens = {
        monitor(database, source, quote_currency=c).status().change_token for c in ("usd", "eur")
    }
    assert len(change_tokens) == 2


@pytest.mark.parametrize("what", ["start", "stop", "refresh_now"])
def test_it_takes_an_admin_to_drive(database: Database, source: ListedSource, what: str) -> None:
    schedule_control, notes = ScheduleControl(), Notes()
    monitoring = monitor(database, source, schedule_control=schedule_control, audit=notes)
    for by, error in ((NOBODY, LoginNeeded), (VIEWER, NotAllowed)):
        with pytest.raises(error):
            getattr(monitoring, what)(by=by)
    with pytest.raises(NotAllowed):
        monitoring.refresh("manual", by=VIEWER)
    assert (schedule_control.asked, notes, monitoring.status().last) == ([], [], None)


def test_who_drove_is_recorded_but_for_the_schedule(
    database: Database, source: ListedSource
) -> None:
    notes = Notes()
    monitoring = monitor(database, source, schedule_control=ScheduleControl(), audit=notes)
    monitoring.start(by=ADMIN)
    monitoring.stop(by=ADMIN)
    monitoring.start(by=ADMIN)
    monitoring.refresh_now(by=ADMIN)
    monitoring.refresh("manual", by=ADMIN)
    monitoring.refresh("schedule", by=SYSTEM)
    assert [note[:2] for note in notes] == [
        ("admin", "monitoring.stop"),
        ("admin", "monitoring.start"),
        ("admin", "monitoring.refresh"),
        ("admin", "monitoring.refresh"),
    ]


def test_failures_are_counted_from_the_last_refresh_that_did_not_fail(
    database: Database, source: ListedSource
) -> None:
    monitoring = monitor(database, source)
    counted = [monitoring.failures_in_a_row()]
    gone = SourceUnreachable("listed", "gone")
    for error in (None, gone, gone, None, gone):
        source.error = error
        source.clock.move(minutes=5)
        monitoring.refresh("schedule", by=SYSTEM)
        counted.append(monitoring.failures_in_a_row())
    assert counted == [0, 0, 1, 2, 0, 1]
