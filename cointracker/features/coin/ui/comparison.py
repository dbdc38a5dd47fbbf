"""A coin beside up to five others: rebased prices, how they move together, key figures."""

from __future__ import annotations

from html import escape
from itertools import chain

import numpy as np
import pandas as pd
import streamlit as st

from cointracker.analysis.comparison import MAX_OTHERS, Comparison, compare
from cointracker.core.i18n import MISSING, isolated, left_to_right
from cointracker.core.services import services
from cointracker.features.coin.coins import CoinReport, CoinService
from cointracker.features.coin.ui import coin_picker, downloads, panels
from cointracker.features.coin.ui.charts.comparison import figure
from cointracker.features.market.rankings import MarketService
from cointracker.features.market.ui import coin_links
from cointracker.ui import address, state
from cointracker.ui.error_messages import plain
from cointracker.ui.i18n import reader, t

WITH = "with"


def show(report: CoinReport) -> None:
    """Draw the comparison that the address asks for, and the box that changes it."""
    panels.heading(t("Compare"))
    names = services()[CoinService].names()
    others = _others(names, report.profile.coin_id)
    if not others:
        st.caption(t("Choose up to five coins to compare them, indexed to 100."))
        return
    chosen = [report.profile.coin_id, *others]
    rows = services()[CoinService].history(chosen, report.span)
    compared = compare(rows, chosen, report.span)
    symbols = _symbols(names, chosen)
    if len(compared.coin_ids) > 0:
        st.caption(_told(compared))
        drawn = figure(compared, symbols, report.span, panels.theme(report.profile))
        panels.draw(drawn, "compare", t("Compare"))
    if compared.without:
        listed = reader().listed(isolated(symbols[coin]) for coin in compared.without)
        st.caption(t("No price in this range: {coins}.", coins=listed))
    if len(compared.coin_ids) > 0:
        with st.container(horizontal=True, key="compare-tables"):
            st.html(_figures(compared, symbols))
            st.html(_correlations(compared, symbols))
        downloads.button("comparison", report, _file(compared))


def _others(names: pd.DataFrame, own: str) -> list[str]:
    """The coins to compare with, from the address through the box; unknown ones are named."""
    labels = coin_picker.labels(names[names["coin_id"] != own])
    text = str(address.value(WITH, ""))
    asked = [coin for coin in dict.fromkeys(text.split(",")) if coin and coin != own]
    known = [coin for coin in asked if coin in labels][:MAX_OTHERS]
    key = f"{WITH}-box-{own}"
    state.put(key, known)
    st.multiselect(
        t("Up to five other coins"),
        list(labels),
        format_func=lambda coin: labels.get(coin, coin),
        key=key,
        max_selections=MAX_OTHERS,
        placeholder=t("Choose coins"),
        on_change=_take,
        args=(key,),
        width=640,
    )
    address.tell(WITH, "")
    unknown = [coin for coin in asked if coin not in labels]
    if unknown:
        listed = reader().listed(isolated(plain(coin[:80])) for coin in unknown[:MAX_OTHERS])
        st.caption(t("Unknown coins: {coins}.", coins=listed))
    return known


def _take(key: str) -> None:
    address.put(WITH, ",".join(state.value(key, [])), "")


def _symbols(names: pd.DataFrame, chosen: list[str]) -> dict[str, str]:
    """What each coin is called in the charts: its symbol, with its id where two share it."""
    symbol = names.set_index("coin_id")["symbol"].reindex(chosen)
    shared = symbol.duplicated(keep=False)
    return {
        coin: f"{symbol[coin]} ({coin})" if shared[coin] else str(symbol[coin]) for coin in chosen
    }


def _told(compared: Comparison) -> str:
    if compared.start is None:
        return t(
            "These coins have no date with a price in common: each is indexed to 100 at its own"
            " first price."
        )
    day = reader().date(compared.start)
    return t("{day} = 100", day=reader().own_way(day))


def _figures(compared: Comparison, symbols: dict[str, str]) -> str:
    language = reader()
    heads = (
        t("Coin"),
        t("Change over the range, %"),
        t("Annualised volatility, %"),
        t("Maximum drawdown, %"),
        t("Rank"),
        t("Score"),
        t("Stability"),
        t("Market cap"),
    )
    lines = []
    for place, coin in enumerate(compared.coin_ids):
        row = _row(coin)
        cells = (
            left_to_right(language.change(compared.change_pct[place], 2)),
            language.decimal(compared.volatility_pct[place], 1),
            language.decimal(abs(compared.drawdown_pct[place]), 1),
            language.whole(row["rank"]) if row is not None and row["rank"] else MISSING,
            language.decimal(row["score"] if row is not None else None, 1),
            language.decimal(row["factor_stability"] if row is not None else None, 1),
            language.own_way(language.amount(row["market_cap"] if row is not None else None)),
        )
        link, symbol = escape(coin_links.link(coin)), escape(symbols[coin])
        name = f"<a href='{link}' target='_self'><bdi>{symbol}</bdi></a>"
        lines.append((name, *(escape(cell) for cell in cells)))
    return _table(heads, lines)


def _correlations(compared: Comparison, symbols: dict[str, str]) -> str:
    """The matrix as a table: a pair's figure on a ground that is the stronger the closer to 1."""
    language = reader()
    names = [f"<bdi>{escape(symbols[coin])}</bdi>" for coin in compared.coin_ids]
    lines = []
    for name, row in zip(names, compared.correlations, strict=True):
        cells = (
            f"<span class='ct-match' style='--match:{0 if np.isnan(value) else abs(value):.2f}'>"
            f"{escape(language.signed(value, 2))}</span>"
            for value in row
        )
        lines.append((name, *cells))
    heads = "".join(f"<th>{name}</th>" for name in names)
    body = "".join(
        f"<tr><th scope='row'>{line[0]}</th>{''.join(f'<td>{cell}</td>' for cell in line[1:])}</tr>"
        for line in lines
    )
    caption = escape(language.t("Correlation of changes, −1 to 1"))
    return (
        f"<div class='ct-scroll'><table class='ct-table'><caption>{caption}</caption>"
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _table(heads: tuple[str, ...], lines: list[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(
        f"<tr><th scope='row'>{line[0]}</th>{''.join(f'<td>{cell}</td>' for cell in line[1:])}</tr>"
        for line in lines
    )
    return (
        f"<div class='ct-scroll'><table class='ct-table'><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _row(coin: str) -> pd.Series | None:
    """The coin's row in the newest ranking, None when it is not in it."""
    frame = services()[MarketService].ranking().frame
    rows = frame[frame["coin_id"] == coin]
    return None if rows.empty else rows.iloc[0]


def _file(compared: Comparison) -> pd.DataFrame:
    """The rebased prices as rows: observed_at, coin, rebased."""
    count = len(compared.instants)
    return pd.DataFrame(
        {
            "observed_at": np.tile(compared.instants, len(compared.coin_ids)),
            "compared_id": list(chain.from_iterable([coin] * count for coin in compared.coin_ids)),
            "rebased": compared.rebased.ravel(),
        }
    )
