"""The schedule: at once when due, one at a time, and quiet when it has stopped."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from cointracker.jobs.scheduler import DAY_SECONDS, HOUR_SECONDS, Schedule
from tests.faults import PATIENCE_SECONDS, wait_until_in

HOUR = timedelta(hours=1)


def now() -> datetime:
    return datetime.now(UTC)


class Job:
    """Counts its runs; each waits to be let go on."""

    def __init__(self) -> None:
        self.begun: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.go_on = threading.Semaphore(0)
        self.done = 0
        self.error: Exception | None = None

    def __call__(self) -> None:
        self.begun.put(self.done)
        assert self.go_on.acquire(timeout=PATIENCE_SECONDS)
        if self.error is not None:
            raise self.error
        self.done += 1

    def wait(self) -> None:
        """Return when a run has begun that no `wait` has told of."""
        self.begun.get(timeout=PATIENCE_SECONDS)


@pytest.fixture
def job() -> Job:
    return Job()


@pytest.fixture
def schedule(job: Job) -> Iterator[Schedule]:
    schedule = Schedule(job, 1)
    yield schedule
    job.go_on.release(1000)
    schedule.stop()


@pytest.mark.parametrize("late", [timedelta(0), HOUR, timedelta(days=400)])
def test_what_is_due_runs_at_once(job: Job, schedule: Schedule, late: timedelta) -> None:
    schedule.start(now() - late)
    job.wait()


def test_what_is_due_later_waits(job: Job, schedule: Schedule) -> None:
    due = now() + HOUR
    schedule.start(due)
    assert schedule.next_at() == due
    schedule.stop()
    assert job.begun.empty()


def test_it_runs_again_and_again(job: Job, schedule: Schedule) -> None:
    schedule.start(now())
    for _run in range(2):
        job.wait()
        job.go_on.release()
    job.wait()
    assert job.done == 2


def test_it_can_be_planned_anew(job: Job, schedule: Schedule) -> None:
    schedule.start(now() + HOUR)
    due = now() + 2 * HOUR
    schedule.plan(due, 7200)
    assert schedule.next_at() == due
    schedule.plan(now(), 7200)
    job.wait()
    due = schedule.next_at()
    assert due is not None
    assert due > now() + HOUR


def test_what_is_not_planned_does_not_run(job: Job, schedule: Schedule) -> None:
    schedule.start(now() + HOUR)
    schedule.plan(None, 1)
    assert schedule.next_at() is None
    schedule.soon("other", other := Job())
    other.wait()
    other.go_on.release()
    assert job.begun.empty()
    schedule.plan(now(), 3600)
    job.wait()


def test_it_may_start_without_a_plan(job: Job, schedule: Schedule) -> None:
    schedule.start(None)
    assert schedule.next_at() is None
    schedule.plan(now(), 3600)
    job.wait()


def test_what_is_asked_for_runs_at_once_and_once(job: Job, schedule: Schedule) -> None:
    schedule.soon("early", early := Job())
    schedule.start(now() + HOUR)
    schedule.soon("other", other := Job())
    other.wait()
    other.go_on.release()
    schedule.stop()
    assert (other.done, early.begun.empty(), job.begun.empty()) == (1, True, True)
    schedule.soon("late", early)
    assert early.begun.empty()


def test_what_is_asked_for_and_fails_is_logged(schedule: Schedule) -> None:
    schedule.start(now() + HOUR)
    other = Job()
    other.error = RuntimeError("a bug")
    with Listener("cointracker.jobs.scheduler") as listener:
        schedule.soon("other", other)
        other.wait()
        other.go_on.release()
        assert listener.heard.get(timeout=PATIENCE_SECONDS) == "other failed"


def test_a_machine_that_slept_refreshes_once(job: Job, schedule: Schedule) -> None:
    """Ten hours of a refresh an hour were slept through: all of them make one run."""
    schedule.start(None)
    schedule.plan(now() + HOUR, 3600)
    schedule._scheduler.modify_job("refresh", next_run_time=now() - 10 * HOUR)
    job.wait()
    job.go_on.release(1000)
    due = schedule.next_at()
    assert due is not None
    assert now() < due <= now() + HOUR
    schedule.stop()
    assert job.done == 1


def test_an_interval_planned_before_the_start_holds(job: Job, schedule: Schedule) -> None:
    schedule.plan(None, 7200)
    schedule.start(now())
    job.wait()
    due = schedule.next_at()
    assert due is not None
    assert due > now() + HOUR


def test_a_daily_job_runs_beside_the_refresh_and_stopping_waits_for_it(
    job: Job, schedule: Schedule
) -> None:
    daily = Job()
    schedule.also("daily", daily, DAY_SECONDS, now() - HOUR)
    schedule.start(now() + HOUR)
    daily.wait()
    stopper = threading.Thread(target=schedule.stop)
    stopper.start()
    wait_until_in("shutdown", stopper)
    assert stopper.is_alive()
    daily.go_on.release()
    stopper.join()
    assert daily.done == 1
    assert daily.begun.empty()
    assert job.begun.empty()


def test_a_daily_job_that_is_not_due_waits(schedule: Schedule) -> None:
    daily = Job()
    schedule.also("daily", daily, DAY_SECONDS, now() + HOUR)
    schedule.start(now() + 2 * HOUR)
    schedule.stop()
    assert daily.begun.empty()


class Listener(logging.Handler):
    """Hears what is warned of in a log."""

    def __init__(self, log: str) -> None:
        super().__init__(logging.WARNING)
        self.heard: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._log = logging.getLogger(log)

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.put(record.getMessage())

    def __enter__(self) -> Listener:
        self._log.addHandler(self)
        return self

    def __exit__(self, *_error: object) -> None:
        self._log.removeHandler(self)


def test_never_two_at_once(job: Job, schedule: Schedule) -> None:
    """While the first run is held up the time of the second comes: it is passed over."""
    with Listener("apscheduler.scheduler") as listener:
        schedule.start(now())
        job.wait()
        warning = listener.heard.get(timeout=PATIENCE_SECONDS)
    assert "maximum number of running instances reached" in warning
    assert job.begun.empty()


def test_a_run_that_fails_is_logged_and_the_next_one_comes(job: Job, schedule: Schedule) -> None:
    job.error = RuntimeError("a bug")
    with Listener("apscheduler.executors.default") as listener:
        schedule.start(now())
        job.wait()
        job.go_on.release()
        assert "raised an exception" in listener.heard.get(timeout=PATIENCE_SECONDS)
    job.wait()


def test_another_job_runs_beside_the_first_and_never_twice_at_once(
    job: Job, schedule: Schedule
) -> None:
    other = Job()
    with Listener("apscheduler.scheduler") as listener:
        schedule.also("other", other, 1, now())
        schedule.start(now() + HOUR)
        assert (schedule.next_at() or now()) > now() + HOUR / 2, "the time of the first alone"
        other.wait()
        assert "maximum number" in listener.heard.get(timeout=PATIENCE_SECONDS)
    assert other.begun.empty()
    assert job.begun.empty()
    other.go_on.release()
    other.wait()
    other.go_on.release(1000)


def test_stopping_waits_for_the_run_under_way(job: Job, schedule: Schedule) -> None:
    schedule.start(now())
    job.wait()
    stopper = threading.Thread(target=schedule.stop)
    stopper.start()
    wait_until_in("shutdown", stopper)
    stopper.join(timeout=0.2)
    assert stopper.is_alive()
    job.go_on.release()
    stopper.join()
    assert job.done == 1
    assert job.begun.empty()


def test_it_may_stop_twice_and_before_it_began(schedule: Schedule) -> None:
    assert schedule.next_at() is None
    schedule.stop()
    schedule.start(now() + HOUR)
    schedule.stop()
    schedule.stop()
    assert schedule.next_at() is None


def test_hourly_jobs_begin_at_once_beside_the_refresh(job: Job) -> None:
    """One that hangs holds up neither the refresh nor the other one."""
    hangs, other = Job(), Job()
    schedule = Schedule(job, 1)
    for name, beside in (("hangs", hangs), ("other", other)):
        schedule.also(name, beside, HOUR_SECONDS, first_at=now())
    schedule.start(now() + HOUR)
    try:
        hangs.wait()
        other.wait()
        assert job.begun.empty()
        (planned,) = {
            schedule._scheduler.get_job(name).trigger.interval for name in ("hangs", "other")
        }
        assert planned == HOUR
    finally:
        hangs.go_on.release()
        other.go_on.release()
        schedule.stop()
    assert (hangs.done, other.done) == (1, 1)
