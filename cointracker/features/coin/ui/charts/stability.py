"""Stability over time: the score, its parts, and the daily changes that moved them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cointracker.analysis.sampling import outline
from cointracker.analysis.time_ranges import TimeRange
from cointracker.core.i18n import N_
from cointracker.features.coin.ui.charts import risk
from cointracker.ui.charts import panels
from cointracker.ui.charts.chart_theme import ChartTheme
from cointracker.ui.charts.panels import Panel, Pen, Points

PARTS = {
    "score": N_("Stability: classic ━, robust ┅"),
    "variance": N_("Variance"),
    "trend": N_("Trend"),
    "reversion": N_("Reversion risk"),
}
SCALE = (0.0, 50.0, 100.0)


def figure(
    components: pd.DataFrame,
    rank_history: pd.DataFrame,
    changes: pd.DataFrame,
    span: TimeRange,
    theme: ChartTheme,
) -> go.Figure:
    """Score and parts, each on 0 to 100, over the daily changes.

    components: `stability_over_time.components`. rank_history: `CoinService.rank_history`, whose
    stability_robust is drawn dotted beside the classic score. changes:
    `stability_over_time.daily_changes`.
    """
    t = theme.language.t
    rows = [Panel(t(title), 90 if part == "score" else 60) for part, title in PARTS.items()]
    drawn = panels.stack([*rows, Panel(t(risk.CHANGES), 80)], span, theme)
    for row, part in enumerate(PARTS, start=1):
        pen = Pen(theme.factors["stability"], 2.0 if part == "score" else 1.4)
        _score(drawn, row, components.rename(columns={part: "drawn"}), pen, theme)
        panels.value_axis(drawn, row).range = [-4, 104]
        panels.ticks(drawn, row, SCALE, theme.language.whole, theme, max_ticks=3)
    robust = rank_history.rename(
        columns={"snapshot_at": "observed_at", "stability_robust": "drawn"}
    )
    _score(drawn, 1, robust.dropna(subset=["drawn"]), Pen(theme.text, 1.4, "dot"), theme)
    risk.change_bars(drawn, len(PARTS) + 1, changes, theme)
    return drawn


def peg(history: pd.DataFrame, span: TimeRange, theme: ChartTheme) -> go.Figure:
    """How far a pegged coin's price lies from 1, in percent, over time."""
    known = history.dropna(subset=["price"])
    title = theme.language.t("Deviation from the peg, %")
    drawn = panels.stack([Panel(title, 110)], span, theme)
    risk.line(drawn, 1, known["observed_at"], (known["price"] - 1.0) * 100.0, theme.lines[0], theme)
    return drawn


def _score(drawn: go.Figure, row: int, scores: pd.DataFrame, pen: Pen, theme: ChartTheme) -> None:
    """The column `drawn` of `scores` over its observed_at."""
    if scores.empty:
        return
    values = scores["drawn"].to_numpy(dtype=np.float64)
    kept, breaks = outline(scores["observed_at"], values)
    instants = scores["observed_at"].iloc[kept]
    texts = [
        f"<b>{theme.language.decimal(value, 1)}</b><br>{stamp}"
        for value, stamp in zip(values[kept], theme.stamps(instants), strict=True)
    ]
    panels.stroke(drawn, row, Points(theme.local(instants), values[kept], texts, breaks), pen)
