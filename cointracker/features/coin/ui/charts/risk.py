"""What a coin's price does from day to day: changes, falls from the high, swings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cointracker.analysis import series
from cointracker.analysis.sampling import outline
from cointracker.analysis.time_ranges import TimeRange
from cointracker.core.i18n import N_, left_to_right
from cointracker.ui.charts import axes, panels
from cointracker.ui.charts.chart_theme import ChartTheme
from cointracker.ui.charts.panels import Panel, Pen, Points

CHANGES, DRAWDOWN = N_("Daily change, %"), N_("Drawdown from the highest price in this range, %")
VOLATILITY = N_("Annualised volatility of daily changes, %")


def figure(
    changes: pd.DataFrame,
    history: pd.DataFrame,
    components: pd.DataFrame,
    span: TimeRange,
    theme: ChartTheme,
) -> go.Figure:
    """Daily changes as bars, the drawdown, and the rolling volatility, below one another.

    changes: `stability_over_time.daily_changes`. history: one coin's rows of `CoinService.history`.
    components: `stability_over_time.components`.
    """
    t = theme.language.t
    drawn = panels.stack(
        [Panel(t(CHANGES), 110), Panel(t(DRAWDOWN), 90), Panel(t(VOLATILITY), 90)], span, theme
    )
    change_bars(drawn, 1, changes, theme)
    falls = drawdown(history)
    line(drawn, 2, falls["observed_at"], falls["drawdown_pct"], theme.down, theme)
    line(drawn, 3, components["observed_at"], components["volatility_pct"], theme.muted, theme)
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


def change_bars(drawn: go.Figure, row: int, changes: pd.DataFrame, theme: ChartTheme) -> None:
    """A bar for each known daily change, rising or falling by colour and direction."""
    known = changes.dropna()
    middles = known["observed_at"] - pd.Timedelta(hours=12)
    words = theme.language
    drawn.add_bar(
        **panels.place(row),
        x=theme.local(middles),
        y=known["change_pct"],
        width=0.7 * 86_400_000,
        marker={
            "color": [theme.up if change > 0 else theme.down for change in known["change_pct"]],
            "line": {"width": 0},
        },
        text=[
            f"<b>{left_to_right(words.change(change, 2))}</b><br>{stamp}"
            for change, stamp in zip(
                known["change_pct"], theme.stamps(known["observed_at"]), strict=True
            )
        ],
        textposition="none",
        hovertemplate="%{text}<extra></extra>",
    )
    _percents(drawn, row, known["change_pct"].to_numpy(), theme)


def line(
    drawn: go.Figure,
    row: int,
    instants: pd.Series,
    values: pd.Series,
    colour: str,
    theme: ChartTheme,
) -> None:
    """A line of percent points over time, thinned, broken at gaps."""
    figures = values.to_numpy(dtype=np.float64)
    kept, breaks = outline(instants, figures)
    stamps = theme.stamps(instants.iloc[kept])
    points = Points(
        local=theme.local(instants.iloc[kept]),
        values=figures[kept],
        texts=[
            f"<b>{theme.language.signed(value, 2)}</b><br>{stamp}"
            for value, stamp in zip(figures[kept], stamps, strict=True)
        ],
        breaks=breaks,
    )
    panels.stroke(drawn, row, points, Pen(colour))
    _percents(drawn, row, figures[kept], theme)


def _percents(drawn: go.Figure, row: int, known: np.ndarray, theme: ChartTheme) -> None:
    """Ticks for percent points, 0 among them."""
    low, high = min(0.0, *known, 0.0), max(0.0, *known, 0.0)
    write = axes.step_writer(theme, low, high, max_ticks=4)
    panels.ticks(drawn, row, [low, high], write, theme, max_ticks=4)
