"""The state of refreshes: what pages say of age, source and failures, and the API of health."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from cointracker.core.clock import Clock
from cointracker.core.errors import SnapshotNotFound
from cointracker.core.events import Events
from cointracker.core.rights import SYSTEM, Principal, Right, require
from cointracker.features.audit.service import AuditService
from cointracker.features.market.rankings import MarketService, Snapshot
from cointracker.features.monitoring.refresh import Progress, RefreshService
from cointracker.features.monitoring.refresh_counters import RefreshCounts
from cointracker.features.monitoring.store.refreshes import FAILED, Refresh
from cointracker.markets.declaration import Market
from cointracker.storage.salvage import Damage, damages

MAX_FAILURES = 1_000
LATE_AFTER_INTERVALS = 2


@dataclass(frozen=True)
class Status:
    """The state of the refreshes at `now`.

    market: the one that serves. is_substitute: it serves because the live one could not be reached
    when the server started.
    asked_interval_seconds: what the settings ask for; interval_seconds is longer where the call
    budget of the source does not sustain it.
    is_started: whether refreshes are wanted; somebody may have stopped them.
    snapshot is None before the first one, last is None before the first refresh of this server,
    next_at is None while no refresh is planned. may_ask_at: before when the source is not asked,
    for it wants to be left alone, fails again and again, or its calls are used up; None when it may
    be asked now.
    """

    now: datetime
    market: Market
    is_substitute: bool
    interval_seconds: int
    asked_interval_seconds: int
    is_running: bool
    snapshot: Snapshot | None
    last: Refresh | None
    next_at: datetime | None
    is_started: bool = True
    quote_currency: str = "usd"
    may_ask_at: datetime | None = None

    @property
    def is_simulated(self) -> bool:
        """Whether the market shown is generated."""
        return self.market.is_generated

    @property
    def source(self) -> str:
        """The market's main provider, as rows and log call it."""
        return self.market.key

    @property
    def is_stretched(self) -> bool:
        """Whether the refreshes are further apart than the settings ask."""
        return self.interval_seconds > self.asked_interval_seconds

    @property
    def is_from_fallback(self) -> bool:
        """Whether the newest snapshot came from the provider that stands in for the main one."""
        return self.snapshot is not None and self.snapshot.source != self.source

    @property
    def is_failing(self) -> bool:
        """Whether the last refresh failed."""
        return self.last is not None and self.last.outcome == FAILED

    @property
    def age_seconds(self) -> float:
        """Age of the newest snapshot; infinite before the first one."""
        if self.snapshot is None:
            return float("inf")
        return max(0.0, (self.now - self.snapshot.at).total_seconds())

    @property
    def is_late(self) -> bool:
        """Whether the newest snapshot is older than two intervals."""
        return self.age_seconds > LATE_AFTER_INTERVALS * self.interval_seconds

    @property
    def change_token(self) -> tuple[str, int]:
        """Changes whenever there is something new to show."""
        market = f"{self.source} in {self.quote_currency}"
        return market, self.last.refresh_id if self.last else 0


class ScheduleControl(Protocol):
    """What has the refreshes done, as they were asked for or as the schedule says."""

    def is_started(self) -> bool:
        """Whether refreshes are wanted."""

    def start(self) -> None:
        """Start refreshing, after a restart too. Raises StorageError."""

    def stop(self) -> None:
        """Refresh no more until started, after a restart neither. Raises StorageError."""

    def refresh_now(self) -> None:
        """Have a refresh done on another thread; returns at once."""


class TryNow(Protocol):
    """Makes the live market the one that serves."""

    def __call__(self, *, by: Principal) -> None:
        """Raises LoginNeeded, NotAllowed, and SourceError when it does not answer."""


class NoSchedule:
    """The drive where nothing is driven: outside the server."""

    def is_started(self) -> bool:
        """As if it were."""
        return True

    def start(self) -> None:
        """Nothing."""

    def stop(self) -> None:
        """Nothing."""

    def refresh_now(self) -> None:
        """Nothing."""


