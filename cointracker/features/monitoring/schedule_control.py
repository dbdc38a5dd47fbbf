"""The schedule as monitoring drives it: started, stopped, or asked for one refresh."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial

from cointracker.core.clock import Clock
from cointracker.features.monitoring.store import schedule as stored_schedule
from cointracker.jobs.scheduler import Schedule
from cointracker.storage.database import Database


class StoredScheduleControl:
    """Starts and stops the refreshes of a schedule, and keeps that over a restart.

    due: when the next refresh is due, and how many seconds lie between two. refresh: does one,
    given what triggered it.
    """

    def __init__(
        self,
        database: Database,
        schedule: Schedule,
        clock: Clock,
        due: Callable[[], tuple[datetime, int]],
        refresh: Callable[[str], None],
    ) -> None:
        self._database = database
        self._schedule = schedule
        self._clock = clock
        self._due = due
        self._refresh = refresh
        self._changing = threading.Lock()
        with database.reading() as session:
            self._is_started = stored_schedule.is_started(session)

    def is_started(self) -> bool:
        """Whether refreshes are wanted."""
        return self._is_started

    def start(self) -> None:
        """Start refreshing, after a restart too. Raises StorageError."""
        self._set(True)

    def stop(self) -> None:
        """Refresh no more until started, after a restart neither. Raises StorageError."""
        self._set(False)

    def refresh_now(self) -> None:
        """Have a refresh done on the schedule's threads; returns at once."""
        self._schedule.soon("refresh now", partial(self._refresh, "manual"))

    def plan(self, first_at: datetime | None = None) -> None:
        """Plan the refreshes anew as the settings say now, if wanted; the next at `first_at`."""
        due, seconds = self._due()
        self._schedule.plan((first_at or due) if self._is_started else None, seconds)

    def first_at(self) -> datetime | None:
        """When the first refresh of the process is due; None when none is wanted."""
        return self._due()[0] if self._is_started else None

    def _set(self, is_started: bool) -> None:
        with self._changing:
            with self._database.transaction() as session:
                stored_schedule.set_started(session, is_started, self._clock())
            self._is_started = is_started
            self.plan()
