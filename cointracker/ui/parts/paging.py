"""Long tables a page at a time."""

from __future__ import annotations

from collections.abc import Hashable

import pandas as pd
import streamlit as st

from cointracker.ui import state
from cointracker.ui.i18n import reader, t

PAGE, WHAT = "page", "paged"


def page(frame: pd.DataFrame, size: int, what: Hashable) -> pd.DataFrame:
    """The rows of the page that the reader is on, and the way to the others if there are any.

    what: changes with what was asked for; a new question begins at its first page.
    """
    if state.value(WHAT, what) != what:
        state.put(PAGE, 1)
    state.put(WHAT, what)
    pages = max(1, -(-len(frame) // size))
    number = min(state.value(PAGE, 1), pages)
    if pages > 1:
        _control(number, pages)
    return frame.iloc[(number - 1) * size : number * size]


def _control(number: int, pages: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="paging"):
        _turn("chevron_backward", t("Previous page"), number - 1, number == 1)
        st.markdown(
            t("Page {number} of {all}", number=reader().whole(number), all=reader().whole(pages)),
            width="content",
        )
        _turn("chevron_forward", t("Next page"), number + 1, number == pages)
        st.caption(
            t("Column headings sort this page; “Sort by” under “Columns” sorts all rows."),
            width="content",
        )


def _turn(icon: str, name: str, number: int, is_end: bool) -> None:
    st.button(
        name,
        icon=f":material/{icon}:",
        type="tertiary",
        disabled=is_end,
        on_click=state.put,
        args=(PAGE, number),
        key=f"page-{icon}",
    )
