"""How long the refreshes took, and which of them failed."""

from __future__ import annotations

from html import escape

import pandas as pd
import plotly.graph_objects as go

from cointracker.analysis.time_ranges import TimeRange
from cointracker.features.monitoring.store.refreshes import FAILED
from cointracker.ui.charts import axes, panels
from cointracker.ui.charts.chart_theme import ChartTheme
from cointracker.ui.charts.panels import Panel

HEIGHT, MIN_SECONDS = 150, 0.05
WIDTH_SHARE = 0.7


def figure(
    log: pd.DataFrame, span: TimeRange, interval_seconds: int, theme: ChartTheme
) -> go.Figure:
    """A bar for each refresh, as high as it took seconds; failed ones hatched, with a ✕ on top.

    log: `DataQualityService.refreshes`, with a note on each (`told`, empty for none).
    """
    title = theme.language.t("Refresh duration, s")
    drawn = panels.stack([Panel(title, HEIGHT)], span, theme)
    if log.empty:
        return drawn
    failed = (log["outcome"] == FAILED).to_numpy()
    heights = log["seconds"].clip(lower=MIN_SECONDS)
    drawn.add_bar(
        **panels.place(1),
        x=theme.local(log["started_at"]),
        y=heights,
        text=_texts(log, theme),
        textposition="none",
        hovertemplate="%{text}<extra></extra>",
        width=interval_seconds * 1_000 * WIDTH_SHARE,
        marker={
            "color": [theme.down if bad else theme.up for bad in failed],
            "pattern": {
                "shape": ["/" if bad else "" for bad in failed],
                "fillmode": "replace",
                "solidity": 0.4,
            },
            "line": {"width": [1 if bad else 0 for bad in failed], "color": theme.down},
        },
    )
    bad = log[failed]
    drawn.add_scatter(
        **panels.place(1),
        mode="text",
        x=theme.local(bad["started_at"]),
        y=heights[failed],
        text=["✕"] * len(bad),
        textposition="top center",
        textfont={"color": theme.down},
        hoverinfo="skip",
        cliponaxis=False,
    )
    write = axes.step_writer(theme, 0.0, float(heights.max()), max_ticks=4)
    panels.ticks(drawn, 1, [0.0, *heights], write, theme, max_ticks=4)
    return drawn


def _texts(log: pd.DataFrame, theme: ChartTheme) -> list[str]:
    stamps = theme.stamps(log["started_at"])
    texts = []
    for row, stamp in zip(log.to_dict("records"), stamps, strict=True):
        took = theme.language.t("{count} s", count=theme.language.decimal(row["seconds"], 1))
        lines = [f"<b>{took}</b>", stamp]
        if row["told"]:
            lines.append(escape(row["told"], quote=False))
        texts.append("<br>".join(lines))
    return texts
