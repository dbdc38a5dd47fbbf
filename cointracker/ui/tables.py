"""Frames as tables: values stay numbers, Styler writes them in the reader's language."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from cointracker.i18n import MISSING, Language, isolated
from cointracker.ui import theme
from cointracker.ui.columns import BAND_BASE, Column, heading, writer
from cointracker.ui.i18n import reader, t

ROW_HEIGHT = 32
NAME_CHARS = 24
AT_THE_RIGHT = """
<script>
(() => {
  const toTheRight = () => document.querySelectorAll(".dvn-scroller").forEach((scroller) => {
    if (scroller.dataset.turned || scroller.scrollWidth <= scroller.clientWidth) return;
    scroller.dataset.turned = "yes";
    scroller.scrollLeft = scroller.scrollWidth;
  });
  new MutationObserver(toTheRight).observe(document.body, { childList: true, subtree: true });
  toTheRight();
})();
</script>
"""


def ranking(rows: pd.DataFrame, columns: list[Column], currency: str) -> None:
    """Draw ranking rows (see `RankingView`, with `reason`) as a table with sortable headings."""
    language = reader()
    names = [column.name for column in columns]
    frame = drawn(rows)[names]
    st.dataframe(
        _styled(frame.reset_index(drop=True), columns, language),
        hide_index=True,
        height="content",
        row_height=ROW_HEIGHT,
        placeholder=MISSING,
        column_order=names[::-1] if language.is_rtl else names,
        column_config={column.name: _config(column, language, currency) for column in columns},
        alt=t("Ranking"),
        key="ranking",
    )
    if language.is_rtl:
        st.html(AT_THE_RIGHT, unsafe_allow_javascript=True)


def drawn(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with what only a table has: coin, bar and band as one cell each."""
    return rows.assign(
        coin=coin_names(rows),
        bar=rows["score"],
        band=rows["band_low"] * BAND_BASE + rows["band_high"],
    )


def coin_names(rows: pd.DataFrame) -> pd.Series:
    """Symbol and name of each row's coin, cut to the room there is, in their own direction."""
    return (rows["symbol"] + "  " + rows["name"]).map(_short).map(isolated)


def _short(name: str) -> str:
    return name if len(name) <= NAME_CHARS else name[: NAME_CHARS - 1] + "…"


def _styled(frame: pd.DataFrame, columns: list[Column], language: Language) -> Styler:
    figures: dict[Any, Any] = {c.name: writer(c, language) for c in columns if c.write is not None}
    changes: list[Any] = [column.name for column in columns if column.kind == "change"]
    quiet: list[Any] = [column.name for column in columns if column.name == "reason"]
    styler = frame.style.format(figures, na_rep=MISSING)
    return styler.map(theme.change_colour, subset=changes).map(theme.muted, subset=quiet)


def _config(column: Column, language: Language, currency: str) -> Any:
    label = heading(column, language, currency)
    hint = language.t(column.help) if column.help else None
    side: Literal["right"] | None = "right" if language.is_rtl else None
    if column.kind == "bar":
        return st.column_config.ProgressColumn(
            label, width=column.width, format=" ", min_value=0, max_value=100, color="primary"
        )
    if column.kind == "line":
        return st.column_config.LineChartColumn(label, width=column.width, color="gray")
    if column.kind == "text":
        return st.column_config.TextColumn(label, width=column.width, help=hint, alignment=side)
    return st.column_config.NumberColumn(label, width=column.width, help=hint, alignment="right")
