"""Ticks at round values and days, written in the reader's language."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from typing import Any

import numpy as np

from cointracker.ui.charts.chart_theme import ChartTheme

MAX_TICKS, MAX_TIMES = 6, 5
HOURS = (1, 2, 3, 6, 12)
DAYS = (1, 2, 3, 7, 14, 28)
MONTHS = (1, 2, 3, 6, 12, 24)
ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)


def round_values(low: float, high: float, max_ticks: int = MAX_TICKS) -> list[float]:
    """At most `max_ticks` round numbers from `low` to `high`, evenly spaced; one if equal."""
    if not math.isfinite(low) or not math.isfinite(high):
        return []
    if high <= low:
        return [low]
    rough = (high - low) / max(max_ticks - 1, 1)
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * part for part in ROUND if size * part >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def round_logs(low: float, high: float, max_ticks: int = MAX_TICKS) -> list[float]:
    """Values from `low` to `high` that stand well on a logarithmic axis; low is above 0."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    inside: list[float] = []
    for parts in ((1, 2, 5), (1, 3), (1,)):
        every_value = [part * 10.0**power for power in decades for part in parts]
        inside = [value for value in every_value if low <= value <= high]
        if len(inside) <= max_ticks:
            break
    every = -(-len(inside) // max_ticks) or 1
    return inside[::every] if len(inside) > 1 else round_values(low, high, max_ticks)


def step_writer(
    theme: ChartTheme, low: float, high: float, max_ticks: int = MAX_TICKS
) -> Callable[[float], str]:
    """Writes an axis's round values from `low` to `high` with as many decimals as they need."""
    ticks = round_values(low, high, max_ticks)
    step = float(f"{ticks[1] - ticks[0] if len(ticks) > 1 else abs(high) or 1.0:.2g}")
    digits = max(0, -math.floor(math.log10(step)) + (1 if step != float(f"{step:.1g}") else 0))
    return lambda value: theme.language.signed(value, digits)


def values(
    known: Sequence[float],
    write: Callable[[float], str],
    theme: ChartTheme,
    *,
    is_log: bool = False,
    max_ticks: int = MAX_TICKS,
) -> dict[str, Any]:
    """Ticks for the values of an axis, and its kind."""
    finite = np.asarray([value for value in known if math.isfinite(value)], dtype=np.float64)
    positive = finite[finite > 0]
    is_log = is_log and positive.size > 0
    if finite.size == 0:
        return {"tickvals": [], "ticktext": []}
    if is_log:
        ticks = round_logs(float(positive.min()), float(positive.max()), max_ticks)
    else:
        ticks = round_values(float(finite.min()), float(finite.max()), max_ticks)
    texts = [theme.language.own_way(write(value)) for value in ticks]
    return {"tickvals": ticks, "ticktext": texts, "type": "log" if is_log else "linear"}


def times(
    since: datetime, until: datetime, theme: ChartTheme, max_ticks: int = MAX_TIMES
) -> dict[str, Any]:
    """Ticks for a time axis from `since` to `until`, at round hours, midnights or months."""
    marks, write = _times(since, until, theme, max_ticks)
    return {
        "type": "date",
        "range": theme.local([since, until]),
        "tickvals": theme.local(marks),
        "ticktext": [write(mark) for mark in marks],
    }


def _times(
    since: datetime, until: datetime, theme: ChartTheme, max_ticks: int
) -> tuple[list[datetime], Callable[[datetime], str]]:
    hours = (until - since) / timedelta(hours=1)
    for step in HOURS:
        if hours / step <= max_ticks:
            return _steps(since, until, timedelta(hours=step), theme), lambda at: _hour(at, theme)
    for step in DAYS:
        if hours / 24 / step <= max_ticks:
            return _steps(since, until, timedelta(days=step), theme), lambda at: _date(at, theme)
    starts = theme.language.month_starts(since, until, theme.zone)
    years = 12 * -(-len(starts) // (12 * max_ticks))
    every = next((step for step in MONTHS if len(starts) / step <= max_ticks), years)
    return starts[::-1][::every][::-1], lambda at: _month(at, theme)


def _steps(since: datetime, until: datetime, step: timedelta, theme: ChartTheme) -> list[datetime]:
    """Instants a step apart that lie on midnights or whole steps after them, oldest first."""
    local = until.astimezone(theme.zone)
    mark = datetime.combine(local.date(), time.min, theme.zone)
    if step < timedelta(days=1):
        mark += step * ((local - mark) // step)
    marks = []
    while mark >= since:
        marks.append(mark)
        mark -= step
    return marks[::-1]


def _hour(at: datetime, theme: ChartTheme) -> str:
    local = at.astimezone(theme.zone)
    if local.hour == 0 and local.minute == 0:
        return _date(at, theme)
    return theme.language.digits(f"{local.hour:02}:{local.minute:02}")


def _date(at: datetime, theme: ChartTheme) -> str:
    return theme.language.own_way(theme.language.day(at, theme.zone))


def _month(at: datetime, theme: ChartTheme) -> str:
    name, year = theme.language.month(at, theme.zone).rsplit(" ", 1)
    return f"{theme.language.own_way(name)}<br>{year}"
