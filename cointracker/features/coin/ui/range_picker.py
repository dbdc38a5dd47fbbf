"""Which stretch of time, in which scale: kept in the address."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import streamlit as st

from cointracker.analysis import time_ranges
from cointracker.analysis.time_ranges import TimeRange
from cointracker.core.errors import InvalidTimeRange
from cointracker.core.i18n import N_
from cointracker.ui import address, session, state
from cointracker.ui.i18n import reader, t

RANGE, FIRST, LAST, SCALE, WHAT = "range", "from", "to", "scale", "line"
DATES = "dates"
RANGES = (*time_ranges.LENGTHS, time_ranges.ALL, DATES)
USUAL = "30d"
SCALES, LINES = ("linear", "log"), ("price", "market_cap")
NAMES = {time_ranges.ALL: N_("All"), DATES: N_("Dates")}
LINE_NAMES = {"price": N_("Price"), "market_cap": N_("Market cap")}


def control(newest: datetime) -> TimeRange:
    """Draw the buttons of the ranges; returns the span that they or the address ask for.

    newest: where the ranges end. Dates that make no span are said to be so, and the usual range
    is shown.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="window"):
        st.pills(
            t("Range"),
            RANGES,
            format_func=_name,
            required=True,
            label_visibility="collapsed",
            wrap=True,
            **address.keep(RANGE, USUAL, RANGES, variant=reader().code),
        )
        st.segmented_control(
            t("Line"),
            LINES,
            format_func=lambda line: t(LINE_NAMES[line]),
            required=True,
            label_visibility="collapsed",
            **address.keep(WHAT, LINES[0], LINES, variant=reader().code),
        )
        st.toggle(t("Logarithmic"), **_scale())
    if address.value(RANGE, USUAL, RANGES) != DATES:
        return time_ranges.ending(address.value(RANGE, USUAL, RANGES), newest)
    return _dates(newest)


def is_log() -> bool:
    """Whether prices are drawn on a logarithmic scale."""
    return bool(address.value(SCALE, False, (False, True)))


def line() -> str:
    """What is drawn over the volume: price or market_cap."""
    return str(address.value(WHAT, LINES[0], LINES))


def choose(since: datetime, until: datetime) -> None:
    """Make the days of a span the ones to show; for callbacks."""
    for key, instant in ((FIRST, since), (LAST, until)):
        address.put(key, instant.astimezone(session.zone()).date().isoformat(), "")
    address.put(RANGE, DATES, USUAL)


def show_all() -> None:
    """Make all that is stored what is shown; for callbacks."""
    address.put(RANGE, time_ranges.ALL, USUAL)


def _scale() -> dict[str, Any]:
    return address.keep(SCALE, False, (False, True), variant=reader().code)


def _dates(newest: datetime) -> TimeRange:
    last = newest.astimezone(session.zone()).date()
    first = last - timedelta(days=30)
    asked = str(address.value(FIRST, "")), str(address.value(LAST, ""))
    problem = ""
    try:
        span = time_ranges.between(
            asked[0] or first.isoformat(), asked[1] or last.isoformat(), session.zone()
        )
    except InvalidTimeRange as exc:
        problem, span = t(str(exc)), time_ranges.ending(USUAL, newest)
    address.tell(FIRST, "")
    address.tell(LAST, "")
    with st.container(horizontal=True, vertical_alignment="bottom", key="dates"):
        _day(FIRST, t("From"), asked[0], first)
        _day(LAST, t("To"), asked[1], last)
    if problem:
        st.warning(
            t("This range can't be shown: {problem}. Here are the last 30 days.", problem=problem),
            icon=":material/event_busy:",
        )
    return span


def _day(key: str, label: str, asked: str, otherwise: date) -> None:
    widget = f"{key}-day"
    state.put(widget, _read(asked) or otherwise)
    st.date_input(
        label,
        key=widget,
        width=150,
        format="YYYY-MM-DD",
        min_value=time_ranges.BEGINNING.date(),
        max_value=date(2100, 1, 1),
        on_change=_take,
        args=(key, widget),
    )


def _take(key: str, widget: str) -> None:
    day = state.value(widget, None)
    address.put(key, day.isoformat() if day else "", "")


def _read(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if time_ranges.BEGINNING.date() <= day <= date(2100, 1, 1) else None


def _name(choice: str) -> str:
    if choice in time_ranges.LENGTHS:
        length = time_ranges.LENGTHS[choice]
        return t("1 y") if length.days == 365 else reader().age(length.total_seconds())
    return t(NAMES[choice])