class MonitoringService:
    """Watches one refresh service and the schedule that drives it."""

    def __init__(  # noqa: PLR0913 - its parts, all by name
        self,
        rankings: MarketService,
        refresh: RefreshService,
        *,
        market: Market,
        is_substitute: bool,
        interval_seconds: int,
        next_at: Callable[[], datetime | None],
        clock: Clock,
        audit: AuditService,
        asked_interval_seconds: int | None = None,
        schedule_control: ScheduleControl | None = None,
        quote_currency: str = "usd",
        may_ask_at: Callable[[], datetime | None] = lambda: None,
        events: Events | None = None,
    ) -> None:
        self._rankings = rankings
        self._market = market
        self._refresh = refresh
        self._is_substitute = is_substitute
        self._interval_seconds = interval_seconds
        self._asked_interval_seconds = asked_interval_seconds or interval_seconds
        self._next_at = next_at
        self._may_ask_at = may_ask_at
        self._clock = clock
        self._audit = audit
        self._schedule_control = schedule_control or NoSchedule()
        self._quote_currency = quote_currency
        self._events = events or Events()

    def status(self) -> Status:
        """The state now. Raises StorageError when the database does not answer."""
        try:
            snapshot: Snapshot | None = self._rankings.snapshot()
        except SnapshotNotFound:
            snapshot = None
        return Status(
            now=self._clock(),
            market=self._market,
            is_substitute=self._is_substitute,
            interval_seconds=self._interval_seconds,
            asked_interval_seconds=self._asked_interval_seconds,
            is_running=self._refresh.is_running,
            snapshot=snapshot,
            last=self._refresh.last(),
            next_at=self._next_at(),
            is_started=self._schedule_control.is_started(),
            quote_currency=self._quote_currency,
            may_ask_at=self._may_ask_at(),
        )

    def start(self, *, by: Principal) -> None:
        """Let the schedule refresh again; when it is due, or at once if it is.

        What is started stays so. Raises LoginNeeded, NotAllowed, StorageError.
        """
        require(by, Right.WRITE)
        if not self._schedule_control.is_started():
            self._schedule_control.start()
            self._audit.record(by, "monitoring.start")
            self._events.notify()

    def stop(self, *, by: Principal) -> None:
        """Let the schedule refresh no more, after a restart neither.

        A refresh under way ends, and one that is asked for is done. Raises LoginNeeded,
        NotAllowed, StorageError.
        """
        require(by, Right.WRITE)
        if self._schedule_control.is_started():
            self._schedule_control.stop()
            self._audit.record(by, "monitoring.stop")
            self._events.notify()

    def refresh_now(self, *, by: Principal) -> None:
        """Have a refresh done, or join the one under way; returns at once.

        Raises LoginNeeded, NotAllowed, StorageError.
        """
        require(by, Right.WRITE)
        if not self._refresh.is_running:
            self._audit.record(by, "monitoring.refresh")
            self._schedule_control.refresh_now()

    def progress(self) -> Progress | None:
        """Where the refresh under way is; None while there is none."""
        return self._refresh.progress()

    def refresh(self, trigger: str, *, by: Principal) -> Refresh:
        """Refresh now, or join the refresh under way, and wait for its end, which the news tell.

        Raises LoginNeeded, NotAllowed, StorageError.
        """
        require(by, Right.WRITE)
        if by != SYSTEM and not self._refresh.is_running:
            self._audit.record(by, "monitoring.refresh")
        done = self._refresh.run(trigger)
        self._events.notify()
        return done

    def refresh_counts(self) -> RefreshCounts:
        """How the refreshes of this process into this database went."""
        return self._refresh.refresh_counts()

    def failures_in_a_row(self) -> int:
        """How many refreshes have failed since the last one that did not; at most 1,000."""
        return self._refresh.failures_in_a_row(MAX_FAILURES)


@dataclass(frozen=True)
class LiveMarket:
    """The way back to the live market. try_now raises what `Serving.try_live` does."""

    try_now: TryNow


@dataclass(frozen=True)
class DamagedFiles:
    """The databases that were set aside and still lie in the data folder."""

    folder: Path

    def all(self) -> tuple[Damage, ...]:
        """All of them, newest first."""
        return damages(self.folder)
