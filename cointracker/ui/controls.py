"""What the reader sets above the table: search, filters, columns, order."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cointracker.services.filters import PEGGED_CHOICES, Filter
from cointracker.ui import columns, session
from cointracker.ui.columns import Column
from cointracker.ui.i18n import reader, t, tn

SEARCH, CAP, VOLUME, PEGGED, COVERAGE = "q", "cap", "volume", "pegged", "coverage"
SHOWN, SORT, ASCENDING, SIZE = "columns", "sort", "ascending", "size"
FLOORS = (0, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000)
COVERAGES = (0, 50, 80, 100)
SIZES = (25, 50, 100, 250)
FIRST_SIZE = 100


def search() -> None:
    """The search box."""
    st.text_input(
        t("Search"), placeholder=t("Search name or symbol"), icon=":material/search:",
        key=SEARCH, bind="query-params", label_visibility="collapsed", width=280,
    )  # fmt: skip


def asked() -> Filter:
    """The filter as search box and filters stand."""
    return Filter(
        search=session.value(SEARCH, "") or "",
        min_market_cap=float(session.value(CAP, 0)),
        min_volume=float(session.value(VOLUME, 0)),
        min_coverage=session.value(COVERAGE, 0) / 100,
        pegged=session.value(PEGGED, "all"),
    )


def filters() -> None:
    """The filters, behind a button that counts those set."""
    count = asked().conditions
    label = t("Filters: {count}", count=reader().whole(count)) if count else t("Filters")
    with st.popover(label, icon=":material/filter_list:", key="filters"):
        st.selectbox(
            t("Market cap at least"), FLOORS, format_func=_floor, key=CAP, bind="query-params"
        )
        st.selectbox(
            t("24 h volume at least"), FLOORS, format_func=_floor, key=VOLUME, bind="query-params"
        )
        st.selectbox(
            t("Coverage at least"), COVERAGES, format_func=_coverage, key=COVERAGE,
            bind="query-params",
        )  # fmt: skip
        st.segmented_control(
            t("Pegged coins"), PEGGED_CHOICES, format_func=_pegged, default="all", required=True,
            key=PEGGED, bind="query-params",
        )  # fmt: skip


def hidden(count: int, everything: int) -> None:
    """How many coins the filters hide, with the way to all of them."""
    if count == 0:
        return
    st.markdown(
        tn(
            "{count} of {all} coins hidden.", "{count} of {all} coins hidden.", count,
            all=reader().whole(everything),
        ),
        width="content",
    )  # fmt: skip
    st.button(t("Show all"), type="tertiary", on_click=_show_all, key="show-all")


def table() -> list[Column]:
    """The settings of the table; returns the columns to show."""
    with st.popover(t("Columns"), icon=":material/view_column:", key="table-settings"):
        names = st.pills(
            t("Columns"), columns.CHOICES, selection_mode="multi", format_func=_column_name,
            default=list(columns.SHOWN_FIRST), key=SHOWN, bind="query-params",
        )  # fmt: skip
        st.selectbox(
            t("Order by"), columns.SORTABLE, format_func=_column_name, key=SORT,
            bind="query-params",
        )  # fmt: skip
        st.toggle(t("Smallest first"), key=ASCENDING, bind="query-params")
        st.segmented_control(
            t("Rows a page"), SIZES, format_func=reader().whole, default=FIRST_SIZE, required=True,
            key=SIZE, bind="query-params",
        )  # fmt: skip
    return columns.chosen(names)


def page_size() -> int:
    """How many rows a page is to have."""
    return int(session.value(SIZE, FIRST_SIZE))


def ordered(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows in the order asked for; by rank they stay as they are, missing figures last."""
    by = session.value(SORT, "rank")
    ascending = session.value(ASCENDING, False)
    if by == "rank":
        return frame[::-1] if ascending else frame
    key = "symbol" if by == "coin" else by
    upwards = ascending != (by == "coin")
    return frame.sort_values(key, ascending=upwards, kind="stable", na_position="last")


def _floor(least: int) -> str:
    return f"{reader().amount(least)} $" if least else t("any")


def _coverage(least: int) -> str:
    return t("{share} %", share=reader().whole(least)) if least else t("any")


def _pegged(choice: str) -> str:
    return {"all": t("Shown"), "without": t("Hidden"), "only": t("Only these")}[choice]


def _column_name(name: str) -> str:
    column = columns.BY_NAME[name]
    return t("Score bar") if name == "bar" else t(column.heading)


def _show_all() -> None:
    session.reset(SEARCH, CAP, VOLUME, PEGGED, COVERAGE)
