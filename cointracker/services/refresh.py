"""A refresh: fetch, store, score, rank, publish; never two at once (SPEC 4)."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from dataclasses import asdict, replace
from datetime import datetime

import pandas as pd

from cointracker.errors import CoinTrackerError, SourceError
from cointracker.services import snapshot
from cointracker.services.snapshot import RankingOptions
from cointracker.sources.base import Clock, MarketBatch, MarketSource, StandingSource
from cointracker.storage import refreshes, snapshots
from cointracker.storage import weights as stored_weights
from cointracker.storage.database import Database
from cointracker.storage.refreshes import FAILED, STORED, UNCHANGED, Refresh

log = logging.getLogger(__name__)

HISTORY = "history"
"""The trigger of the many refreshes that rank the past of a simulated market."""


class RefreshService:
    """Runs refreshes against one source into one database, and remembers the last one."""

    def __init__(
        self,
        database: Database,
        source: MarketSource,
        *,
        count: int,
        clock: Clock,
        options: RankingOptions | None = None,
        standings: StandingSource | None = None,
    ) -> None:
        self._database = database
        self._source = source
        self._count = count
        self._clock = clock
        self._options = options or RankingOptions()
        self._standings = standings
        self._guard = threading.Lock()
        self._running: Future[Refresh] | None = None
        self._last: Refresh | None = None

    @property
    def is_running(self) -> bool:
        """Whether a refresh is under way."""
        return self._running is not None

    def last(self) -> Refresh | None:
        """The last refresh that this process finished, failed ones too."""
        return self._last

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
            running.set_result(self._last)
        except BaseException as exc:
            running.set_exception(exc)
            raise
        finally:
            self._running = None
        return self._last

    def _run(self, trigger: str) -> Refresh:
        started_at = self._clock()
        try:
            batch = self._source.fetch_markets(self._count)
            standings = self._standings.fetch_standings() if self._standings else {}
            done = self._store(started_at, trigger, batch, dict(standings))
        except CoinTrackerError as exc:
            log.warning("refresh failed: %s", exc)
            return self._fail(started_at, trigger, exc)
        level = logging.DEBUG if trigger == HISTORY else logging.INFO
        log.log(level, "refresh %d %s, %d coins", done.refresh_id, done.outcome, done.accepted)
        return done

    def _store(
        self, started_at: datetime, trigger: str, batch: MarketBatch, standings: dict[str, float]
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
                weights = stored_weights.default(session) or self._options.weights
                options = replace(self._options, weights=weights)
                snapshot.store(session, refresh.refresh_id, batch, standings, options)
            refreshes.add(session, refresh, _rejections(batch))
        return refresh

    def _fail(self, started_at: datetime, trigger: str, error: CoinTrackerError) -> Refresh:
        """The failed refresh, in the log if the database takes it; else its id is 0."""
        failed = Refresh(
            refresh_id=0,
            started_at=started_at,
            finished_at=self._clock(),
            trigger=trigger,
            source=self._source.name,
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
