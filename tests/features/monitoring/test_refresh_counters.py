"""Refreshes as they are counted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cointracker.features.monitoring.refresh_counters import BOUNDS_SECONDS, RefreshCounters
from cointracker.features.monitoring.store.refreshes import FAILED, STORED, Refresh
from tests.fakes import NOON


def refresh(seconds: float, outcome: str = STORED, rejected: int = 0) -> Refresh:
    ended = NOON + timedelta(seconds=seconds)
    return Refresh(1, NOON, ended, "test", "listed", outcome, None, None, 10, rejected)


def test_nothing_was_counted_yet() -> None:
    now = RefreshCounters().now()
    assert (now.outcomes, now.seconds, now.rejected_rows) == ({}, 0.0, 0)
    assert now.durations == (0,) * (len(BOUNDS_SECONDS) + 1)


def test_outcomes_rows_and_durations_are_counted() -> None:
    refresh_counts = RefreshCounters()
    for seconds, outcome, rejected in ((0.25, STORED, 2), (0.26, FAILED, 0), (500.0, STORED, 3)):
        refresh_counts.count(refresh(seconds, outcome, rejected))
    now = refresh_counts.now()
    assert now.outcomes == {("listed", STORED): 2, ("listed", FAILED): 1}
    assert now.rejected_rows == 5
    assert now.durations == (1, 1, *[0] * (len(BOUNDS_SECONDS) - 2), 1)
    assert now.seconds == pytest.approx(500.51)


def test_a_clock_that_was_set_back_takes_no_time_away() -> None:
    refresh_counts = RefreshCounters()
    refresh_counts.count(refresh(-3_600.0))
    assert refresh_counts.now().seconds == 0.0
    assert refresh_counts.now().durations[0] == 1
