"""The schedule as monitoring drives it: started, stopped, or asked for one refresh."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial

from cointracker.bootstrap import duties
from cointracker.jobs.scheduler import Schedule
from cointracker.sources.base import Clock
from cointracker.storage import app
from cointracker.storage.database import Database


class ScheduleDrive:
    """Starts and stops the refreshes of a schedule, and keeps that over a restart.

    due: when the next refresh is due, and how many seconds lie between two.
    """

    def __init__(
        self,
        database: Database,
        schedule: Schedule,
        clock: Clock,
        due: Callable[[], tuple[datetime, int]],
    ) -> None:
        self._database = database
        self._schedule = schedule
        self._clock = clock
        self._due = due
        self._changing = threading.Lock()
        with database.reading() as session:
            self._is_started = app.is_started(session)

    def is_started(self) -> bool:
        """Whether refreshes are wanted."""
        return self._is_started

    def start(self) -> None:
        """Refresh from now on, after a restart too. Raises StorageError."""
        self._set(True)

    def stop(self) -> None:
        """Refresh no more until started, after a restart neither. Raises StorageError."""
        self._set(False)

    def refresh_now(self) -> None:
        """Have a refresh done on the schedule's threads; returns at once."""
        self._schedule.soon("refresh now", partial(duties.refresh, "manual"))

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
                app.set_started(session, is_started, self._clock())
            self._is_started = is_started
            self.plan()
