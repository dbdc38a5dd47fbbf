"""The schedule: no job twice at once, missed runs coalesced (SPEC 4.1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler

JOB = "refresh"
HOUR_SECONDS = 3_600
DAY_SECONDS = 86_400


class Schedule:
    """Calls `job` every `interval_seconds` on a thread of its own, from `first_at` on."""

    def __init__(self, job: Callable[[], object], interval_seconds: int) -> None:
        self._job = job
        self._interval_seconds = interval_seconds
        self._scheduler = BackgroundScheduler(timezone=UTC)

    def also(
        self, name: str, job: Callable[[], object], interval_seconds: int, first_at: datetime
    ) -> None:
        """Call another job beside it, as often and from when on it says, never two at once."""
        self._add(name, job, interval_seconds, first_at)

    def start(self, first_at: datetime) -> None:
        """Begin; a `first_at` in the past means at once."""
        self._add(JOB, self._job, self._interval_seconds, first_at)
        self._scheduler.start()

    def _add(
        self, name: str, job: Callable[[], object], interval_seconds: int, first_at: datetime
    ) -> None:
        self._scheduler.add_job(
            job,
            "interval",
            seconds=interval_seconds,
            id=name,
            next_run_time=max(first_at, datetime.now(UTC)),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )

    def set_interval(self, seconds: int) -> None:
        """Call the job every `seconds` from now on; the next time so long from now."""
        if seconds == self._interval_seconds:
            return
        self._interval_seconds = seconds
        if self._scheduler.running:
            self._scheduler.reschedule_job(JOB, trigger="interval", seconds=seconds)

    def next_at(self) -> datetime | None:
        """When the next refresh is due; None when none is planned."""
        job = self._scheduler.get_job(JOB) if self._scheduler.running else None
        return job.next_run_time if job else None

    def stop(self) -> None:
        """Plan no more, and wait for what is under way. May be called again."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
