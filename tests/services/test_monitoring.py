"""How the refreshes go, as pages and health tell it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from cointracker.errors import DatabaseClosed, LoginNeeded, NotAllowed, SourceUnreachable
from cointracker.services.access import NOBODY, SYSTEM
from cointracker.services.market import MarketService
from cointracker.services.monitoring import MonitoringService
from cointracker.services.refresh import RefreshService
from cointracker.storage.database import Database
from tests.fakes import ADMIN, NOON, VIEWER, FakeClock, ListedSource, Notes, row
from tests.faults import wait_until_in

SOON = NOON + timedelta(minutes=5)


@pytest.fixture
def source(clock: FakeClock) -> ListedSource:
    return ListedSource(clock, [row("bitcoin")])


def monitor(database: Database, listed: ListedSource, **changes: Any) -> MonitoringService:
    settings: dict[str, Any] = {
        "source": "listed",
        "is_fallback": False,
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
    assert len({status.pulse for status in seen}) == 3


def test_a_new_source_has_another_pulse(database: Database, source: ListedSource) -> None:
    status = monitor(database, source).status()
    assert replace(status, source="coingecko").pulse != status.pulse


@pytest.mark.parametrize(("name", "simulated"), [("simulated", True), ("coingecko", False)])
def test_whether_the_market_is_simulated(
    database: Database, source: ListedSource, name: str, simulated: bool
) -> None:
    status = monitor(database, source, source=name, is_fallback=simulated).status()
    assert (status.is_simulated, status.is_fallback) == (simulated, simulated)


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


class Drive:
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
    drive = Drive()
    monitoring = monitor(database, source, drive=drive)
    assert monitoring.status().is_started
    for _twice in range(2):
        monitoring.stop(by=ADMIN)
    assert not monitoring.status().is_started
    for _twice in range(2):
        monitoring.start(by=ADMIN)
    assert drive.asked == ["stop", "start"]


def test_a_refresh_under_way_is_joined(database: Database, source: ListedSource) -> None:
    drive = Drive()
    monitoring = monitor(database, source, drive=drive)
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
    assert drive.asked == []
    assert monitoring.progress() is None
    monitoring.refresh_now(by=ADMIN)
    assert drive.asked == ["now"]


def test_without_a_schedule_nothing_is_driven(database: Database, source: ListedSource) -> None:
    monitoring = monitor(database, source)
    monitoring.stop(by=ADMIN)
    monitoring.refresh_now(by=ADMIN)
    assert monitoring.status().is_started
    assert monitoring.status().last is None


def test_another_currency_is_another_market(database: Database, source: ListedSource) -> None:
    pulses = {monitor(database, source, quote_currency=c).status().pulse for c in ("usd", "eur")}
    assert len(pulses) == 2


@pytest.mark.parametrize("what", ["start", "stop", "refresh_now", "update_standing"])
def test_it_takes_an_admin_to_drive(database: Database, source: ListedSource, what: str) -> None:
    drive, notes = Drive(), Notes()
    monitoring = monitor(database, source, drive=drive, audit=notes)
    for by, error in ((NOBODY, LoginNeeded), (VIEWER, NotAllowed)):
        with pytest.raises(error):
            getattr(monitoring, what)(by=by)
    with pytest.raises(NotAllowed):
        monitoring.refresh("manual", by=VIEWER)
    assert (drive.asked, notes, monitoring.status().last) == ([], [], None)


def test_who_drove_is_recorded_but_for_the_schedule(
    database: Database, source: ListedSource
) -> None:
    notes = Notes()
    monitoring = monitor(database, source, drive=Drive(), audit=notes)
    monitoring.start(by=ADMIN)
    monitoring.stop(by=ADMIN)
    monitoring.start(by=ADMIN)
    monitoring.refresh_now(by=ADMIN)
    monitoring.refresh("manual", by=ADMIN)
    monitoring.refresh("schedule", by=SYSTEM)
    assert [note[:2] for note in notes] == [
        ("admin", "monitoring.stop"), ("admin", "monitoring.start"),
        ("admin", "monitoring.refresh"), ("admin", "monitoring.refresh"),
    ]  # fmt: skip


def test_standing_by_hand(database: Database, source: ListedSource) -> None:
    class Social:
        def update(self, *, now: bool) -> None:
            asked.append(now)

        def state(self) -> SimpleNamespace:
            return SimpleNamespace(coins=7)

    asked: list[bool] = []
    notes = Notes()
    monitoring = monitor(database, source, audit=notes, standing=Social())
    assert monitoring.update_standing(by=ADMIN) == 7
    assert (asked, notes) == ([True], [("admin", "standing.update", "", "")])
    assert monitor(database, source).update_standing(by=ADMIN) == 0
