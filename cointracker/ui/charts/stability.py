"""Stability over time: the score, its parts, and the daily changes that moved them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cointracker.i18n import N_
from cointracker.services.sampling import outline
from cointracker.services.spans import Span
from cointracker.ui.charts import panels, risk
from cointracker.ui.charts.ink import Ink
from cointracker.ui.charts.panels import Panel, Pen, Points

PARTS = {
    "score": N_("Stability: classic ━, robust ┅"),
    "variance": N_("Variance"),
    "trend": N_("Trend"),
    "reversion": N_("Reversion risk"),
}
SCALE = (0.0, 50.0, 100.0)


def figure(
    components: pd.DataFrame, places: pd.DataFrame, changes: pd.DataFrame, span: Span, ink: Ink
) -> go.Figure:
    """Score and parts, each on 0 to 100, over the daily changes.

    components: `steadiness.components`. places: `CoinService.places`, whose stability_robust is
    drawn dotted beside the classic score. changes: `steadiness.daily_changes`.
    """
    t = ink.language.t
    rows = [Panel(t(title), 90 if part == "score" else 60) for part, title in PARTS.items()]
    drawn = panels.stack([*rows, Panel(t(risk.CHANGES), 80)], span, ink)
    for row, part in enumerate(PARTS, start=1):
        pen = Pen(ink.factors[2], 2.0 if part == "score" else 1.4)
        _score(drawn, row, components.rename(columns={part: "drawn"}), pen, ink)
        drawn.update_yaxes(range=[-4, 104], row=row, col=1)
        panels.ticks(drawn, row, SCALE, ink.language.whole, ink, most=3)
    robust = places.rename(columns={"snapshot_at": "observed_at", "stability_robust": "drawn"})
    _score(drawn, 1, robust.dropna(subset=["drawn"]), Pen(ink.text, 1.4, "dot"), ink)
    risk.change_bars(drawn, len(PARTS) + 1, changes, ink)
    return drawn


def peg(history: pd.DataFrame, span: Span, ink: Ink) -> go.Figure:
    """How far a pegged coin's price lies from 1, in percent, over time."""
    known = history.dropna(subset=["price"])
    title = ink.language.t("Distance from the peg, %")
    drawn = panels.stack([Panel(title, 110)], span, ink)
    risk.line(drawn, 1, known["observed_at"], (known["price"] - 1.0) * 100.0, ink.factors[0], ink)
    return drawn


def _score(drawn: go.Figure, row: int, scores: pd.DataFrame, pen: Pen, ink: Ink) -> None:
    """The column `drawn` of `scores` over its observed_at."""
    if scores.empty:
        return
    values = scores["drawn"].to_numpy(dtype=np.float64)
    kept, breaks = outline(scores["observed_at"], values)
    instants = scores["observed_at"].iloc[kept]
    texts = [
        f"<b>{ink.language.decimal(value, 1)}</b><br>{stamp}"
        for value, stamp in zip(values[kept], ink.stamps(instants), strict=True)
    ]
    panels.stroke(drawn, row, Points(ink.local(instants), values[kept], texts, breaks), pen)
