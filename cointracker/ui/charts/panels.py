"""Charts one above the other over the same time, and the strokes that are drawn in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

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
    """An empty figure with the panels below one another over the same span of time.

    The layout is one dictionary: Plotly takes a tenth of a second to update one bit by bit.
    """
    inner = sum(panel.height for panel in panels) + SPACING_PIXELS * (len(panels) - 1)
    layout = paper(theme, inner + HEAD_PIXELS + FOOT_PIXELS) | {"annotations": []}
    top = inner
    for row, panel in enumerate(panels, start=1):
        domain = [max(0.0, (top - panel.height) / inner), top / inner]
        layout[f"xaxis{_number(row)}"] = _time_axis(row, len(panels), span, theme)
        layout[f"yaxis{_number(row)}"] = _value_axis(row, domain, theme)
        if panel.title:
            layout["annotations"].append(_title(panel.title, domain[1], theme))
        top -= panel.height + SPACING_PIXELS
    return go.Figure(layout=layout)


def paper(theme: ChartTheme, height: int) -> dict[str, Any]:
    """The layout that every chart is drawn on; height in pixels."""
    return {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": HEAD_PIXELS, "b": FOOT_PIXELS},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 13, "color": theme.text},
        "hovermode": "x unified",
        "hoverdistance": 30,
        "dragmode": False,
        "selectdirection": "h",
        "hoverlabel": {
            "bgcolor": theme.page,
            "bordercolor": theme.line,
            "font": {"color": theme.text},
        },
        "showlegend": False,
        "bargap": 0.25,
        "uirevision": "same",
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": theme.muted, "activecolor": theme.text},
    }


def place(row: int) -> dict[str, str]:
    """The axes of a trace that is drawn in the panel `row`, 1 on top."""
    return {"xaxis": f"x{_number(row)}", "yaxis": f"y{_number(row)}"}


def value_axis(figure: go.Figure, row: int) -> go.layout.YAxis:
    """The value axis of the panel `row`."""
    return figure.layout[f"yaxis{_number(row)}"]


def _number(row: int) -> str:
    return str(row) if row > 1 else ""


def _time_axis(row: int, rows: int, span: TimeRange, theme: ChartTheme) -> dict[str, Any]:
    """All follow the last one, which alone has labels."""
    follows = {} if row == rows else {"matches": f"x{_number(rows)}", "showticklabels": False}
    return (
        axes.times(span.since, span.until, theme)
        | {
            "anchor": f"y{_number(row)}",
            "fixedrange": True,
            "showgrid": False,
            "linecolor": theme.line,
            "autotickangles": [0, 30],
            "automargin": "bottom",
            "tickfont": {"color": theme.muted},
            "ticks": "outside",
            "ticklen": 4,
            "tickcolor": theme.line,
            "unifiedhovertitle": {"text": BLANK},
        }
        | follows
    )


def _value_axis(row: int, domain: list[float], theme: ChartTheme) -> dict[str, Any]:
    return {
        "anchor": f"x{_number(row)}",
        "domain": domain,
        "fixedrange": True,
        "gridcolor": theme.grid,
        "zeroline": False,
        "automargin": True,
        "tickfont": {"color": theme.muted},
        "side": "left" if theme.language.is_rtl else "right",
        "ticklabelstandoff": 4,
    }


def _title(text: str, height: float, theme: ChartTheme) -> dict[str, Any]:
    """A panel's title above its upper edge; height: of that edge, as a share of the paper."""
    return {
        "text": theme.language.own_way(text),
        "xref": "paper",
        "yref": "paper",
        "showarrow": False,
        "x": 1.0 if theme.language.is_rtl else 0.0,
        "y": height,
        "yshift": 4,
        "xanchor": "right" if theme.language.is_rtl else "left",
        "yanchor": "bottom",
        "font": {"size": 13, "color": theme.text},
    }


def ticks(
    figure: go.Figure,
    row: int,
    known: Sequence[float] | np.ndarray,
    write: Callable[[float], str],
    theme: ChartTheme,
    **options: Any,
) -> None:
    """Round ticks for a panel's values, written by `write`."""
    value_axis(figure, row).update(axes.values(list(known), write, theme, **options))


def stroke(
    figure: go.Figure, row: int, points: Points, pen: Pen, *, name: str = "", steps: bool = False
) -> None:
    """One line over time, broken at missing values; a point that no line reaches becomes a dot."""
    runs = _runs(points.values, points.breaks)
    lines = [run for run in runs if len(run) > 1]
    dots = [run[0] for run in runs if len(run) == 1]
    shared = {"name": name, "hovertemplate": "%{text}<extra></extra>", "line_color": pen.colour}
    if lines or not dots:
        stops = [stop for run in lines for stop in (*run, None)]
        figure.add_scatter(
            **place(row),
            mode="lines",
            connectgaps=False,
            x=[None if p is None else points.local[p] for p in stops],
            y=[None if p is None else float(points.values[p]) for p in stops],
            text=["" if p is None else points.texts[p] for p in stops],
            line_width=pen.width,
            line_dash=pen.dash,
            line_shape="hv" if steps else "linear",
            **shared,
        )
    if dots:
        figure.add_scatter(
            **place(row),
            mode="markers",
            marker={"size": 5, "color": pen.colour},
            x=[points.local[p] for p in dots],
            y=[float(points.values[p]) for p in dots],
            text=[points.texts[p] for p in dots],
            cliponaxis=False,
            **shared,
        )


def mark(figure: go.Figure, at: str, pen: Pen) -> None:
    """A line from top to bottom of every panel, at a local instant."""
    for row in range(1, sum(1 for _ in figure.select_yaxes()) + 1):
        refs = place(row)
        figure.add_shape(
            type="line",
            xref=refs["xaxis"],
            yref=f"{refs['yaxis']} domain",
            x0=at,
            x1=at,
            y0=0,
            y1=1,
            line={"color": pen.colour, "width": pen.width, "dash": pen.dash},
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
