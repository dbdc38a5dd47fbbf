"""A refresh: fetch, store, score, rank, publish; never two at once."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future, wait
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import pandas as pd

from cointracker.core.clock import Clock
from cointracker.core.errors import CoinTrackerError, SourceError
from cointracker.features.market import snapshot_writer
from cointracker.features.market.snapshot_writer import RankingOptions
from cointracker.features.market.store import snapshots
from cointracker.features.market.store import weights as stored_weights
from cointracker.features.monitoring.refresh_counters import RefreshCounters, RefreshCounts
from cointracker.features.monitoring.store import refreshes
from cointracker.features.monitoring.store.refreshes import FAILED, STORED, UNCHANGED, Refresh
from cointracker.providers.base import MarketBatch, MarketSource, StandingSource
from cointracker.providers.deadlines import within
from cointracker.storage.database import Database

log = logging.getLogger(__name__)

HISTORY = "history"
"""The trigger of the many refreshes that rank the past of a simulated market."""

ASKING, STORING = "asking", "storing and ranking"
ASKING_SECONDS = 100.0
"""What all sources together may take of the 120 s in which a refresh has to end."""


@dataclass(frozen=True)
class Progress:
    """Where the refresh under way is: asking, or storing and ranking, and since when."""

    stage: str
    since: datetime
    started_at: datetime


@dataclass(frozen=True)
class _Setup:
    """What a refresh asks, for how many coins, and how it ranks them."""

    source: MarketSource
    count: int
    options: RankingOptions


class RefreshService:
    """Runs refreshes against one source into one database, and remembers the last one.

    asking_seconds: how long its sources may be asked altogether before it counts as failed.
    """

    def __init__(
        self,
        database: Database,
        source: MarketSource,
        *,
        count: int,
        clock: Clock,
        options: RankingOptions | None = None,
        standings: StandingSource | None = None,
        asking_seconds: float = ASKING_SECONDS,
    ) -> None:
        self._database = database
        self._setup = _Setup(source, count, options or RankingOptions())
        self._clock = clock
        self._standings = standings
        self._asking_seconds = asking_seconds
        self._progress: Progress | None = None
        self._guard = threading.Lock()
        self._running: Future[Refresh] | None = None
        self._last: Refresh | None = None
        self._counters = RefreshCounters()

    @property
    def is_running(self) -> bool:
        """Whether a refresh is under way."""
        return self._running is not None

    def progress(self) -> Progress | None:
        """Where the refresh under way is; None while there is none."""
        return self._progress

    def use(
        self,
        *,
        source: MarketSource | None = None,
        count: int | None = None,
        options: RankingOptions | None = None,
    ) -> None:
        """Ask and rank otherwise from the next refresh on; what is not given stays."""
        now = self._setup
        self._setup = _Setup(source or now.source, count or now.count, options or now.options)

    def finish(self) -> None:
        """Wait for the refresh under way, if there is one."""
        running = self._running
        if running is not None:
            wait([running])

    def last(self) -> Refresh | None:
        """The last refresh that this process finished, failed ones too."""
        return self._last

    def failures_in_a_row(self, limit: int) -> int:
        """How many of the last refreshes in the log failed, up to the last that did not."""
        with self._database.reading() as session:
            outcomes = refreshes.log(session, limit=limit)["outcome"]
        return int((outcomes == FAILED).cummin().sum())

    def refresh_counts(self) -> RefreshCounts:
        """How the refreshes of this process went."""
        return self._counters.now()

    def run(self, trigger: str) -> Refresh:
        """Do a refresh, or join the one under way, and return its row of the log.

        A failure is an outcome, not an exception: the last snapshot stays, the log says why.
        """
        with self._guard:
            mine = self._running is None
            running = self._running = self._running or Future()
        if not mine:
            return running.result()
        try:
            self._last = self._run(trigger)
            self._counters.count(self._last)
            running.set_result(self._last)
        except BaseException as exc:
            running.set_exception(exc)
            raise
        finally:
            self._running = self._progress = None
        return self._last

    def _run(self, trigger: str) -> Refresh:
        started_at, setup = self._clock(), self._setup
        self._progress = Progress(ASKING, started_at, started_at)
        try:
            with within(self._asking_seconds):
                batch = setup.source.fetch_markets(setup.count)
                standings = self._standings.fetch_standings() if self._standings else {}
            self._progress = Progress(STORING, self._clock(), started_at)
            done = self._store(started_at, trigger, batch, dict(standings), setup.options)
        except CoinTrackerError as exc:
            log.warning("refresh failed: %s", exc)
            return self._fail(started_at, trigger, setup.source.name, exc)
        level = logging.DEBUG if trigger == HISTORY else logging.INFO
        log.log(level, "refresh %d %s, %d coins", done.refresh_id, done.outcome, done.accepted)
        return done

    def _store(
        self,
        started_at: datetime,
        trigger: str,
        batch: MarketBatch,
        standings: dict[str, float],
        options: RankingOptions,
    ) -> Refresh:
        with self._database.transaction() as session:
            seen = snapshots.same(session, batch.fetched_at, batch.source) is not None
            refresh = Refresh(
                refresh_id=refreshes.next_id(session),
                started_at=started_at,
                finished_at=self._clock(),
                trigger=trigger,
                source=batch.source,
                outcome=UNCHANGED if seen else STORED,
                error=_error_name(batch.stands_in_for),
                reason=batch.stands_in_for.problem if batch.stands_in_for else None,
                accepted=len(batch.markets),
                rejected=len(batch.rejections),
            )
            if not seen:
                weights = stored_weights.default(session) or options.weights
                ranked_by = replace(options, weights=weights)
                snapshot_writer.store(session, refresh.refresh_id, batch, standings, ranked_by)
            refreshes.add(session, refresh, _rejections(batch))
        return refresh

    def _fail(
        self, started_at: datetime, trigger: str, source: str, error: CoinTrackerError
    ) -> Refresh:
        """The failed refresh, in the log if the database takes it; else its id is 0."""
        failed = Refresh(
            refresh_id=0,
            started_at=started_at,
            finished_at=self._clock(),
            trigger=trigger,
            source=source,
            outcome=FAILED,
            error=type(error).__name__,
            reason=error.problem if isinstance(error, SourceError) else str(error),
            accepted=0,
            rejected=0,
        )
        try:
            with self._database.transaction() as session:
                logged = replace(failed, refresh_id=refreshes.next_id(session))
                refreshes.add(session, logged, pd.DataFrame())
        except CoinTrackerError as exc:
            log.error("the failed refresh could not be logged: %s", exc)
            return failed
        return logged


def _error_name(error: SourceError | None) -> str | None:
    return type(error).__name__ if error else None


def _rejections(batch: MarketBatch) -> pd.DataFrame:
    rows = [asdict(rejection) for rejection in batch.rejections]
    return pd.DataFrame(rows, columns=list(refreshes.REJECTION_COLUMNS))
