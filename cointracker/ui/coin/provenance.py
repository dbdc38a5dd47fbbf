"""Where each figure of a coin comes from, and how old it is."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from cointracker.i18n import MISSING
from cointracker.services import services
from cointracker.services.coins import Story
from cointracker.ui import problems
from cointracker.ui.charts.price import KINDS
from cointracker.ui.coin import board
from cointracker.ui.i18n import reader, t, tn, when


def show(story: Story) -> None:
    """Draw a line for each group of figures: what they are, whose, of when, how old now."""
    board.heading(t("Where the figures come from"))
    now = services().monitoring.status().now
    heads = (t("Figures"), t("From"), t("As of"), t("Age"))
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(
        f"<tr><th scope='row'>{escape(what)}</th><td>{escape(whose)}</td>"
        f"<td>{escape(_when(at))}</td><td>{escape(_age(at, now))}</td></tr>"
        for what, whose, at in _lines(story)
    )
    st.html(
        f"<div class='ct-scroll'><table class='ct-table ct-words'><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _lines(story: Story) -> list[tuple[str, str, Any]]:
    profile = story.profile
    row, facts, snapshot = profile.row, profile.facts, profile.view.snapshot
    source = problems.source_name(row["source"])
    told = services().coin_data.details(profile.coin_id).details
    derived = t("CoinTracker, from stored volumes 24 h apart")
    scored = t("CoinTracker, under the weights in force")
    lines = [
        (t("Price, changes, volume, market cap"), source, row["observed_at"]),
        (t("Volume change"), derived, row["observed_at"]),
        (t("Stability"), _stability(row), row["observed_at"]),
        (t("Score, rank and band"), scored, snapshot.at),
        (t("Supply, highest and lowest price"), source, facts["seen_at"]),
    ]
    if told is not None:
        about = t("Description, links, watchlists")
        lines.append((about, problems.source_name(told.source), told.fetched_at))
    return lines + _history(story)


def _stability(row: pd.Series) -> str:
    samples = row["daily_changes"]
    if pd.isna(samples):
        return MISSING
    return tn(
        "CoinTracker, from {count} daily change", "CoinTracker, from {count} daily changes",
        int(samples),
    )  # fmt: skip


def _history(story: Story) -> list[tuple[str, str, Any]]:
    """The points of the charts by kind: how many, from whom, the last of them."""
    lines = []
    for (kind, source), rows in story.history.groupby(["kind", "source"], sort=False):
        count = reader().whole(len(rows))
        what = t("Points of the charts, {kind}: {count}", count=count, kind=t(KINDS[str(kind)]))
        lines.append((what, problems.source_name(str(source)), rows["observed_at"].max()))
    return lines


def _when(at: Any) -> str:
    return MISSING if pd.isna(at) else when(pd.Timestamp(at).to_pydatetime())


def _age(at: Any, now: datetime) -> str:
    return MISSING if pd.isna(at) else reader().age((now - at).total_seconds())
