"""Stretches of time: the named ones, and those of a reader's own days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cointracker.analysis import time_ranges
from cointracker.core.errors import InvalidTimeRange
from tests.fakes import NOON

UTC_ZONE = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("name", "days"), [("24h", 1), ("7d", 7), ("30d", 30), ("90d", 90), ("1y", 365)]
)
def test_a_named_span_ends_where_it_is_told(name: str, days: int) -> None:
    span = time_ranges.ending(name, NOON)
    assert (span.until, span.length) == (NOON, timedelta(days=days))


def test_all_begins_with_the_first_coin() -> None:
    assert (
        time_ranges.ending("all", NOON).since
        == time_ranges.BEGINNING
        == datetime(2009, 1, 3, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("first", "last", "zone", "since", "until"),
    [
        ("2026-01-30", "2026-01-31", "UTC", "2026-01-30T00:00+00:00", "2026-02-01T00:00+00:00"),
        ("2026-01-31", "2026-01-31", "UTC", "2026-01-31T00:00+00:00", "2026-02-01T00:00+00:00"),
        ("2024-02-29", "2024-02-29", "UTC", "2024-02-29T00:00+00:00", "2024-03-01T00:00+00:00"),
        # clocks go forward: a day of 23 h; back: one of 25 h
        (
            "2026-03-29",
            "2026-03-29",
            "Europe/Berlin",
            "2026-03-28T23:00+00:00",
            "2026-03-29T22:00+00:00",
        ),
        (
            "2026-10-25",
            "2026-10-25",
            "Europe/Berlin",
            "2026-10-24T22:00+00:00",
            "2026-10-25T23:00+00:00",
        ),
        # at midnight: the day begins at one o'clock, or has its last hour twice
        (
            "2024-04-26",
            "2024-04-26",
            "Africa/Cairo",
            "2024-04-25T22:00+00:00",
            "2024-04-26T21:00+00:00",
        ),
        (
            "2024-10-31",
            "2024-10-31",
            "Africa/Cairo",
            "2024-10-30T21:00+00:00",
            "2024-10-31T22:00+00:00",
        ),
        (
            "2026-03-21",
            "2026-03-22",
            "Asia/Tehran",
            "2026-03-20T20:30+00:00",
            "2026-03-22T20:30+00:00",
        ),
        ("2009-01-03", "2100-01-01", "UTC", "2009-01-03T00:00+00:00", "2100-01-02T00:00+00:00"),
    ],
)
def test_days_of_a_zone_are_taken_whole(
    first: str, last: str, zone: str, since: str, until: str
) -> None:
    span = time_ranges.between(first, last, ZoneInfo(zone))
    assert span.since == datetime.fromisoformat(since)
    assert span.until == datetime.fromisoformat(until) - timedelta(microseconds=1)
    assert span.since.tzinfo is span.until.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-02-30",
        "2026-13-01",
        "31.01.2026",
        "۲۰۲۶-۰۱-۰۱",
        "2026-01-31T00:00",
        "10000-01-01",
        "0000-01-01",
        "-2026-01-01",
        "<b>",
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_what_is_no_date(text: str, is_first: bool) -> None:
    pair = (text, "2026-01-31") if is_first else ("2026-01-31", text)
    with pytest.raises(InvalidTimeRange, match="two dates"):
        time_ranges.between(*pair, UTC_ZONE)


def test_a_span_that_ends_before_it_starts() -> None:
    with pytest.raises(InvalidTimeRange, match="ends before it starts"):
        time_ranges.between("2026-02-01", "2026-01-31", UTC_ZONE)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2009-01-02", "2026-01-31"),
        ("0001-01-01", "0001-01-02"),
        ("2026-01-01", "2100-01-02"),
        ("2026-01-01", "9999-12-31"),
        ("9999-12-31", "9999-12-31"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Midway"])
def test_years_far_off(first: str, last: str, zone: str) -> None:
    with pytest.raises(InvalidTimeRange, match="outside the years"):
        time_ranges.between(first, last, ZoneInfo(zone))
