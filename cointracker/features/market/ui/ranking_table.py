"""Frames as tables: values stay numbers, Styler writes them in the reader's language."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from cointracker.core.i18n import MISSING, Language, isolated
from cointracker.features.market.ui.columns import Column, heading, writer
from cointracker.ranking.score import UNRANKED
from cointracker.ui import state, theme
from cointracker.ui.i18n import reader, t

ROW_HEIGHT = 32
NAME_CHARS = 24
BAND_DIGITS = 5
CLICKS = "ranking-clicks"


def ranking(rows: pd.DataFrame, columns: list[Column], currency: str) -> str | None:
    """Draw ranking rows (see `RankingView`, with `reason`) as a table with sortable headings.

    Returns the id of the coin whose name was clicked, if one was.
    """
    language = reader()
    names = [column.name for column in columns]
    frame = drawn(rows, language)[names]
    table = st.dataframe(
        _styled(frame.reset_index(drop=True), columns, language),
        hide_index=True,
        height="content",
        row_height=ROW_HEIGHT,
        placeholder=MISSING,
        column_order=names[::-1] if language.is_rtl else names,
        column_config={column.name: _config(column, language, currency) for column in columns},
        alt=t("Ranking"),
        key=f"ranking-{language.code}-{state.value(CLICKS, 0)}",
        on_select="rerun",
        selection_mode="single-cell",
    )
    return next(
        (str(rows["coin_id"].iloc[row]) for row, name in table.selection.cells if name == "coin"),
        None,
    )


def forget_click() -> None:
    """Let the next ranking table be drawn without the click that this one was left by.

    A reader who comes back at once would else be led away again.
    """
    state.put(CLICKS, state.value(CLICKS, 0) + 1)


def drawn(rows: pd.DataFrame, language: Language) -> pd.DataFrame:
    """The rows with what only a table has: coin, bar and band as one cell each."""
    bands = zip(rows["band_low"], rows["band_high"], strict=True)
    return rows.assign(
        coin=coin_names(rows),
        bar=rows["score"],
        band=[_band(low, high, language) for low, high in bands],
    )


def coin_names(rows: pd.DataFrame) -> pd.Series:
    """Symbol and name of each row's coin, cut to the room there is, in their own direction."""
    return (rows["symbol"] + "  " + rows["name"]).map(_short).map(isolated)


def _band(low: int, high: int, language: Language) -> str:
    """A band as text, with blanks before it so that texts sort as their low ends do."""
    if low == UNRANKED:
        return MISSING
    ends = {"low": language.whole(low), "high": language.whole(high)}
    text = ends["low"] if low == high else language.t("{low}–{high}", **ends)
    return " " * (BAND_DIGITS - len(str(low))) + language.own_way(text)


def _short(name: str) -> str:
    return name if len(name) <= NAME_CHARS else name[: NAME_CHARS - 1] + "…"


def _styled(frame: pd.DataFrame, columns: list[Column], language: Language) -> Styler:
    figures: dict[Any, Any] = {c.name: writer(c, language) for c in columns if c.write is not None}
    quiet: list[Any] = [column.name for column in columns if column.name == "reason"]
    styler = frame.style.format(figures, na_rep=MISSING).map(theme.muted, subset=quiet)
    styler = styler.map(theme.linked, subset=["coin"])
    for column in columns:
        if column.kind == "change":
            only: list[Any] = [column.name]
            styler = styler.map(theme.change_colour, subset=only, digits=column.digits)
    return styler


def _config(column: Column, language: Language, currency: str) -> Any:
    label = heading(column, language, currency)
    hint = language.t(column.help) if column.help else None
    at_right = language.is_rtl or column.name == "band"
    side: Literal["right"] | None = "right" if at_right else None
    if column.kind == "bar":
        return st.column_config.ProgressColumn(
            label, width=column.width, format=" ", min_value=0, max_value=100, color="primary"
        )
    if column.kind == "line":
        return st.column_config.LineChartColumn(label, width=column.width, color="gray")
    if column.kind == "text":
        return st.column_config.TextColumn(label, width=column.width, help=hint, alignment=side)
    return st.column_config.NumberColumn(label, width=column.width, help=hint, alignment="right")
