"""How the refreshes go: what pages say of age, source and failures, and the API of health."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cointracker.errors import SnapshotNotFound
from cointracker.services.access import SYSTEM, Principal, Right, require
from cointracker.services.audit import AuditService
from cointracker.services.market import MarketService, Snapshot
from cointracker.services.refresh import Progress, RefreshService
from cointracker.services.standing import StandingService
from cointracker.sources.base import Clock
from cointracker.storage.refreshes import FAILED, Refresh

SIMULATED, SECOND = "simulated", "coinpaprika"
LATE_AFTER_INTERVALS = 2


@dataclass(frozen=True)
class Status:
    """The state of the refreshes at `now`.

    is_fallback: the source stands in for one that could not be reached when the server started.
    asked_interval_seconds: what the settings ask for; interval_seconds is longer where the call
    budget of the source does not sustain it.
    is_started: whether refreshes are wanted; somebody may have stopped them.
    snapshot is None before the first one, last is None before the first refresh of this server,
    next_at is None while no refresh is planned. may_ask_at: before when the source is not asked,
    for it wants to be left alone, fails again and again, or its calls are used up; None when it may
    be asked now.
    """

    now: datetime
    source: str
    is_fallback: bool
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
        return self.source == SIMULATED

    @property
    def is_stretched(self) -> bool:
        """Whether the refreshes are further apart than the settings ask."""
        return self.interval_seconds > self.asked_interval_seconds

    @property
    def is_second(self) -> bool:
        """Whether the newest snapshot came from the source that stands in for the main one."""
        return self.snapshot is not None and self.snapshot.source == SECOND

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
    def pulse(self) -> tuple[str, int]:
        """Changes whenever there is something new to show."""
        market = f"{self.source} in {self.quote_currency}"
        return market, self.last.refresh_id if self.last else 0


class Drive(Protocol):
    """What has the refreshes done, as they were asked for or as the schedule says."""

    def is_started(self) -> bool:
        """Whether refreshes are wanted."""

    def start(self) -> None:
        """Refresh from now on, after a restart too. Raises StorageError."""

    def stop(self) -> None:
        """Refresh no more until started, after a restart neither. Raises StorageError."""

    def refresh_now(self) -> None:
        """Have a refresh done on another thread; returns at once."""


class NoDrive:
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
        market: MarketService,
        refresh: RefreshService,
        *,
        source: str,
        is_fallback: bool,
        interval_seconds: int,
        next_at: Callable[[], datetime | None],
        clock: Clock,
        audit: AuditService,
        asked_interval_seconds: int | None = None,
        drive: Drive | None = None,
        quote_currency: str = "usd",
        may_ask_at: Callable[[], datetime | None] = lambda: None,
        standing: StandingService | None = None,
    ) -> None:
        self._market = market
        self._refresh = refresh
        self._source = source
        self._is_fallback = is_fallback
        self._interval_seconds = interval_seconds
        self._asked_interval_seconds = asked_interval_seconds or interval_seconds
        self._next_at = next_at
        self._may_ask_at = may_ask_at
        self._clock = clock
        self._audit = audit
        self._standing = standing
        self._drive = drive or NoDrive()
        self._quote_currency = quote_currency

    def status(self) -> Status:
        """The state now. Raises StorageError when the database does not answer."""
        try:
            snapshot: Snapshot | None = self._market.snapshot()
        except SnapshotNotFound:
            snapshot = None
        return Status(
            now=self._clock(),
            source=self._source,
            is_fallback=self._is_fallback,
            interval_seconds=self._interval_seconds,
            asked_interval_seconds=self._asked_interval_seconds,
            is_running=self._refresh.is_running,
            snapshot=snapshot,
            last=self._refresh.last(),
            next_at=self._next_at(),
            is_started=self._drive.is_started(),
            quote_currency=self._quote_currency,
            may_ask_at=self._may_ask_at(),
        )

    def start(self, *, by: Principal) -> None:
        """Let the schedule refresh again; when it is due, or at once if it is.

        What is started stays so. Raises LoginNeeded, NotAllowed, StorageError.
        """
        require(by, Right.WRITE)
        if not self._drive.is_started():
            self._drive.start()
            self._audit.record(by, "monitoring.start")

    def stop(self, *, by: Principal) -> None:
        """Let the schedule refresh no more, after a restart neither.

        A refresh under way ends, and one that is asked for is done. Raises LoginNeeded,
        NotAllowed, StorageError.
        """
        require(by, Right.WRITE)
        if self._drive.is_started():
            self._drive.stop()
            self._audit.record(by, "monitoring.stop")

    def refresh_now(self, *, by: Principal) -> None:
        """Have a refresh done, or join the one under way; returns at once.

        Raises LoginNeeded, NotAllowed, StorageError.
        """
        require(by, Right.WRITE)
        if not self._refresh.is_running:
            self._audit.record(by, "monitoring.refresh")
            self._drive.refresh_now()

    def update_standing(self, *, by: Principal) -> int:
        """Ask for social standing now; how many coins have one then.

        The simulated market brings its own: there nothing is asked, and the answer is 0. Raises
        LoginNeeded, NotAllowed, StorageError.
        """
        require(by, Right.WRITE)
        if self._standing is None:
            return 0
        self._audit.record(by, "standing.update")
        self._standing.update(now=True)
        return self._standing.state().coins

    def progress(self) -> Progress | None:
        """Where the refresh under way is; None while there is none."""
        return self._refresh.progress()

    def refresh(self, trigger: str, *, by: Principal) -> Refresh:
        """Refresh now, or join the refresh under way, and wait for its end.

        Raises LoginNeeded, NotAllowed, StorageError.
        """
        require(by, Right.WRITE)
        if by != SYSTEM and not self._refresh.is_running:
            self._audit.record(by, "monitoring.refresh")
        return self._refresh.run(trigger)
