"""The ranking for narrow screens: a list in place of the table. Texts of sources are escaped."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from cointracker.core.i18n import Language
from cointracker.features.market.reasons import sentences
from cointracker.features.market.ui import coin_links, ranking_table
from cointracker.features.market.ui.columns import BY_NAME, heading, writer
from cointracker.ui.i18n import reader


def ranking(rows: pd.DataFrame, currency: str) -> None:
    """Draw ranking rows (see `RankingView`, with `reason`), one list item a coin."""
    language = reader()
    items = "".join(
        _item(row, language) for row in ranking_table.drawn(rows, language).to_dict("records")
    )
    st.html(f'<ol class="ct-list">{_heads(language, currency)}{items}</ol>')


def _heads(language: Language, currency: str) -> str:
    names = ("rank", "coin", "price", "score")
    spans = (
        f'<span class="{"ct-coin" if name == "coin" else ""}">'
        f"{escape(heading(BY_NAME[name], language, currency))}</span>"
        for name in names
    )
    return f'<li class="ct-heads" aria-hidden="true">{"".join(spans)}</li>'


def _item(row: dict[Any, Any], language: Language) -> str:
    def text(name: str) -> str:
        return escape(writer(BY_NAME[name], language)(row[name]))

    (reason,) = sentences([row["reason"]], language)
    score = 0.0 if pd.isna(row["score"]) else row["score"]
    named = f"<bdi><b>{escape(row['symbol'])}</b> <small>{escape(row['name'])}</small></bdi>"
    coin = f"<a href='{escape(coin_links.link(row['coin_id']))}' target='_self'>{named}</a>"
    meter = f'<span class="ct-meter" aria-hidden="true"><i style="width:{score:.1f}%"></i></span>'
    return (
        f"<li><span>{text('rank')}<small class='{_way(row['move'])}'>{text('move')}</small></span>"
        f'<span class="ct-coin">{coin}{meter}</span>'
        f"<span>{text('price')}"
        f"<small class='{_way(row['change_24h_pct'])}'>{text('change_24h_pct')}</small></span>"
        f"<span><b>{text('score')}</b><small>{escape(row['band'].strip())}</small></span>"
        f"<small class='ct-why'>{escape(reason)}</small></li>"
    )


def _way(change: float) -> str:
    return "ct-up" if change > 0 else "ct-down" if change < 0 else ""
