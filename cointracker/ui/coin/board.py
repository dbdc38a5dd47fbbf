"""The charts of a coin's page, each under its heading and with its data to take along."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from cointracker.ranking.factors import FACTORS
from cointracker.services.coins import Profile, Story
from cointracker.services.reasons import factor_names
from cointracker.ui import session
from cointracker.ui.charts import places, price, risk, stability, waterfall
from cointracker.ui.charts.ink import Ink
from cointracker.ui.coin import take, window
from cointracker.ui.i18n import reader, t, tn, when


def ink(profile: Profile) -> Ink:
    """How charts are to be drawn for this reader."""
    currency = profile.view.snapshot.quote_currency
    return Ink(reader(), session.zone(), session.is_dark(), currency)


def nothing(story: Story) -> None:
    """Say that nothing is stored in the span, and lead to what is."""
    seen = when(story.profile.row["observed_at"].to_pydatetime())
    st.info(
        t("Nothing is stored in this range. The last figures are of {instant}.", instant=seen),
        icon=":material/event_busy:",
    )
    st.button(t("Show all that is stored"), on_click=window.show_all, key="show-stored")


def prices(story: Story) -> None:
    """Price or cap over volume."""
    what = window.line()
    figure = price.figure(
        story.history, story.span, ink(story.profile), what=what, is_log=window.is_log()
    )
    draw(figure, "price-chart", t("Price and volume"), selects=True)
    with st.container(horizontal=True, vertical_alignment="center", key="price-notes"):
        kinds = price.kinds(story.history)
        if kinds != ["observed"]:
            st.html(_kinds_told(story, kinds), width="stretch")
        else:
            st.space("stretch")
        take.button("history", story, story.history)


def makings(profile: Profile) -> None:
    """What the factors give to the score."""
    row = profile.row
    heading(t("What makes the score"))
    names = [name[0].upper() + name[1:] for name in factor_names(reader()).values()]
    points = [float(row[f"contribution_{name}"]) for name in FACTORS]
    score = float(row["score"]) if pd.notna(row["score"]) else 0.0
    draw(waterfall.figure(names, points, score, t("Score"), ink(profile)), "waterfall", t("Score"))
    covered = reader().decimal(row["coverage"] * 100, 0)
    st.caption(t("Coverage: {share} %. So much of the weights has a known factor.", share=covered))


def risks(story: Story) -> None:
    """Daily changes, drawdown and volatility."""
    heading(t("Changes, falls and swings"))
    figure = risk.figure(
        story.changes, story.history, story.components, story.span, ink(story.profile)
    )
    draw(figure, "risk-chart", t("Changes, falls and swings"))
    shown = risk.table(story.changes, story.history, story.components)
    take.button("changes", story, shown)


def steadiness(story: Story) -> None:
    """Stability over time with all its parts; for pegged coins how far they strayed."""
    row = story.profile.row
    days = story.profile.view.snapshot.history_days
    score = reader().decimal(row["stability_classic"], 1)
    told = tn("from {count} daily change", "from {count} daily changes", int(row["daily_changes"]))
    heading(t("Stability {score}, {samples}", score=score, samples=told))
    figure = stability.figure(
        story.components, story.places, story.changes, story.span, ink(story.profile)
    )
    draw(figure, "stability-chart", t("Stability"))
    st.caption(
        tn(
            "Each point rests on the daily changes of the {count} day before it.",
            "Each point rests on the daily changes of the {count} days before it.",
            days,
        )
    )
    take.button("stability", story, story.components)
    if row["pegged"]:
        heading(t("Distance from the peg"))
        draw(stability.peg(story.history, story.span, ink(story.profile)), "peg", t("Peg"))


def standing(story: Story) -> None:
    """Rank and score in every snapshot of the span, and where the weights changed."""
    heading(t("Rank and score over time"))
    if story.places.empty:
        st.caption(t("No snapshot of this range holds the coin."))
        return
    draw(places.figure(story.places, story.span, ink(story.profile)), "places", t("Rank and score"))
    st.caption(_weights_told(story.places))
    take.button("places", story, story.places)


def _weights_told(rows: pd.DataFrame) -> str:
    first = when(rows["snapshot_at"].iloc[0].to_pydatetime())
    count = len(places.weight_changes(rows))
    if count == 0:
        return t("All ranked by the same weights, since {first}.", first=first)
    return tn(
        "Ranked by the weights in force at each instant. Since {first} they changed {count} time.",
        "Ranked by the weights in force at each instant. Since {first} they changed {count} times.",
        count, first=first,
    )  # fmt: skip


def heading(text: str) -> None:
    """The heading of a part."""
    st.subheader(text, anchor=False)


def draw(figure: go.Figure, key: str, alt: str, *, selects: bool = False) -> None:
    """Put a figure on the page; one that `selects` zooms to what is marked in it."""
    options: dict[str, Any] = {"selection_mode": "box"} if selects else {}
    if selects:
        figure.update_layout(dragmode=False if session.is_touched() else "select")
        options["on_select"] = lambda: _zoom(key)
    config = take.menu(key, selects=selects)
    st.plotly_chart(figure, theme=None, key=key, alt=alt, width="stretch", config=config, **options)


def _zoom(key: str) -> None:
    """Show the days that were marked in a chart, when any were."""
    boxes = (session.value(key, None) or {}).get("selection", {}).get("box", [])
    marked = [pd.Timestamp(at, tz=session.zone()) for at in boxes[0]["x"]] if boxes else []
    if len(marked) == 2:
        window.choose(min(marked).to_pydatetime(), max(marked).to_pydatetime())


def _kinds_told(story: Story, kinds: list[str]) -> str:
    """The key of the price line: what was observed, and what was filled in from where."""
    pens = price.pens(ink(story.profile))
    named = "".join(
        f"<span><i style='background:{pens[kind].colour}'></i>{t(price.KINDS[kind])}</span>"
        for kind in kinds
    )
    rule = t("Where nothing is stored there is no line.")
    return f"<div class='ct-key'>{named}<span>{rule}</span></div>"
