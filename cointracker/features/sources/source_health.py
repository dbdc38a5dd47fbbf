"""How the calls to each provider went, and what may still be asked of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from cointracker.core.clock import Clock
from cointracker.core.errors import NotFound
from cointracker.features.sources import store
from cointracker.providers.call_policy.budget import calls_in
from cointracker.providers.call_policy.call_log import CallState
from cointracker.providers.call_policy.circuit import CLOSED
from cointracker.providers.call_policy.policy import CallPolicy
from cointracker.storage.database import Database

DAY = timedelta(days=1)
UNKNOWN, WELL, FAILING, WAITING = "unknown", "ok", "failing", "waiting"


@dataclass(frozen=True)
class SourceHealth:
    """How one source does, for a page.

    state: unknown before the first call; ok or failing as the last call ended, where not to know
    one coin is no failure; waiting while the source wants to be left alone; open or half-open as
    its circuit is. Latencies in seconds and error rate (0 to 1) over the last 24 h, None without a
    call in them. stock: calls that lie ready; left_this_month: what the plan has left of the
    calendar month (UTC). The forecasts are calls at the end of this month: by the settings, and as
    the last 24 h went on.
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


class SourcesService:
    """Tells the health of a market's providers, from their policies and the log of their calls.

    intervals: how often each is asked, by its name; None for each refresh.
    """

    def __init__(
        self,
        database: Database,
        policies: Iterable[CallPolicy],
        intervals: Mapping[str, timedelta | None],
        refresh_seconds: int,
        clock: Clock,
    ) -> None:
        self._database = database
        self._policies = tuple(policies)
        self._intervals = intervals
        self._refresh_seconds = refresh_seconds
        self._clock = clock

    def health(self) -> tuple[SourceHealth, ...]:
        """The health of each provider now. Raises StorageError."""
        return tuple(self._health(policy) for policy in self._policies)

    def _health(self, policy: CallPolicy) -> SourceHealth:
        source, now = policy.source, self._clock()
        with self._database.reading() as session:
            good = store.last_end(session, source, is_good=True)
            bad = store.last_end(session, source, is_good=False)
            day = store.figures(session, source, now - DAY, now)
            made = store.in_month(session, source, now)
        state = policy.state()
        left = (month_end(now) - now).total_seconds()
        planned = calls_in(left, policy.refresh_calls, self._interval_seconds(source))
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

    def _interval_seconds(self, source: str) -> int:
        interval = self._intervals.get(source)
        return int(interval.total_seconds()) if interval else self._refresh_seconds


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
    is_answer = _field(bad, "outcome") == NotFound.__name__
    return WELL if is_answer or _number(good) > _number(bad) else FAILING


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
