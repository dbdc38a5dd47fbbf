"""Where a coin stood: rank and score in every snapshot, under the weights of then."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cointracker.analysis.sampling import outline
from cointracker.analysis.time_ranges import TimeRange
from cointracker.features.market.reasons import factor_names
from cointracker.ranking.factors import FACTOR_KEYS, WEIGHT_COLUMNS
from cointracker.ranking.score import UNRANKED
from cointracker.ui.charts import axes, panels
from cointracker.ui.charts.chart_theme import ChartTheme
from cointracker.ui.charts.panels import Panel, Pen, Points


def figure(rank_history: pd.DataFrame, span: TimeRange, theme: ChartTheme) -> go.Figure:
    """Rank, 1 on top, and score over time; a line wherever other weights came into force.

    rank_history: `CoinService.rank_history`, oldest first.
    """
    language = theme.language
    drawn = panels.stack(
        [Panel(language.t("Rank"), 130), Panel(language.t("Score"), 90)], span, theme
    )
    ranked = rank_history[rank_history["rank"] != UNRANKED].reset_index(drop=True)
    _line(drawn, 1, ranked, "rank", 0, theme)
    _line(drawn, 2, ranked, "score", 1, theme)
    worst = float(ranked["rank"].max()) if not ranked.empty else 1.0
    panels.value_axis(drawn, 1).range = [worst + 0.6 + 0.05 * worst, 1 - 0.6 - 0.05 * worst]
    _weight_changes(drawn, rank_history, theme)
    return drawn


def weight_changes(rank_history: pd.DataFrame) -> pd.DataFrame:
    """The rows of `places` that were ranked under other weights than the row before."""
    weights = rank_history[list(WEIGHT_COLUMNS)]
    changed = (weights != weights.shift()).any(axis=1)
    return rank_history[changed & (np.arange(len(rank_history)) > 0)]


def _line(
    drawn: go.Figure, row: int, rows: pd.DataFrame, what: str, decimals: int, theme: ChartTheme
) -> None:
    if rows.empty:
        return
    values = rows[what].to_numpy(dtype=np.float64)
    kept, breaks = outline(rows["snapshot_at"], values)
    instants = rows["snapshot_at"].iloc[kept]
    texts = [
        f"<b>{theme.language.decimal(value, decimals)}</b><br>{stamp}"
        for value, stamp in zip(values[kept], theme.stamps(instants), strict=True)
    ]
    points = Points(theme.local(instants), values[kept], texts, breaks)
    panels.stroke(drawn, row, points, Pen(theme.text), steps=what == "rank")
    panels.ticks(drawn, row, values, theme.language.whole, theme, max_ticks=4)
    if what == "rank":
        _rank_ticks(drawn, float(values.max()), theme)


def _rank_ticks(drawn: go.Figure, worst: float, theme: ChartTheme) -> None:
    """Whole ranks, the first among them."""
    ticks = sorted({1, *(int(rank) for rank in axes.round_values(1.0, worst, 4) if rank % 1 == 0)})
    texts = [theme.language.whole(rank) for rank in ticks]
    panels.value_axis(drawn, 1).update(tickvals=ticks, ticktext=texts)


def _weight_changes(drawn: go.Figure, rank_history: pd.DataFrame, theme: ChartTheme) -> None:
    """A dashed line for each change of weights; the pointer on its head tells the new ones."""
    changes = weight_changes(rank_history)
    if changes.empty:
        return
    names = factor_names(theme.language)
    local = theme.local(changes["snapshot_at"])
    for at in local:
        panels.mark(drawn, at, Pen(theme.warn, 1, "dash"))
    texts = [
        theme.language.t("New weights")
        + "<br>"
        + "<br>".join(
            f"{names[key]} <b>{theme.language.decimal(row[column], 1)}</b>"
            for key, column in zip(FACTOR_KEYS, WEIGHT_COLUMNS, strict=True)
        )
        for row in changes.to_dict("records")
    ]
    drawn.add_scatter(
        **panels.place(2),
        mode="markers",
        x=local,
        y=changes["score"],
        text=texts,
        marker={"symbol": "diamond", "size": 8, "color": theme.warn},
        hovertemplate="%{text}<extra></extra>",
        cliponaxis=False,
    )
