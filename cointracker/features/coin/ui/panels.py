"""The charts of a coin's page, each under its heading and with its data to take along."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from cointracker.features.coin.coins import CoinReport, Profile
from cointracker.features.coin.ui import downloads, range_picker
from cointracker.features.coin.ui.charts import (
    price,
    rank_history,
    risk,
    stability,
)
from cointracker.features.coin.ui.charts import (
    score_breakdown as breakdown_chart,
)
from cointracker.features.market.reasons import factor_names
from cointracker.ranking.factors import CONTRIBUTION_COLUMNS
from cointracker.ui import session, state
from cointracker.ui.charts.chart_theme import ChartTheme
from cointracker.ui.i18n import reader, t, tn, when


def theme(profile: Profile) -> ChartTheme:
    """How charts are to be drawn for this reader."""
    currency = profile.view.snapshot.quote_currency
    return ChartTheme(reader(), session.zone(), session.is_dark(), currency)


def nothing(report: CoinReport) -> None:
    """Say that nothing is stored in the span, and lead to what is."""
    seen = when(report.profile.row["observed_at"].to_pydatetime())
    st.info(
        t("No data in this range. The latest is from {instant}.", instant=seen),
        icon=":material/event_busy:",
    )
    st.button(t("Show all data"), on_click=range_picker.show_all, key="show-stored")


def prices(report: CoinReport) -> None:
    """Price or cap over volume."""
    what = range_picker.line()
    figure = price.figure(
        report.history, report.span, theme(report.profile), what=what, is_log=range_picker.is_log()
    )
    draw(figure, "price-chart", t("Price and volume"), selects=True)
    with st.container(horizontal=True, vertical_alignment="center", key="price-notes"):
        kinds = price.kinds(report.history)
        if kinds != ["observed"]:
            st.html(_kinds_told(report, kinds), width="stretch")
        else:
            st.space("stretch")
        downloads.button("history", report, report.history)


def score_breakdown(profile: Profile) -> None:
    """What the factors give to the score."""
    row = profile.row
    heading(t("Score breakdown"))
    names = [name[0].upper() + name[1:] for name in factor_names(reader()).values()]
    points = [float(row[column]) for column in CONTRIBUTION_COLUMNS]
    score = float(row["score"]) if pd.notna(row["score"]) else 0.0
    draw(
        breakdown_chart.figure(names, points, score, t("Score"), theme(profile)),
        "waterfall",
        t("Score"),
    )
    covered = reader().decimal(row["coverage"] * 100, 0)
    st.caption(t("Coverage: {share} %, the share of your weights backed by data.", share=covered))


def risks(report: CoinReport) -> None:
    """Daily changes, drawdown and volatility."""
    heading(t("Returns, drawdown, volatility"))
    figure = risk.figure(
        report.changes, report.history, report.components, report.span, theme(report.profile)
    )
    draw(figure, "risk-chart", t("Returns, drawdown, volatility"))
    shown = risk.table(report.changes, report.history, report.components)
    downloads.button("changes", report, shown)


def stability_over_time(report: CoinReport) -> None:
    """Stability over time with all its parts; for pegged coins how far they strayed."""
    row = report.profile.row
    days = report.profile.view.snapshot.history_days
    score = reader().decimal(row["stability_classic"], 1)
    samples = tn(
        "from {count} daily change", "from {count} daily changes", int(row["daily_changes"])
    )
    heading(t("Stability {score}, {samples}", score=score, samples=samples))
    figure = stability.figure(
        report.components, report.rank_history, report.changes, report.span, theme(report.profile)
    )
    draw(figure, "stability-chart", t("Stability"))
    st.caption(
        tn(
            "Each point uses the daily changes of the {count} day before it.",
            "Each point uses the daily changes of the {count} days before it.",
            days,
        )
    )
    downloads.button("stability", report, report.components)
    if row["pegged"]:
        heading(t("Deviation from the peg"))
        draw(stability.peg(report.history, report.span, theme(report.profile)), "peg", t("Peg"))


def standing(report: CoinReport) -> None:
    """Rank and score in every snapshot of the span, and where the weights changed."""
    heading(t("Rank and score over time"))
    if report.rank_history.empty:
        st.caption(t("No snapshot in this range contains the coin."))
        return
    draw(
        rank_history.figure(report.rank_history, report.span, theme(report.profile)),
        "places",
        t("Rank and score"),
    )
    st.caption(_weights_told(report.rank_history))
    downloads.button("places", report, report.rank_history)


def _weights_told(rows: pd.DataFrame) -> str:
    first = when(rows["snapshot_at"].iloc[0].to_pydatetime())
    count = len(rank_history.weight_changes(rows))
    if count == 0:
        return t("Ranked by the same weights throughout, since {first}.", first=first)
    return tn(
        "Ranked by the weights that applied at the time. They have changed {count} time since"
        " {first}.",
        "Ranked by the weights that applied at the time. They have changed {count} times since"
        " {first}.",
        count,
        first=first,
    )


def heading(text: str) -> None:
    """The heading of a part."""
    st.subheader(text, anchor=False)


def draw(figure: go.Figure, key: str, alt: str, *, selects: bool = False) -> None:
    """Put a figure on the page; one that `selects` zooms to what is marked in it."""
    options: dict[str, Any] = {"selection_mode": "box"} if selects else {}
    if selects:
        figure.update_layout(dragmode=False if session.is_touched() else "select")
        options["on_select"] = lambda: _zoom(key)
    config = downloads.menu(key, selects=selects)
    st.plotly_chart(figure, theme=None, key=key, alt=alt, width="stretch", config=config, **options)


def _zoom(key: str) -> None:
    """Show the days that were marked in a chart, when any were."""
    boxes = (state.value(key, None) or {}).get("selection", {}).get("box", [])
    marked = [pd.Timestamp(at, tz=session.zone()) for at in boxes[0]["x"]] if boxes else []
    if len(marked) == 2:
        range_picker.choose(min(marked).to_pydatetime(), max(marked).to_pydatetime())


def _kinds_told(report: CoinReport, kinds: list[str]) -> str:
    """The key of the price line: what was observed, and what was filled in from where."""
    pens = price.pens(theme(report.profile))
    named = "".join(
        f"<span><i style='background:{pens[kind].colour}'></i>{t(price.KINDS[kind])}</span>"
        for kind in kinds
    )
    rule = t("Gaps in the line are times without data.")
    return f"<div class='ct-key'>{named}<span>{rule}</span></div>"
