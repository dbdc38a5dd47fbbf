"""Coins from a common 100 on, told apart by colour, dash and a name at each line's end."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cointracker.analysis.comparison import BASE, Comparison
from cointracker.analysis.time_ranges import TimeRange
from cointracker.ui.charts import panels
from cointracker.ui.charts.chart_theme import ChartTheme
from cointracker.ui.charts.panels import Panel, Pen, Points

DASHES = ("solid", "dash", "dot", "longdash", "dashdot")
HEIGHT, LABEL_PIXELS, NAME_PIXELS = 280, 17, 110


def figure(
    comparison: Comparison, symbols: Mapping[str, str], span: TimeRange, theme: ChartTheme
) -> go.Figure:
    """The rebased prices: the first coin thick and in ink, the others in colours and dashes."""
    names = {coin: escape(symbol, quote=False) for coin, symbol in symbols.items()}
    drawn = panels.stack([Panel("", HEIGHT)], span, theme)
    instants = pd.Series(comparison.instants)
    local, stamps = theme.local(instants), theme.stamps(instants)
    for place, coin in enumerate(comparison.coin_ids):
        values = comparison.rebased[place]
        texts = [
            f"{names[coin]} <b>{theme.language.decimal(value, 1)}</b>"
            + (f"<br>{stamp}" if place == 0 else "")
            for value, stamp in zip(values, stamps, strict=True)
        ]
        points = Points(local, values, texts, np.zeros(len(values), dtype=bool))
        panels.stroke(drawn, 1, points, pen(place, theme), name=names[coin])
    known = [BASE, *comparison.rebased[~np.isnan(comparison.rebased)]]
    panels.ticks(drawn, 1, known, lambda value: theme.language.decimal(value, 0), theme)
    panels.value_axis(drawn, 1).side = "left"
    drawn.layout.margin.r = NAME_PIXELS
    _ends(drawn, comparison, names, theme)
    return drawn


def pen(place: int, theme: ChartTheme) -> Pen:
    """How the coin at a place of the comparison is drawn."""
    if place == 0:
        return Pen(theme.text, 2.4)
    return Pen(theme.lines[place - 1], dash=DASHES[place - 1])


def _ends(
    drawn: go.Figure, comparison: Comparison, names: Mapping[str, str], theme: ChartTheme
) -> None:
    """Each line's name and last value at its end, moved apart where they would touch."""
    ends = []
    for place, row in enumerate(comparison.rebased):
        known = np.flatnonzero(~np.isnan(row))
        ends.append((float(row[known[-1]]), place))
    low = min((end for end, _ in ends), default=0.0)
    high = max((float(np.nanmax(row)) for row in comparison.rebased), default=1.0)
    low = min(low, min((float(np.nanmin(row)) for row in comparison.rebased), default=0.0))
    room = (high - low) * LABEL_PIXELS / HEIGHT or 1.0
    at = -np.inf
    for end, place in sorted(ends):
        at = max(end, at + room)
        coin = comparison.coin_ids[place]
        drawn.add_annotation(
            xref="paper",
            x=1.0,
            xanchor="left",
            xshift=6,
            y=at,
            yref="y",
            yanchor="middle",
            text=f"{names[coin]} {theme.language.decimal(end, 1)}",
            showarrow=False,
            font={"color": pen(place, theme).colour, "size": 12},
        )
