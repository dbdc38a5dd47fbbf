"""The schedule: no job twice at once, missed runs coalesced."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

from apscheduler.schedulers.background import BackgroundScheduler

from cointracker.core.errors import CoinTrackerError
from cointracker.core.services import Services

log = logging.getLogger(__name__)

JOB = "refresh"
HOUR_SECONDS = 3_600
DAY_SECONDS = 86_400
MAX_AT_ONCE = 10


class Schedule:
    """Calls `job` every `interval_seconds` on a thread of its own, from `first_at` on."""

    def __init__(self, job: Callable[[], object], interval_seconds: int) -> None:
        self._job = job
        self._interval_seconds = interval_seconds
        self._scheduler = BackgroundScheduler(timezone=UTC)
        self._pool = ThreadPoolExecutor(MAX_AT_ONCE, "soon")

    def also(
        self, name: str, job: Callable[[], object], interval_seconds: int, first_at: datetime
    ) -> None:
        """Call another job beside it, as often and from when on it says, never two at once."""
        self._add(name, job, interval_seconds, first_at)

    def start(self, first_at: datetime | None) -> None:
        """Begin; a `first_at` in the past means at once, None not before `plan` says when."""
        self._add(JOB, self._job, self._interval_seconds, first_at)
        self._scheduler.start()

    def plan(self, first_at: datetime | None, interval_seconds: int) -> None:
        """Call the job from `first_at` on, every so many seconds; None: not until planned again.

        A run under way is left to end.
        """
        self._interval_seconds = interval_seconds
        if self._scheduler.running:
            self._add(JOB, self._job, interval_seconds, first_at)

    def soon(self, name: str, job: Callable[[], object]) -> None:
        """Call a job once, at once, on a thread of its own; nothing before start and after stop."""
        if self._scheduler.running:
            self._pool.submit(job).add_done_callback(partial(_log_failure, name))

    def _add(
        self, name: str, job: Callable[[], object], interval_seconds: int, first_at: datetime | None
    ) -> None:
        self._scheduler.add_job(
            job,
            "interval",
            seconds=interval_seconds,
            id=name,
            next_run_time=None if first_at is None else max(first_at, datetime.now(UTC)),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            replace_existing=True,
        )

    def next_at(self) -> datetime | None:
        """When the next refresh is due; None when none is planned."""
        job = self._scheduler.get_job(JOB) if self._scheduler.running else None
        return job.next_run_time if job else None

    def stop(self) -> None:
        """Plan no more, and wait for what is under way. May be called again."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
        self._pool.shutdown(wait=True)


def run_job(name: str, run: Callable[[Services], object], services: Services) -> None:
    """Do a job by what serves; an error of ours is logged."""
    log_trouble(partial(run, services), name)


def log_trouble(job: Callable[[], object], name: str = "a job") -> None:
    """Do something; an error of ours is logged."""
    try:
        job()
    except CoinTrackerError as exc:
        log.error("%s failed: %s", name, exc)


def _log_failure(name: str, done: Future[object]) -> None:
    error = done.exception()
    if error is not None:
        log.error("%s failed", name, exc_info=error)
