"""What is known of a coin beside its market: supply, extremes. Source texts are escaped."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from cointracker.core.i18n import MISSING, left_to_right
from cointracker.features.coin.coins import Profile
from cointracker.ui.i18n import reader, t


def show(profile: Profile) -> None:
    """Draw the facts of a coin."""
    body = "".join(
        f"<tr><th scope='row'>{escape(label)}</th><td>{text}</td></tr>"
        for label, text in _rows(profile)
    )
    st.html(f"<table class='ct-table'><tbody>{body}</tbody></table>")


def _rows(profile: Profile) -> list[tuple[str, str]]:
    row, facts = profile.row, profile.facts
    return [
        (t("Rank by market cap"), escape(reader().whole(_number(row["market_cap_rank"])))),
        (t("Fully diluted valuation"), _amount(facts["fully_diluted_valuation"])),
        (t("Circulating supply"), _amount(facts["circulating_supply"])),
        (t("Total supply"), _amount(facts["total_supply"])),
        (t("Maximum supply"), _amount(facts["max_supply"])),
        (t("All-time high"), _extreme(row["price"], facts["ath"], facts["ath_at"])),
        (t("All-time low"), _extreme(row["price"], facts["atl"], facts["atl_at"])),
        (t("First seen"), escape(_day(facts["first_seen_at"]))),
    ]


def _amount(value: Any) -> str:
    return escape(reader().own_way(reader().amount(_number(value))))


def _extreme(price: float, extreme: Any, at: Any) -> str:
    """An extreme, how far the price is from it now, and when it was."""
    if pd.isna(extreme):
        return MISSING
    distance = (price / extreme - 1.0) * 100.0 if extreme > 0 else float("nan")
    way = "ct-up" if distance > 0 else "ct-down" if distance < 0 else ""
    change = t("{change} %", change=reader().change(distance, 1))
    return (
        f"{escape(reader().price(extreme))} <small class='{way}'>{escape(left_to_right(change))}"
        f"</small><br><small>{escape(_day(at))}</small>"
    )


def _day(at: Any) -> str:
    return MISSING if pd.isna(at) else reader().date(pd.Timestamp(at).to_pydatetime())


def _number(value: Any) -> float:
    return float("nan") if pd.isna(value) else float(value)
