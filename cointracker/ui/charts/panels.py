"""Charts one above the other over the same time, and the strokes that are drawn in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from cointracker.analysis.time_ranges import TimeRange
from cointracker.ui.charts import axes
from cointracker.ui.charts.chart_theme import FONT, ChartTheme

BLANK = "\u200b"
SPACING_PIXELS = 34
HEAD_PIXELS, FOOT_PIXELS = 28, 40


@dataclass(frozen=True)
class Panel:
    """One chart of a stack: its title and its height in pixels."""

    title: str
    height: int


@dataclass(frozen=True)
class Points:
    """What a line is drawn through: (points,) each, oldest first.

    local: instants as a time axis takes them. texts: what appears under the pointer. breaks: the
    line ends before these points.
    """

    local: Sequence[str]
    values: np.ndarray
    texts: Sequence[str]
    breaks: np.ndarray


@dataclass(frozen=True)
class Pen:
    """How a line looks; width in pixels, dash as Plotly names it."""

    colour: str
    width: float = 1.6
    dash: str = "solid"


def stack(panels: Sequence[Panel], span: TimeRange, theme: ChartTheme) -> go.Figure:
    """An empty figure with the panels below one another over the same span of time."""
    heights = [panel.height for panel in panels]
    inner = sum(heights) + SPACING_PIXELS * (len(panels) - 1)
    figure = make_subplots(
        rows=len(panels),
        cols=1,
        shared_xaxes=True,
        row_heights=heights,
        vertical_spacing=SPACING_PIXELS / inner if len(panels) > 1 else 0,
    )
    paper(figure, theme, inner + HEAD_PIXELS + FOOT_PIXELS)
    figure.update_xaxes(
        **axes.times(span.since, span.until, theme),
        fixedrange=True,
        showgrid=False,
        linecolor=theme.line,
        autotickangles=[0, 30],
        automargin="bottom",
        tickfont={"color": theme.muted},
        ticks="outside",
        ticklen=4,
        tickcolor=theme.line,
        unifiedhovertitle={"text": BLANK},
    )
    for row, panel in enumerate(panels, start=1):
        _value_axis(figure, row, panel, theme)
    return figure


def paper(figure: go.Figure, theme: ChartTheme, height: int) -> None:
    """The ground that every chart is drawn on."""
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": HEAD_PIXELS, "b": FOOT_PIXELS},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": 13, "color": theme.text},
        hovermode="x unified",
        hoverdistance=30,
        dragmode=False,
        selectdirection="h",
        hoverlabel={
            "bgcolor": theme.page,
            "bordercolor": theme.line,
            "font": {"color": theme.text},
        },
        showlegend=False,
        bargap=0.25,
        uirevision="same",
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": theme.muted, "activecolor": theme.text},
    )


def _value_axis(figure: go.Figure, row: int, panel: Panel, theme: ChartTheme) -> None:
    figure.update_yaxes(
        row=row,
        col=1,
        fixedrange=True,
        gridcolor=theme.grid,
        zeroline=False,
        automargin=True,
        tickfont={"color": theme.muted},
        side="left" if theme.language.is_rtl else "right",
        ticklabelstandoff=4,
    )
    if panel.title:
        axis = figure.layout[f"yaxis{row if row > 1 else ''}"]
        figure.add_annotation(
            text=theme.language.own_way(panel.title),
            xref="paper",
            yref="paper",
            showarrow=False,
            x=1.0 if theme.language.is_rtl else 0.0,
            y=axis.domain[1],
            yshift=4,
            xanchor="right" if theme.language.is_rtl else "left",
            yanchor="bottom",
            font={"size": 13, "color": theme.text},
        )


def ticks(
    figure: go.Figure,
    row: int,
    known: Sequence[float] | np.ndarray,
    write: Callable[[float], str],
    theme: ChartTheme,
    **options: Any,
) -> None:
    """Round ticks for a panel's values, written by `write`."""
    figure.update_yaxes(row=row, col=1, **axes.values(list(known), write, theme, **options))


def stroke(
    figure: go.Figure, row: int, points: Points, pen: Pen, *, name: str = "", steps: bool = False
) -> None:
    """One line over time, broken at missing values; a point that no line reaches becomes a dot."""
    runs = _runs(points.values, points.breaks)
    lines = [run for run in runs if len(run) > 1]
    dots = [run[0] for run in runs if len(run) == 1]
    shared = {"name": name, "hovertemplate": "%{text}<extra></extra>", "line_color": pen.colour}
    if lines or not dots:
        places = [place for run in lines for place in (*run, None)]
        figure.add_scatter(
            row=row,
            col=1,
            mode="lines",
            connectgaps=False,
            x=[None if p is None else points.local[p] for p in places],
            y=[None if p is None else float(points.values[p]) for p in places],
            text=["" if p is None else points.texts[p] for p in places],
            line_width=pen.width,
            line_dash=pen.dash,
            line_shape="hv" if steps else "linear",
            **shared,
        )
    if dots:
        figure.add_scatter(
            row=row,
            col=1,
            mode="markers",
            marker={"size": 5, "color": pen.colour},
            x=[points.local[p] for p in dots],
            y=[float(points.values[p]) for p in dots],
            text=[points.texts[p] for p in dots],
            cliponaxis=False,
            **shared,
        )


def _runs(values: np.ndarray, breaks: np.ndarray) -> list[list[int]]:
    """The places of known values, split where one is missing or a break comes before it."""
    runs: list[list[int]] = []
    is_open = False
    for place, value in enumerate(values):
        if np.isnan(value):
            is_open = False
            continue
        if is_open and not breaks[place]:
            runs[-1].append(place)
        else:
            runs.append([place])
        is_open = True
    return runs
