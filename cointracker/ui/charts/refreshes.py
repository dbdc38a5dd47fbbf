"""How long the refreshes took, and which of them failed."""

from __future__ import annotations

from html import escape

import pandas as pd
import plotly.graph_objects as go

from cointracker.services.spans import Span
from cointracker.storage.refreshes import FAILED
from cointracker.ui.charts import axes, panels
from cointracker.ui.charts.ink import Ink
from cointracker.ui.charts.panels import Panel

HEIGHT, LEAST_SECONDS = 150, 0.05
WIDTH_SHARE = 0.7


def figure(log: pd.DataFrame, span: Span, interval_seconds: int, ink: Ink) -> go.Figure:
    """A bar for each refresh, as high as it took seconds; failed ones hatched, with a ✕ on top.

    log: `HealthService.refreshes`, with what is to be told of each (`told`, empty for nothing).
    """
    title = ink.language.t("Seconds a refresh took")
    drawn = panels.stack([Panel(title, HEIGHT)], span, ink)
    if log.empty:
        return drawn
    failed = (log["outcome"] == FAILED).to_numpy()
    heights = log["seconds"].clip(lower=LEAST_SECONDS)
    drawn.add_bar(
        row=1, col=1, x=ink.local(log["started_at"]), y=heights, text=_texts(log, ink),
        textposition="none", hovertemplate="%{text}<extra></extra>",
        width=interval_seconds * 1_000 * WIDTH_SHARE,
        marker={
            "color": [ink.down if bad else ink.up for bad in failed],
            "pattern": {
                "shape": ["/" if bad else "" for bad in failed], "fillmode": "replace",
                "solidity": 0.4,
            },
            "line": {"width": [1 if bad else 0 for bad in failed], "color": ink.down},
        },
    )  # fmt: skip
    bad = log[failed]
    drawn.add_scatter(
        row=1, col=1, mode="text", x=ink.local(bad["started_at"]), y=heights[failed],
        text=["✕"] * len(bad), textposition="top center", textfont={"color": ink.down},
        hoverinfo="skip", cliponaxis=False,
    )  # fmt: skip
    write = axes.step_writer(ink, 0.0, float(heights.max()), most=4)
    panels.ticks(drawn, 1, [0.0, *heights], write, ink, most=4)
    return drawn


def _texts(log: pd.DataFrame, ink: Ink) -> list[str]:
    stamps = ink.stamps(log["started_at"])
    texts = []
    for row, stamp in zip(log.to_dict("records"), stamps, strict=True):
        took = ink.language.t("{count} s", count=ink.language.decimal(row["seconds"], 1))
        lines = [f"<b>{took}</b>", stamp]
        if row["told"]:
            lines.append(escape(row["told"], quote=False))
        texts.append("<br>".join(lines))
    return texts
