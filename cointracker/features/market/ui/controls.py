"""What the reader sets above the table: search, filters, columns, order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from cointracker.features.market.filters import PEGGED_CHOICES, Filter
from cointracker.features.market.ui import columns
from cointracker.features.market.ui.columns import Column
from cointracker.ui import address
from cointracker.ui.i18n import reader, t, tn

SEARCH, CAP, VOLUME, PEGGED, COVERAGE = "q", "cap", "volume", "pegged", "coverage"
SHOWN, SORT, TURNED, SIZE = "columns", "sort", "turned", "size"
FLOORS = (0, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000)
COVERAGES = (0, 50, 80, 100)
SIZES = (25, 50, 100, 250)
FIRST_SIZE = 100
NO_FILTERS = {SEARCH: "", CAP: 0, VOLUME: 0, COVERAGE: 0, PEGGED: "all"}


def search() -> None:
    """The search box."""
    st.text_input(
        t("Search"),
        placeholder=t("Search name or symbol"),
        icon=":material/search:",
        label_visibility="collapsed",
        width=280,
        **address.keep(SEARCH, ""),
    )


def asked() -> Filter:
    """The filter as search box and filters stand."""
    return Filter(
        search=address.value(SEARCH, "") or "",
        min_market_cap=float(address.value(CAP, 0, FLOORS)),
        min_volume=float(address.value(VOLUME, 0, FLOORS)),
        min_coverage=address.value(COVERAGE, 0, COVERAGES) / 100,
        pegged=address.value(PEGGED, "all", PEGGED_CHOICES),
    )


def filters() -> None:
    """The filters, behind a button that counts those set."""
    count = asked().conditions
    label = t("Filters: {count}", count=reader().whole(count)) if count else t("Filters")
    with st.popover(label, icon=":material/filter_list:", key="filters"):
        for key, name in ((CAP, t("Minimum market cap")), (VOLUME, t("Minimum 24 h volume"))):
            st.selectbox(name, FLOORS, format_func=_floor, **_kept(key, 0, FLOORS))
        st.selectbox(
            t("Minimum coverage"),
            COVERAGES,
            format_func=_coverage,
            **_kept(COVERAGE, 0, COVERAGES),
        )
        st.segmented_control(
            t("Pegged coins"),
            PEGGED_CHOICES,
            format_func=_pegged,
            required=True,
            **_kept(PEGGED, "all", PEGGED_CHOICES),
        )


def hidden(count: int, everything: int) -> None:
    """How many coins the filters hide, with the way to all of them."""
    if count == 0:
        return
    st.markdown(
        tn(
            "{count} of {all} coins hidden.",
            "{count} of {all} coins hidden.",
            count,
            all=reader().whole(everything),
        ),
        width="content",
    )
    st.button(t("Show all"), type="tertiary", on_click=_show_all, key="show-all")


def table() -> list[Column]:
    """The settings of the table; returns the columns to show."""
    with st.popover(t("Columns"), icon=":material/view_column:", key="table-settings"):
        names = st.pills(
            t("Columns"),
            columns.CHOICES,
            selection_mode="multi",
            format_func=_column_name,
            **_kept(SHOWN, list(columns.SHOWN_FIRST), columns.CHOICES, many=True),
        )
        st.selectbox(
            t("Sort by"),
            columns.SORTABLE,
            format_func=_column_name,
            **_kept(SORT, columns.SORTABLE[0], columns.SORTABLE),
        )
        st.toggle(t("Reverse order"), **address.keep(TURNED, False, (False, True)))
        st.segmented_control(
            t("Rows per page"),
            SIZES,
            format_func=reader().whole,
            required=True,
            **_kept(SIZE, FIRST_SIZE, SIZES),
        )
    return columns.chosen(names)


def page_size() -> int:
    """How many rows a page is to have."""
    return int(address.value(SIZE, FIRST_SIZE, SIZES))


def question() -> tuple[Filter, str, bool, int]:
    """All that decides which coins stand where: filter, order, and rows a page."""
    return asked(), *_order(), page_size()


def ordered(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows in the order asked for: best rank, first symbol or largest figure first.

    Missing figures come last either way; equal ones keep the order of their ranks.
    """
    by, turned = _order()
    if by == "rank":
        return frame[::-1] if turned else frame
    key = "symbol" if by == "coin" else by
    upwards = turned != (by == "coin")
    return frame.sort_values(key, ascending=upwards, kind="stable", na_position="last")


def _order() -> tuple[str, bool]:
    """By which column the rows are ordered, and whether the other way around."""
    by = address.value(SORT, columns.SORTABLE[0], columns.SORTABLE)
    return by, address.value(TURNED, False, (False, True))


def _kept(key: str, default: Any, options: Sequence[Any], *, many: bool = False) -> dict[str, Any]:
    """The arguments of a kept widget whose labels are in the reader's language."""
    return address.keep(key, default, options, many=many, variant=reader().code)


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
    for key, default in NO_FILTERS.items():
        address.put(key, default, default)
