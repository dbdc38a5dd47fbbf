"""One coin asked about: what is missing or stale, one call for each, stored as it comes."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from cointracker.analysis.series import HISTORY
from cointracker.core.clock import Clock
from cointracker.core.errors import (
    BudgetSpent,
    CircuitOpen,
    MalformedAnswer,
    NotFound,
    RateLimited,
    SourceError,
)
from cointracker.features.coin import store
from cointracker.features.coin.store import FAILED, STORED, UNKNOWN, Fetch
from cointracker.features.market.store import coins, observations
from cointracker.providers.base import CoinDetails, CoinSource
from cointracker.storage.database import Database, Session

log = logging.getLogger(__name__)

DETAILS, HOURLY, DAILY = "details", "hourly", "daily"
WHATS = (DETAILS, HOURLY, DAILY)
DAY = timedelta(days=1)
FRESH_FOR = UNKNOWN_FOR = DAY
RETRY_AFTER, MIN_WAIT = timedelta(minutes=15), timedelta(minutes=1)
HOURLY_DAYS, DAILY_DAYS = 90, 365
HOURLY_GAP, DAILY_GAP = timedelta(hours=3), timedelta(days=2)
MIN_DAYS = 2
"""One day alone would come as 5-minute points."""


@dataclass(frozen=True)
class Task:
    """One call that is due: the details of a coin, or the history of the last `days`."""

    what: str
    days: int = 0


class CoinAsker:
    """Finds what is due of a coin, asks the source for it and stores the answer."""

    def __init__(self, database: Database, source: CoinSource, clock: Clock) -> None:
        self._database = database
        self._source = source
        self._clock = clock

    def due(self, coin_id: str) -> list[Task]:
        """What to ask for now: details first, then history. Empty for a coin never followed.

        Details are due when they are a day old; hourly and daily history when it never came, or
        there is a gap in what is stored since, and then a day after it last came.
        """
        now = self._clock()
        with self._database.reading() as session:
            if not (coins.one(session, coin_id)["coin_id"] == coin_id).any():
                return []
            fetched = store.fetches(session, coin_id)
            due = [_due(session, coin_id, what, fetched.get(what), now) for what in WHATS]
        return [task for task in due if task]

    def lacking(self, limit: int) -> list[str]:
        """The coins of the newest snapshot, best first, of which something never came."""
        with self._database.reading() as session:
            return store.lacking(session, WHATS, self._clock(), limit=limit)

    def ask(self, coin_id: str, task: Task) -> None:
        """Ask for one thing, in one call, and store it in one transaction.

        Raises SourceError, which is remembered, and StorageError.
        """
        try:
            if task.what == DETAILS:
                self._store_details(self._source.fetch_details(coin_id))
            else:
                chart = self._source.fetch_chart(coin_id, task.days)
                self._store_chart(coin_id, task.what, chart)
        except SourceError as exc:
            self.remember(coin_id, task, exc)
            raise

    def remember(self, coin_id: str, task: Task, error: SourceError) -> None:
        """Put down that asking failed, so that it is not asked again at once."""
        now = self._clock()
        with self._database.transaction() as session:
            before = store.fetches(session, coin_id).get(task.what)
            outcome = UNKNOWN if isinstance(error, NotFound) else FAILED
            stored_at = before.stored_at if before else None
            wait = _wait(error, now)
            fetch = Fetch(
                coin_id, task.what, now, outcome, error.problem, stored_at, due_at=now + wait
            )
            store.remember(session, fetch)

    def _store_details(self, details: CoinDetails) -> None:
        left_out = [f"{bad.field}: {bad.reason}" for bad in details.rejections]
        if left_out:
            log.warning("%s: left out of its details: %s", details.coin_id, "; ".join(left_out))
        with self._database.transaction() as session:
            row = vars(details) | {"categories": list(details.categories)}
            store.put(session, row)
            self._succeed(session, details.coin_id, DETAILS, "; ".join(left_out) or None)

    def _store_chart(self, coin_id: str, what: str, chart: pd.DataFrame) -> None:
        rows = chart.assign(source=self._source.name, kind=HISTORY)
        with self._database.transaction() as session:
            observations.backfill(session, coin_id, rows[list(observations.COLUMNS)])
            self._succeed(session, coin_id, what)

    def _succeed(
        self, session: Session, coin_id: str, what: str, reason: str | None = None
    ) -> None:
        now = self._clock()
        fetch = Fetch(coin_id, what, now, STORED, reason, stored_at=now, due_at=now + FRESH_FOR)
        store.remember(session, fetch)


def is_hopeless(error: SourceError) -> bool:
    """Whether asking for something else of the same coin would fail as well."""
    return not isinstance(error, MalformedAnswer)


def _due(
    session: Session, coin_id: str, what: str, last: Fetch | None, now: datetime
) -> Task | None:
    if last is not None and last.fetched_at <= now < last.due_at:
        return None
    if what == DETAILS:
        return Task(DETAILS)
    if last is None or last.stored_at is None:
        return Task(what, HOURLY_DAYS if what == HOURLY else DAILY_DAYS)
    finest = now - HOURLY_DAYS * DAY
    if what == HOURLY:
        since = max(last.stored_at, finest)
        begins = observations.gap(session, coin_id, since, now, HOURLY_GAP)
        return Task(HOURLY, _days(now - begins)) if begins else None
    if last.stored_at >= finest:
        return None
    since = max(last.stored_at, now - DAILY_DAYS * DAY)
    begins = observations.gap(session, coin_id, since, finest, DAILY_GAP)
    return Task(DAILY, DAILY_DAYS) if begins else None


def _days(span: timedelta) -> int:
    """Whole days that hold a span, with a day before it."""
    return min(max(math.ceil(span / DAY) + 1, MIN_DAYS), HOURLY_DAYS)


def _wait(error: SourceError, now: datetime) -> timedelta:
    """How long not to ask again: as long as the source or our own bounds say, else the usual."""
    if isinstance(error, NotFound):
        return UNKNOWN_FOR
    if isinstance(error, BudgetSpent | CircuitOpen):
        return min(max(error.until - now, MIN_WAIT), RETRY_AFTER)
    if isinstance(error, RateLimited) and error.retry_after_seconds is not None:
        seconds = min(error.retry_after_seconds, FRESH_FOR.total_seconds())
        return max(timedelta(seconds=seconds), MIN_WAIT)
    return RETRY_AFTER
