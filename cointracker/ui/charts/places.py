"""Where a coin stood: rank and score in every snapshot, under the weights of then."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cointracker.ranking.factors import FACTORS
from cointracker.ranking.score import UNRANKED
from cointracker.services.reasons import factor_names
from cointracker.services.sampling import outline
from cointracker.services.spans import Span
from cointracker.ui.charts import axes, panels
from cointracker.ui.charts.ink import Ink
from cointracker.ui.charts.panels import Panel, Pen, Points

WEIGHT_COLUMNS = [f"weight_{name}" for name in FACTORS]


def figure(places: pd.DataFrame, span: Span, ink: Ink) -> go.Figure:
    """Rank, 1 on top, and score over time; a line wherever other weights came into force.

    places: `CoinService.places`, oldest first.
    """
    language = ink.language
    drawn = panels.stack(
        [Panel(language.t("Rank"), 130), Panel(language.t("Score"), 90)], span, ink
    )
    ranked = places[places["rank"] != UNRANKED].reset_index(drop=True)
    _line(drawn, 1, ranked, "rank", 0, ink)
    _line(drawn, 2, ranked, "score", 1, ink)
    worst = float(ranked["rank"].max()) if not ranked.empty else 1.0
    drawn.update_yaxes(row=1, col=1, range=[worst + 0.6 + 0.05 * worst, 1 - 0.6 - 0.05 * worst])
    _weight_changes(drawn, places, ink)
    return drawn


def weight_changes(places: pd.DataFrame) -> pd.DataFrame:
    """The rows of `places` that were ranked under other weights than the row before."""
    weights = places[WEIGHT_COLUMNS]
    changed = (weights != weights.shift()).any(axis=1)
    return places[changed & (np.arange(len(places)) > 0)]


def _line(
    drawn: go.Figure, row: int, rows: pd.DataFrame, what: str, decimals: int, ink: Ink
) -> None:
    if rows.empty:
        return
    values = rows[what].to_numpy(dtype=np.float64)
    kept, breaks = outline(rows["snapshot_at"], values)
    instants = rows["snapshot_at"].iloc[kept]
    texts = [
        f"<b>{ink.language.decimal(value, decimals)}</b><br>{stamp}"
        for value, stamp in zip(values[kept], ink.stamps(instants), strict=True)
    ]
    points = Points(ink.local(instants), values[kept], texts, breaks)
    panels.stroke(drawn, row, points, Pen(ink.text), steps=what == "rank")
    panels.ticks(drawn, row, values, ink.language.whole, ink, most=4)
    if what == "rank":
        _rank_ticks(drawn, float(values.max()), ink)


def _rank_ticks(drawn: go.Figure, worst: float, ink: Ink) -> None:
    """Whole ranks, the first among them."""
    ticks = sorted({1, *(int(rank) for rank in axes.round_values(1.0, worst, 4) if rank % 1 == 0)})
    drawn.update_yaxes(
        row=1, col=1, tickvals=ticks, ticktext=[ink.language.whole(rank) for rank in ticks]
    )


def _weight_changes(drawn: go.Figure, places: pd.DataFrame, ink: Ink) -> None:
    """A dashed line for each change of weights; the pointer on its head tells the new ones."""
    changes = weight_changes(places)
    if changes.empty:
        return
    names = factor_names(ink.language)
    local = ink.local(changes["snapshot_at"])
    for at in local:
        drawn.add_vline(x=at, line={"color": ink.warn, "width": 1, "dash": "dash"})
    texts = [
        ink.language.t("New weights") + "<br>" + "<br>".join(
            f"{names[name]} <b>{ink.language.decimal(row[f'weight_{name}'], 1)}</b>"
            for name in FACTORS
        )
        for row in changes.to_dict("records")
    ]  # fmt: skip
    drawn.add_scatter(
        row=2, col=1, mode="markers", x=local, y=changes["score"], text=texts,
        marker={"symbol": "diamond", "size": 8, "color": ink.warn},
        hovertemplate="%{text}<extra></extra>", cliponaxis=False,
    )  # fmt: skip
