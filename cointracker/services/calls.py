"""The calls to sources: kept in the database, and told as the health of each source."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from cointracker.errors import SourceError
from cointracker.sources.base import Clock, Priority
from cointracker.sources.budget import MINUTE_SECONDS, calls_in
from cointracker.sources.circuit import CLOSED
from cointracker.sources.discipline import Discipline
from cointracker.sources.ledger import Account, CallState
from cointracker.storage import calls
from cointracker.storage.calls import StoredAccount
from cointracker.storage.database import Database

DAY = timedelta(days=1)
UNKNOWN, WELL, FAILING, WAITING = "unknown", "ok", "failing", "waiting"


class StoredCalls:
    """The ledger of one source in a database."""

    def __init__(self, database: Database, source: str, clock: Clock, most: int) -> None:
        self._database = database
        self._source = source
        self._clock = clock
        self._most = most

    def load(self) -> Account:
        """The account as of now. Time that runs backwards counts as none.

        A call that seems to lie in the future is taken for one of just now.
        """
        with self._database.reading() as session:
            account = calls.account(session, self._source)
            last = calls.last(session, self._source, most=self._most)
        if account is None:
            return Account()
        now = self._clock()
        passed = max(0.0, (now - account.kept_at).total_seconds())
        ages = [max(0.0, (now - at).total_seconds()) for at in last["called_at"]]
        return Account(
            max(0.0, account.owed_seconds - passed),
            max(0.0, account.blocked_seconds - passed),
            tuple(age for age in ages if age <= MINUTE_SECONDS),
        )

    def begin(self, called_at: datetime, priority: Priority, path: str, account: Account) -> int:
        """Keep a call that is about to be made. Raises StorageError."""
        with self._database.transaction() as session:
            calls.keep(session, self._stored(account))
            return calls.begin(session, self._source, called_at, priority.name.lower(), path)

    def end(self, number: int, seconds: float, error: SourceError | None) -> None:
        """Keep how the call ended. Raises StorageError."""
        outcome = type(error).__name__ if error else calls.OK
        with self._database.transaction() as session:
            calls.end(session, number, seconds, outcome, error.problem if error else None)

    def keep(self, account: Account) -> None:
        """Keep the account. Raises StorageError."""
        with self._database.transaction() as session:
            calls.keep(session, self._stored(account))

    def _stored(self, account: Account) -> StoredAccount:
        return StoredAccount(
            self._source, self._clock(), account.owed_seconds, account.blocked_seconds
        )


@dataclass(frozen=True)
class SourceHealth:
    """How one source does, for a page.

    state: unknown before the first call; ok or failing as the last call ended; waiting while the
    source wants to be left alone; open or half-open as its circuit is. Latencies in seconds and
    error rate (0 to 1) over the last 24 h, None without a call in them. stock: calls that lie
    ready; left_this_month: what the plan has left of the calendar month (UTC). The forecasts are
    calls at the end of this month: by the settings, and as the last 24 h went on.
    """

    calls: CallState
    state: str
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_failure: str | None
    last_failure_reason: str | None
    p50_seconds: float | None
    p95_seconds: float | None
    error_rate: float | None
    calls_24h: int
    calls_this_month: int
    forecast_by_settings: int
    forecast_by_pace: int

    @property
    def left_this_month(self) -> int:
        """Calls that the plan has left of this calendar month."""
        return max(0, self.calls.plan.per_month - self.calls_this_month)


class SourceWatch:
    """Tells the health of one source from its discipline and its calls in the database."""

    def __init__(
        self, database: Database, discipline: Discipline, interval_seconds: int, clock: Clock
    ) -> None:
        self._database = database
        self._discipline = discipline
        self._interval_seconds = interval_seconds
        self._clock = clock

    def health(self) -> SourceHealth:
        """The health now. Raises StorageError."""
        source, now = self._discipline.source, self._clock()
        with self._database.reading() as session:
            good = calls.last_end(session, source, is_good=True)
            bad = calls.last_end(session, source, is_good=False)
            day = calls.figures(session, source, now - DAY, now)
            made = calls.in_month(session, source, now)
        state = self._discipline.state()
        left = (month_end(now) - now).total_seconds()
        planned = calls_in(left, self._discipline.refresh_calls, self._interval_seconds)
        return SourceHealth(
            calls=state,
            state=_state(state, good, bad),
            last_success_at=_field(good, "called_at"),
            last_failure_at=_field(bad, "called_at"),
            last_failure=_field(bad, "outcome"),
            last_failure_reason=_field(bad, "reason"),
            p50_seconds=_known(day["p50_seconds"]),
            p95_seconds=_known(day["p95_seconds"]),
            error_rate=day["failed"] / day["ended"] if day["ended"] else None,
            calls_24h=int(day["calls"]),
            calls_this_month=made,
            forecast_by_settings=made + planned,
            forecast_by_pace=made + round(day["calls"] * left / DAY.total_seconds()),
        )


def month_end(at: datetime) -> datetime:
    """The instant at which the month of `at` (UTC) ends."""
    first = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)


def _state(now: CallState, good: pd.DataFrame, bad: pd.DataFrame) -> str:
    if now.blocked_until is not None:
        return WAITING
    if now.circuit != CLOSED:
        return now.circuit
    if good.empty and bad.empty:
        return UNKNOWN
    newest = max(_number(good), _number(bad))
    return WELL if newest == _number(good) else FAILING


def _number(rows: pd.DataFrame) -> int:
    return 0 if rows.empty else int(rows["number"].iloc[0])


def _field(rows: pd.DataFrame, name: str) -> Any:
    """A column of the only row; None without a row."""
    if rows.empty:
        return None
    value = rows[name].iloc[0]
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
