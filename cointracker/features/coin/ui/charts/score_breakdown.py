"""How the factors add up to the score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from cointracker.ui.charts import panels
from cointracker.ui.charts.chart_theme import ChartTheme

ROW_PIXELS = 32


def figure(
    names: Sequence[str],
    contributions: Sequence[float],
    score: float,
    total: str,
    theme: ChartTheme,
) -> go.Figure:
    """A bar for each factor, each begun where the last one ends, and the score below in ink.

    contributions: score points in the order of the factors, NaN where the factor is not known.
    Bars begin at the reading side.
    """
    language = theme.language
    points = np.nan_to_num(np.asarray(contributions, dtype=np.float64))
    drawn = go.Figure(layout=panels.paper(theme, ROW_PIXELS * (len(names) + 1) + 24))
    texts = [language.decimal(value, 1) for value in contributions]
    drawn.add_bar(
        orientation="h",
        y=[*names, total],
        x=[*points, score],
        base=[*(np.cumsum(points) - points), 0.0],
        marker={"color": [*theme.factors.values(), theme.text]},
        width=0.62,
        text=[*texts, language.decimal(score, 1)],
        textposition="outside",
        cliponaxis=False,
        textfont={"color": theme.text},
        hoverinfo="skip",
    )
    end = max(score, 1.0) * 1.12
    drawn.update_layout(margin={"l": 8, "r": 8, "t": 8, "b": 8}, hovermode=False)
    drawn.update_xaxes(
        visible=False, fixedrange=True, range=[end, 0] if language.is_rtl else [0, end]
    )
    drawn.update_yaxes(
        autorange="reversed",
        fixedrange=True,
        automargin=True,
        ticklabelstandoff=6,
        tickfont={"color": theme.text},
        side="right" if language.is_rtl else "left",
        showgrid=False,
        ticks="",
        tickvals=[*names, total],
        ticktext=[language.own_way(name) for name in (*names, total)],
    )
    return drawn
