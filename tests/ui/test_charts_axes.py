"""Ticks: round, few, within the axis, each with its own text."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointracker.core.i18n import language
from cointracker.ui.charts import axes
from cointracker.ui.charts.chart_theme import ChartTheme
from tests.fakes import NOON

INK = ChartTheme(language("en"), ZoneInfo("UTC"), is_dark=False)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def plain(texts: list[str]) -> list[str]:
    return [text.translate({0x2066: None, 0x2069: None}) for text in texts]


@pytest.mark.parametrize(
    ("low", "high", "due"),
    [
        (0, 100, ["0", "20", "40", "60", "80", "100"]),
        (0.7, 1.2, ["0.7", "0.8", "0.9", "1.0", "1.1", "1.2"]),
        (0, 1.25, ["0.00", "0.25", "0.50", "0.75", "1.00", "1.25"]),
        (-3, 2, ["−3", "−2", "−1", "0", "1", "2"]),
        (5, 5, ["5"]),
    ],
)
def test_each_tick_has_its_own_text(low: float, high: float, due: list[str]) -> None:
    found = axes.values([high, low], axes.step_writer(INK, low, high), INK)
    assert plain(found["ticktext"]) == due
    numbers = [float(text.replace("−", "-")) for text in due]
    assert found["tickvals"] == pytest.approx(numbers)


@given(st.floats(1e-12, 1e12), st.floats(1e-6, 1e12), st.integers(2, 8))
def test_ticks_are_few_and_within(low: float, part: float, limit: int) -> None:
    high = low * (1 + part)
    for ticks in (axes.round_values(low, high, limit), axes.round_logs(low, high, limit)):
        assert len(ticks) <= limit
        assert ticks == sorted(ticks)
        slack = (high - low) * 1e-6 + high * 1e-12
        assert all(low - slack <= tick <= high + slack for tick in ticks)


@pytest.mark.parametrize(
    ("length", "due"),
    [
        (4 * HOUR, ["08:00", "09:00", "10:00", "11:00", "12:00"]),
        (DAY, ["12:00", "18:00", "9 Mar", "06:00", "12:00"]),
        (4 * DAY, ["6 Mar", "7 Mar", "8 Mar", "9 Mar"]),
        (95 * DAY, ["15 Dec", "12 Jan", "9 Feb", "9 Mar"]),
        (200 * DAY, ["Sep<br>2025", "Nov<br>2025", "Jan<br>2026", "Mar<br>2026"]),
    ],
)
def test_times(length: timedelta, due: list[str]) -> None:
    found = axes.times(NOON - length, NOON, INK)
    assert plain(found["ticktext"]) == due
    assert found["tickvals"] == sorted(found["tickvals"])
    assert found["range"] == INK.local([NOON - length, NOON])
    assert all(found["range"][0] <= mark <= found["range"][1] for mark in found["tickvals"])


@given(st.integers(0, 90 * 365 * 24))
def test_time_ticks_are_few_whatever_the_length(hours: int) -> None:
    found = axes.times(NOON - hours * HOUR, NOON, INK)
    assert len(found["tickvals"]) == len(found["ticktext"]) <= axes.MAX_TIMES + 1
    assert len(found["tickvals"]) >= 2 or hours < 3 or hours > 365 * 24
