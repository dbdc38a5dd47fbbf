"""What a coin's price does from day to day: changes, falls from the high, swings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cointracker.i18n import N_, left_to_right
from cointracker.ranking import series
from cointracker.services.sampling import outline
from cointracker.services.spans import Span
from cointracker.ui.charts import axes, panels
from cointracker.ui.charts.ink import Ink
from cointracker.ui.charts.panels import Panel, Pen, Points

CHANGES, DRAWDOWN = N_("Daily change, %"), N_("Drawdown from the highest price in this range, %")
VOLATILITY = N_("Volatility of the daily changes, % a year")


def figure(
    changes: pd.DataFrame, history: pd.DataFrame, components: pd.DataFrame, span: Span, ink: Ink
) -> go.Figure:
    """Daily changes as bars, the drawdown, and the rolling volatility, below one another.

    changes: `steadiness.daily_changes`. history: one coin's rows of `CoinService.history`.
    components: `steadiness.components`.
    """
    t = ink.language.t
    drawn = panels.stack(
        [Panel(t(CHANGES), 110), Panel(t(DRAWDOWN), 90), Panel(t(VOLATILITY), 90)], span, ink
    )
    change_bars(drawn, 1, changes, ink)
    falls = drawdown(history)
    line(drawn, 2, falls["observed_at"], falls["drawdown_pct"], ink.down, ink)
    line(drawn, 3, components["observed_at"], components["volatility_pct"], ink.muted, ink)
    return drawn


def drawdown(history: pd.DataFrame) -> pd.DataFrame:
    """observed_at and drawdown_pct of each stored price, oldest first."""
    known = history.dropna(subset=["price"])
    falls = series.drawdown_pct(known["price"].to_numpy(dtype=np.float64))
    return known[["observed_at"]].assign(drawdown_pct=falls).reset_index(drop=True)


def table(changes: pd.DataFrame, history: pd.DataFrame, components: pd.DataFrame) -> pd.DataFrame:
    """What `figure` draws, unthinned: observed_at, change_pct, drawdown_pct, volatility_pct.

    NaN where nothing is drawn at an instant; oldest first.
    """
    swings = components[["observed_at", "volatility_pct"]]
    both = drawdown(history).merge(swings, on="observed_at", how="outer")
    return changes.dropna().merge(both, on="observed_at", how="outer").sort_values("observed_at")


def change_bars(drawn: go.Figure, row: int, changes: pd.DataFrame, ink: Ink) -> None:
    """A bar for each known daily change, rising or falling by colour and direction."""
    known = changes.dropna()
    middles = known["observed_at"] - pd.Timedelta(hours=12)
    words = ink.language
    drawn.add_bar(
        row=row, col=1, x=ink.local(middles), y=known["change_pct"], width=0.7 * 86_400_000,
        marker={
            "color": [ink.up if change > 0 else ink.down for change in known["change_pct"]],
            "line": {"width": 0},
        },
        text=[
            f"<b>{left_to_right(words.change(change, 2))}</b><br>{stamp}"
            for change, stamp in zip(
                known["change_pct"], ink.stamps(known["observed_at"]), strict=True
            )
        ],
        textposition="none", hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    _percents(drawn, row, known["change_pct"].to_numpy(), ink)


def line(
    drawn: go.Figure, row: int, instants: pd.Series, values: pd.Series, colour: str, ink: Ink
) -> None:
    """A line of percent points over time, thinned, broken at gaps."""
    figures = values.to_numpy(dtype=np.float64)
    kept, breaks = outline(instants, figures)
    stamps = ink.stamps(instants.iloc[kept])
    points = Points(
        local=ink.local(instants.iloc[kept]),
        values=figures[kept],
        texts=[
            f"<b>{ink.language.signed(value, 2)}</b><br>{stamp}"
            for value, stamp in zip(figures[kept], stamps, strict=True)
        ],
        breaks=breaks,
    )
    panels.stroke(drawn, row, points, Pen(colour))
    _percents(drawn, row, figures[kept], ink)


def _percents(drawn: go.Figure, row: int, known: np.ndarray, ink: Ink) -> None:
    """Ticks for percent points, 0 among them."""
    low, high = min(0.0, *known, 0.0), max(0.0, *known, 0.0)
    write = axes.step_writer(ink, low, high, most=4)
    panels.ticks(drawn, row, [low, high], write, ink, most=4)
