"""The refreshes as bars: their height is their time, and failed ones look it."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from cointracker.analysis.time_ranges import TimeRange
from cointracker.core.i18n import language
from cointracker.features.health.ui.refresh_chart import figure
from cointracker.ui.charts.chart_theme import ChartTheme
from tests.fakes import NOON

SPAN = TimeRange(NOON - timedelta(hours=4), NOON)
THEMES = [
    ChartTheme(language("en"), ZoneInfo("UTC"), False),
    ChartTheme(language("fa"), ZoneInfo("UTC"), True),
]


def log(*rows: tuple[float, str, str]) -> pd.DataFrame:
    """Refreshes 5 min apart: seconds, outcome, and what is told of each."""
    frame = pd.DataFrame(rows, columns=["seconds", "outcome", "told"])
    starts = [NOON - timedelta(minutes=5 * (len(rows) - n)) for n in range(len(rows))]
    return frame.assign(started_at=pd.to_datetime(pd.Series(starts, dtype=object), utc=True))


@pytest.mark.parametrize("theme", THEMES, ids=["en", "fa"])
def test_failed_refreshes_are_hatched_crossed_and_say_why(theme: ChartTheme) -> None:
    drawn = figure(log((2.0, "stored", ""), (9.5, "failed", "it <b>hangs</b>")), SPAN, 300, theme)
    bars, crosses = drawn.data
    assert list(bars.y) == [2.0, 9.5]
    assert list(bars.marker.color) == [theme.up, theme.down]
    assert list(bars.marker.pattern.shape) == ["", "/"]
    assert "it &lt;b&gt;hangs" in bars.text[1]
    assert "hangs" not in bars.text[0]
    assert (list(crosses.text), list(crosses.y)) == (["✕"], [9.5])
    assert crosses.x[0] == bars.x[1]


def test_a_refresh_of_no_time_can_be_seen() -> None:
    bars = figure(log((0.0, "stored", "")), SPAN, 300, THEMES[0]).data[0]
    assert bars.y[0] > 0


def test_without_refreshes_there_is_an_empty_chart() -> None:
    assert len(figure(log(), SPAN, 300, THEMES[0]).data) == 0
