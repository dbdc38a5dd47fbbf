"""Where each figure of a coin comes from, and how old it is."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from cointracker.core.i18n import MISSING
from cointracker.core.services import services
from cointracker.features.coin.coin_data import CoinDataService
from cointracker.features.coin.coins import CoinReport
from cointracker.features.coin.ui import panels
from cointracker.features.coin.ui.charts.price import KINDS
from cointracker.features.monitoring.service import MonitoringService
from cointracker.ui import error_messages
from cointracker.ui.i18n import reader, t, tn, when


def show(report: CoinReport) -> None:
    """Draw a line for each group of figures: what they are, whose, of when, how old now."""
    panels.heading(t("Data sources"))
    now = services()[MonitoringService].status().now
    heads = (t("Data"), t("Source"), t("As of"), t("Age"))
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(
        f"<tr><th scope='row'>{escape(what)}</th><td>{escape(whose)}</td>"
        f"<td>{escape(_when(at))}</td><td>{escape(_age(at, now))}</td></tr>"
        for what, whose, at in _lines(report)
    )
    st.html(
        f"<div class='ct-scroll'><table class='ct-table ct-words'><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _lines(report: CoinReport) -> list[tuple[str, str, Any]]:
    profile = report.profile
    row, facts, snapshot = profile.row, profile.facts, profile.view.snapshot
    source = error_messages.source_name(row["source"])
    details = services()[CoinDataService].details(profile.coin_id).details
    derived = t("CoinTracker, from stored volumes 24 h apart")
    scored = t("CoinTracker, using the weights that apply")
    lines = [
        (t("Price, changes, volume, market cap"), source, row["observed_at"]),
        (t("Volume change"), derived, row["observed_at"]),
        (t("Stability"), _stability(row), row["observed_at"]),
        (t("Score, rank and band"), scored, snapshot.at),
        (t("Supply, all-time high and low"), source, facts["seen_at"]),
    ]
    if details is not None:
        about = t("Description, links, watchlists")
        lines.append((about, error_messages.source_name(details.source), details.fetched_at))
    return lines + _history(report)


def _stability(row: pd.Series) -> str:
    samples = row["daily_changes"]
    if pd.isna(samples):
        return MISSING
    return tn(
        "CoinTracker, from {count} daily change",
        "CoinTracker, from {count} daily changes",
        int(samples),
    )


def _history(report: CoinReport) -> list[tuple[str, str, Any]]:
    """The points of the charts by kind: how many, from whom, the last of them."""
    lines = []
    for (kind, source), rows in report.history.groupby(["kind", "source"], sort=False):
        count = reader().whole(len(rows))
        what = t("Chart points, {kind}: {count}", count=count, kind=t(KINDS[str(kind)]))
        lines.append((what, error_messages.source_name(str(source)), rows["observed_at"].max()))
    return lines


def _when(at: Any) -> str:
    return MISSING if pd.isna(at) else when(pd.Timestamp(at).to_pydatetime())


def _age(at: Any, now: datetime) -> str:
    return MISSING if pd.isna(at) else reader().age((now - at).total_seconds())
