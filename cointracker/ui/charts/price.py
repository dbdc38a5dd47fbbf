"""A coin's price, or its market cap, with the traded volume below."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cointracker.i18n import N_
from cointracker.services.sampling import outline
from cointracker.services.spans import Span
from cointracker.storage.observations import HISTORY, OBSERVED, SPARKLINE
from cointracker.ui.charts import axes, panels
from cointracker.ui.charts.ink import Ink
from cointracker.ui.charts.panels import Panel, Pen, Points

KINDS = {
    OBSERVED: N_("observed"),
    HISTORY: N_("back-filled"),
    SPARKLINE: N_("from a sparkline"),
}
MOST_BARS = 180
Writer = Callable[[float], str]


def figure(history: pd.DataFrame, span: Span, ink: Ink, *, what: str, is_log: bool) -> go.Figure:
    """The price line (`what` is price or market_cap) over the bars of the 24 h volume.

    history: one coin's rows of `CoinService.history`, oldest first. Observed, back-filled and
    sparkline points are drawn in strokes of their own; where nothing is stored there is no line.
    """
    language = ink.language
    names = {"price": N_("Price"), "market_cap": N_("Market cap")}
    unit = language.t("{name}, {currency}", name=language.t(names[what]), currency=ink.money)
    volume = language.t("24 h volume, {currency}", currency=ink.money)
    drawn = panels.stack([Panel(unit, 250), Panel(volume, 70)], span, ink)
    write: Writer = language.price if what == "price" else language.amount
    _line(drawn, history.dropna(subset=[what]).reset_index(drop=True), what, write, ink)
    known = history[what].dropna().to_numpy()
    if what == "price" and not is_log and known.size and known.min() < known.max():
        write = axes.step_writer(ink, float(known.min()), float(known.max()))
    panels.ticks(drawn, 1, known, write, ink, is_log=is_log)
    _volumes(drawn, history.dropna(subset=["volume_24h"]), span, ink)
    return drawn


def kinds(history: pd.DataFrame) -> list[str]:
    """The kinds of points in a history, in the order of `KINDS`."""
    present = set(history["kind"].unique())
    return [kind for kind in KINDS if kind in present]


def pens(ink: Ink) -> dict[str, Pen]:
    """How the line of each kind of points is drawn: what was not observed thinner and paler."""
    return {
        OBSERVED: Pen(ink.factors[0]),
        HISTORY: Pen(ink.muted, 1.2),
        SPARKLINE: Pen(ink.factors[1], 1.2),
    }


def _line(drawn: go.Figure, rows: pd.DataFrame, what: str, write: Writer, ink: Ink) -> None:
    if rows.empty:
        return
    kept, is_break = outline(rows["observed_at"], rows[what].to_numpy(dtype=np.float64))
    rows = rows.iloc[kept]
    values = rows[what].to_numpy(dtype=np.float64)
    texts = [
        f"<b>{ink.language.own_way(write(value))}</b><br>{stamp}"
        for value, stamp in zip(values, ink.stamps(rows["observed_at"]), strict=True)
    ]
    local = ink.local(rows["observed_at"])
    strokes = _strokes(rows["kind"].to_numpy(dtype=np.str_), is_break)
    for kind, pen in pens(ink).items():
        is_here, ends = strokes[kind]
        if is_here.any():
            points = Points(local, np.where(is_here, values, np.nan), texts, ends)
            panels.stroke(drawn, 1, points, pen, name=ink.language.t(KINDS[kind]))


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


def _volumes(drawn: go.Figure, rows: pd.DataFrame, span: Span, ink: Ink) -> None:
    """Bars of equal width; each is the largest 24 h volume that was seen in its stretch."""
    if rows.empty:
        return
    instants = rows["observed_at"].astype("datetime64[us, UTC]").astype(np.int64).to_numpy()
    width = max((instants[-1] - instants[0]) // MOST_BARS, 1)
    largest = rows.groupby((instants - instants[0]) // width)["volume_24h"].idxmax()
    bars = rows.loc[largest]
    texts = [
        f"<b>{ink.language.own_way(ink.language.amount(volume))}</b><br>{stamp}"
        for volume, stamp in zip(bars["volume_24h"], ink.stamps(bars["observed_at"]), strict=True)
    ]
    drawn.add_bar(
        row=2, col=1, x=ink.local(bars["observed_at"]), y=bars["volume_24h"], text=texts,
        textposition="none", marker={"color": ink.factors[1], "line": {"width": 0}},
        hovertemplate="%{text}<extra></extra>",
        width=_bar_width(instants, width, span),
    )  # fmt: skip
    known = [0.0, *bars["volume_24h"]]
    panels.ticks(drawn, 2, known, ink.language.amount, ink, most=3)


def _bar_width(instants: np.ndarray, width: int, span: Span) -> float:
    """The width of a bar in milliseconds: three quarters of the way to the next.

    A single bar has the width that the most would have over the span.
    """
    steps = np.diff(instants)
    alone = span.length / timedelta(microseconds=1) / MOST_BARS
    usual = float(np.median(steps)) if steps.size else alone
    return max(usual, float(width)) * 0.75 / 1_000
