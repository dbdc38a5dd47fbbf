"""The quality of the data: what is missing, refused, or taken for another; texts escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from html import escape

import pandas as pd
import streamlit as st

from cointracker.core.i18n import isolated
from cointracker.core.services import services
from cointracker.features.fallback.fallback_source import FallbackSource
from cointracker.features.health.data_quality import DataQualityService
from cointracker.features.market.reasons import factor_names
from cointracker.features.monitoring.service import MonitoringService
from cointracker.features.standing.service import StandingService
from cointracker.features.standing.state import StandingState
from cointracker.ui import error_messages
from cointracker.ui.i18n import reader, t, when

MAX_NAMED, LENGTH = 5, timedelta(hours=24)
Row = tuple[str, int, str, str]


def show() -> None:
    """Draw what is wrong with the data of the newest snapshot, and the rows refused of late."""
    st.subheader(t("Data quality"), anchor=False)
    social = services().get(StandingService)
    state = social.state() if social else None
    rows = [*_lacks(), *_collisions(state), *_unmapped(), *_unknown(state)]
    if rows:
        heads = (t("What"), t("Coins"), t("Why"), t("Which"))
        st.html(_table(heads, [(a, reader().whole(b), c, d) for a, b, c, d in rows]))
    elif services()[MonitoringService].status().snapshot is None:
        st.caption(t("No data yet."))
    else:
        st.caption(t("Every coin has every factor."))
    _rejections()


def _lacks() -> Iterable[Row]:
    names = factor_names(reader())
    for lack in services()[DataQualityService].missing_factors():
        what = t("Missing {factor}", factor=names[lack.factor])
        yield what, len(lack.symbols), t(lack.why), _named(lack.symbols)


def _collisions(state: StandingState | None) -> Iterable[Row]:
    for collision in state.collisions if state else ():
        why = (
            t("standing assigned to {coin}, as configured", coin=isolated(collision.chosen))
            if collision.is_overridden
            else t("standing assigned to {coin}, the largest", coin=isolated(collision.chosen))
        )
        what = t("Symbol {symbol}, shared by several coins", symbol=isolated(collision.symbol))
        yield what, 1 + len(collision.others), why, _named((collision.chosen, *collision.others))


def _unmapped() -> Iterable[Row]:
    second = services().get(FallbackSource)
    if second is not None:
        state = second.state()
        name = error_messages.source_name(state.source)
        for why, rows in state.unmapped.groupby("why"):
            what = t("Not matched with {source}", source=name)
            yield what, len(rows), t(str(why)), _named(rows["symbol"].tolist())


def _unknown(standing: StandingState | None) -> Iterable[Row]:
    unknown = standing.unmapped if standing else ()
    if unknown:
        what = t("Unknown symbols in social standing")
        yield what, len(unknown), t("no tracked coin has this symbol"), _named(unknown)


def _rejections() -> None:
    rows = services()[DataQualityService].rejections(LENGTH)
    st.subheader(t("Rejected rows, last 24 h"), anchor=False)
    if rows.empty:
        st.caption(t("None."))
        return
    heads = (t("Time"), t("Source"), t("Coin"), t("Field"), t("Value"), t("Why"))
    st.html(_table(heads, [_rejection(row) for _, row in rows.head(50).iterrows()]))
    if len(rows) > 50:
        st.caption(t("The latest 50 of {count} or more.", count=reader().whole(len(rows))))


def _rejection(row: pd.Series) -> tuple[str, ...]:
    coin = row["coin_id"] if isinstance(row["coin_id"], str) else "—"
    return (
        when(row["at"].to_pydatetime()),
        error_messages.source_name(row["source"]),
        isolated(coin),
        isolated(row["field"]),
        isolated(row["value"]),
        isolated(row["reason"]),
    )


def _named(symbols: Sequence[str]) -> str:
    """The first few symbols, and how many more there are."""
    listed = reader().listed(isolated(symbol) for symbol in symbols[:MAX_NAMED])
    more = len(symbols) - MAX_NAMED
    return t("{coins} +{count}", coins=listed, count=reader().whole(more)) if more > 0 else listed


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(
        f"<tr><th scope='row'>{escape(row[0])}</th>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f"<div class='ct-scroll'><table class='ct-table ct-words'><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )
