"""The head of a coin's page: its name and the figures that come first. Source texts are escaped."""

from __future__ import annotations

from html import escape

import pandas as pd
import streamlit as st

from cointracker.core.i18n import MISSING, left_to_right
from cointracker.features.coin.coins import Profile
from cointracker.ranking.score import UNRANKED
from cointracker.ui import error_messages
from cointracker.ui.i18n import reader, t, when

CHANGES = (
    ("change_24h_pct", 24 * 3_600),
    ("change_7d_pct", 7 * 86_400),
    ("change_30d_pct", 30 * 86_400),
)

SEEN = 0.005
"""From which change on a figure shows it, and has its colour."""


def show(profile: Profile) -> None:
    """Draw the head of a coin, and say so when the newest snapshot does not hold it."""
    row = profile.row
    st.html(
        f'<div class="ct-hero"><div><span class="ct-hero-name"><bdi><b>{escape(row["name"])}</b>'
        f" {escape(row['symbol'])}</bdi></span>"
        f'<span class="ct-hero-price"><b>{escape(reader().price(row["price"]))}</b>'
        f" <small>{escape(profile.view.snapshot.quote_currency.upper())}</small></span></div>"
        f"{''.join(_figure(*figure) for figure in _figures(row))}</div>"
    )
    age = t("{age} old", age=reader().age(row["age_seconds"]))
    caption = t(
        "Data as of {instant} from {source}.",
        instant=when(row["observed_at"].to_pydatetime()),
        source=error_messages.source_name(row["source"]),
    )
    st.caption(f"{caption} {age}" if row["age_seconds"] >= 3_600 else caption)
    if not profile.is_current:
        st.info(
            t(
                "This coin is not in the latest snapshot. It was last seen at {instant}; its rank"
                " and score are from then.",
                instant=when(profile.view.snapshot.at),
            ),
            icon=":material/history:",
        )


def _figures(row: pd.Series) -> list[tuple[str, str, float]]:
    """Label, text and direction of the figures beside the price."""
    language = reader()
    changes = [
        (t("{length}, %", length=language.age(seconds)), _change(row[name]), row[name])
        for name, seconds in CHANGES
    ]
    return [
        *changes,
        (t("Rank (band)"), _rank(row), 0.0),
        (t("Rank change, 24 h"), left_to_right(language.change(row["move"], 0)), row["move"]),
        (t("Score"), language.decimal(row["score"], 1), 0.0),
        (t("Stability"), language.decimal(row["factor_stability"], 1), 0.0),
        (t("Market cap"), language.own_way(language.amount(row["market_cap"])), 0.0),
        (t("24 h volume"), language.own_way(language.amount(row["volume_24h"])), 0.0),
        (t("Standing"), language.whole(row["standing"]), 0.0),
    ]


def _figure(label: str, text: str, direction: float) -> str:
    way = "ct-up" if direction > SEEN else "ct-down" if direction < -SEEN else ""
    name, figure = escape(label), escape(text)
    return f'<span class="ct-figure"><small>{name}</small><b class="{way}">{figure}</b></span>'


def _change(value: float) -> str:
    return left_to_right(reader().change(value, 2))


def _rank(row: pd.Series) -> str:
    language = reader()
    if row["rank"] == UNRANKED:
        return MISSING
    low, high = language.whole(row["band_low"]), language.whole(row["band_high"])
    band = low if low == high else t("{low}–{high}", low=low, high=high)
    return language.own_way(f"{language.whole(row['rank'])} ({band})")
