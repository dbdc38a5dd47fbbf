"""The two stability models beside one another."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from cointracker.core.i18n import MISSING
from cointracker.features.coin.coins import CoinReport
from cointracker.ranking.stability import MIN_DAILY_CHANGES, MIN_HOURLY_POINTS
from cointracker.ui.i18n import reader, t


def show(report: CoinReport) -> None:
    """Draw what each model says of the coin, from what, and which of them counts."""
    row, days = report.profile.row, report.profile.view.snapshot.history_days
    counts = report.profile.view.snapshot.stability_model
    last = report.components.iloc[-1] if not report.components.empty else None
    classic = [
        (t("Variance"), _score(last, "variance")),
        (t("Trend"), _score(last, "trend")),
        (t("Reversion risk"), _score(last, "reversion")),
        (t("Daily changes"), _of(row["daily_changes"], days, MIN_DAILY_CHANGES)),
    ]
    robust = [
        (t("Annualised volatility, %"), reader().decimal(report.robust.volatility_pct, 1)),
        (t("Annualised downside deviation, %"), reader().decimal(report.robust.downside_pct, 1)),
        (t("Maximum drawdown, %"), reader().decimal(report.robust.drawdown_pct, 1)),
        (t("Hourly prices"), _of(row["hourly_prices"], days * 24 + 1, MIN_HOURLY_POINTS)),
    ]
    st.html(
        '<div class="ct-models">'
        + _table(t("Classic"), row["stability_classic"], classic, counts == "classic")
        + _table(t("Robust"), row["stability_robust"], robust, counts == "robust")
        + "</div>"
    )


def _table(name: str, score: float, rows: list[tuple[str, str]], counts: bool) -> str:
    note = escape(t("used in the score"))
    chosen = f" <small>{note}</small>" if counts else ""
    body = "".join(
        f"<tr><th scope='row'>{escape(label)}</th><td>{escape(text)}</td></tr>"
        for label, text in rows
    )
    return (
        f"<table class='ct-table'><thead><tr><th>{escape(name)}{chosen}</th>"
        f"<td><b>{escape(reader().decimal(score, 1))}</b></td></tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def _score(row: pd.Series | None, part: str) -> str:
    return MISSING if row is None else reader().decimal(row[part], 1)


def _of(known: Any, wanted: int, least: int) -> str:
    """How much of what a model wants is known; with the least it needs where that is missing."""
    if pd.isna(known):
        return MISSING
    have = t("{known} of {all}", known=reader().whole(known), all=reader().whole(wanted))
    if known >= least:
        return have
    return t("{known}; at least {least} needed", known=have, least=reader().whole(least))
