"""The two stability models beside one another."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from cointracker.i18n import MISSING
from cointracker.ranking.stability import MIN_DAILY_CHANGES, MIN_HOURLY_POINTS
from cointracker.services.coins import Story
from cointracker.ui.i18n import reader, t


def show(story: Story) -> None:
    """Draw what each model says of the coin, from what, and which of them counts."""
    row, days = story.profile.row, story.profile.view.snapshot.history_days
    counts = story.profile.view.snapshot.stability_model
    last = story.components.iloc[-1] if not story.components.empty else None
    classic = [
        (t("Variance"), _score(last, "variance")),
        (t("Trend"), _score(last, "trend")),
        (t("Reversion risk"), _score(last, "reversion")),
        (t("Daily changes"), _of(row["daily_changes"], days, MIN_DAILY_CHANGES)),
    ]
    robust = [
        (t("Volatility, % a year"), reader().decimal(story.robust.volatility_pct, 1)),
        (t("Downside deviation, % a year"), reader().decimal(story.robust.downside_pct, 1)),
        (t("Deepest fall, %"), reader().decimal(story.robust.drawdown_pct, 1)),
        (t("Hourly prices"), _of(row["hourly_prices"], days * 24 + 1, MIN_HOURLY_POINTS)),
    ]
    st.html(
        '<div class="ct-models">'
        + _table(t("Classic"), row["stability_classic"], classic, counts == "classic")
        + _table(t("Robust"), row["stability_robust"], robust, counts == "robust")
        + "</div>"
    )


def _table(name: str, score: float, rows: list[tuple[str, str]], counts: bool) -> str:
    told = escape(t("counts in the score"))
    chosen = f" <small>{told}</small>" if counts else ""
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
    return t("{known}; at least {least}", known=have, least=reader().whole(least))
