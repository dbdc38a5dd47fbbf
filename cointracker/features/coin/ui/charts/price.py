"""A coin's price, or its market cap, with the traded volume below."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cointracker.analysis.sampling import outline
from cointracker.analysis.series import HISTORY, OBSERVED, SPARKLINE
from cointracker.analysis.time_ranges import TimeRange
from cointracker.core.i18n import N_
from cointracker.ui.charts import axes, panels
from cointracker.ui.charts.chart_theme import ChartTheme
from cointracker.ui.charts.panels import Panel, Pen, Points

KINDS = {
    OBSERVED: N_("observed"),
    HISTORY: N_("back-filled"),
    SPARKLINE: N_("from a sparkline"),
}
MAX_BARS = 180
Writer = Callable[[float], str]


def figure(
    history: pd.DataFrame, span: TimeRange, theme: ChartTheme, *, what: str, is_log: bool
) -> go.Figure:
    """The price line (`what` is price or market_cap) over the bars of the 24 h volume.

    history: one coin's rows of `CoinService.history`, oldest first. Observed, back-filled and
    sparkline points are drawn in strokes of their own; where nothing is stored there is no line.
    """
    language = theme.language
    names = {"price": N_("Price"), "market_cap": N_("Market cap")}
    unit = language.t("{name}, {currency}", name=language.t(names[what]), currency=theme.money)
    volume = language.t("24 h volume, {currency}", currency=theme.money)
    drawn = panels.stack([Panel(unit, 250), Panel(volume, 70)], span, theme)
    write: Writer = language.price if what == "price" else language.amount
    _line(drawn, history.dropna(subset=[what]).reset_index(drop=True), what, write, theme)
    known = history[what].dropna().to_numpy()
    if what == "price" and not is_log and known.size and known.min() < known.max():
        write = axes.step_writer(theme, float(known.min()), float(known.max()))
    panels.ticks(drawn, 1, known, write, theme, is_log=is_log)
    _volumes(drawn, history.dropna(subset=["volume_24h"]), span, theme)
    return drawn


def kinds(history: pd.DataFrame) -> list[str]:
    """The kinds of points in a history, in the order of `KINDS`."""
    present = set(history["kind"].unique())
    return [kind for kind in KINDS if kind in present]


def pens(theme: ChartTheme) -> dict[str, Pen]:
    """How the line of each kind of points is drawn: what was not observed thinner and paler."""
    return {
        OBSERVED: Pen(theme.lines[0]),
        HISTORY: Pen(theme.muted, 1.2),
        SPARKLINE: Pen(theme.lines[1], 1.2),
    }


def _line(
    drawn: go.Figure, rows: pd.DataFrame, what: str, write: Writer, theme: ChartTheme
) -> None:
    if rows.empty:
        return
    kept, is_break = outline(rows["observed_at"], rows[what].to_numpy(dtype=np.float64))
    rows = rows.iloc[kept]
    values = rows[what].to_numpy(dtype=np.float64)
    texts = [
        f"<b>{theme.language.own_way(write(value))}</b><br>{stamp}"
        for value, stamp in zip(values, theme.stamps(rows["observed_at"]), strict=True)
    ]
    local = theme.local(rows["observed_at"])
    strokes = _strokes(rows["kind"].to_numpy(dtype=np.str_), is_break)
    for kind, pen in pens(theme).items():
        is_here, ends = strokes[kind]
        if is_here.any():
            points = Points(local, np.where(is_here, values, np.nan), texts, ends)
            panels.stroke(drawn, 1, points, pen, name=theme.language.t(KINDS[kind]))


def _strokes(kinds: np.ndarray, is_break: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """For each kind: which points its strokes touch, and before which of them one ends.

    The way between two points is of the kind of the later one, but of the earlier one's where
    the later was observed: only the way between two observed points is observed. A point that no
    way leads to or from is of its own kind.
    """
    ways = np.where(kinds[1:] == OBSERVED, kinds[:-1], kinds[1:]).astype(object)
    ways[is_break[1:]] = ""
    before, behind = np.append("", ways), np.append(ways, "")
    is_alone = (before == "") & (behind == "")
    return {
        kind: ((before == kind) | (behind == kind) | (is_alone & (kinds == kind)), before != kind)
        for kind in KINDS
    }


def _volumes(drawn: go.Figure, rows: pd.DataFrame, span: TimeRange, theme: ChartTheme) -> None:
    """Bars of equal width; each is the largest 24 h volume that was seen in its stretch."""
    if rows.empty:
        return
    instants = rows["observed_at"].astype("datetime64[us, UTC]").astype(np.int64).to_numpy()
    width = max((instants[-1] - instants[0]) // MAX_BARS, 1)
    largest = rows.groupby((instants - instants[0]) // width)["volume_24h"].idxmax()
    bars = rows.loc[largest]
    texts = [
        f"<b>{theme.language.own_way(theme.language.amount(volume))}</b><br>{stamp}"
        for volume, stamp in zip(bars["volume_24h"], theme.stamps(bars["observed_at"]), strict=True)
    ]
    drawn.add_bar(
        **panels.place(2),
        x=theme.local(bars["observed_at"]),
        y=bars["volume_24h"],
        text=texts,
        textposition="none",
        marker={"color": theme.lines[1], "line": {"width": 0}},
        hovertemplate="%{text}<extra></extra>",
        width=_bar_width(instants, width, span),
    )
    known = [0.0, *bars["volume_24h"]]
    panels.ticks(drawn, 2, known, theme.language.amount, theme, max_ticks=3)


def _bar_width(instants: np.ndarray, width: int, span: TimeRange) -> float:
    """The width of a bar in milliseconds: three quarters of the way to the next.

    A single bar has the width that the most would have over the span.
    """
    steps = np.diff(instants)
    alone = span.length / timedelta(microseconds=1) / MAX_BARS
    usual = float(np.median(steps)) if steps.size else alone
    return max(usual, float(width)) * 0.75 / 1_000
