"""Stretches of time that a reader asks for: the last day, the last year, or any of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cointracker.core.errors import InvalidTimeRange
from cointracker.core.i18n import N_

LENGTHS = {
    "24h": timedelta(days=1),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
    "1y": timedelta(days=365),
}
ALL = "all"
BEGINNING = datetime(2009, 1, 3, tzinfo=UTC)
"""The day of the first bitcoin: nothing is older."""
LAST_DAY = date(2100, 1, 1)


@dataclass(frozen=True)
class TimeRange:
    """From `since` to `until`, both UTC and within it."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.until - self.since


def ending(name: str, until: datetime) -> TimeRange:
    """The span of that name, one of `LENGTHS` or "all", that ends at `until`."""
    return TimeRange(BEGINNING if name == ALL else until - LENGTHS[name], until)


def between(first: str, last: str, zone: ZoneInfo) -> TimeRange:
    """From the start of the day `first` to the end of the day `last`, both ISO dates in `zone`.

    Raises InvalidSpan when one is not a date, or the first comes after the last.
    """
    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError as exc:
        raise InvalidTimeRange(N_("two dates are needed, such as 2026-01-31")) from exc
    if begin > end:
        raise InvalidTimeRange(N_("it ends before it starts"))
    if begin < BEGINNING.date() or end > LAST_DAY:
        raise InvalidTimeRange(N_("it is outside the years of crypto assets"))
    since = datetime.combine(begin, time.min, zone)
    until = datetime.combine(end, time.max, zone).replace(fold=1)
    return TimeRange(since.astimezone(UTC), until.astimezone(UTC))
