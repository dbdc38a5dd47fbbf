"""Which coin: the address says, a box finds another."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cointracker.core.errors import CoinNotFound
from cointracker.core.i18n import isolated
from cointracker.core.services import services
from cointracker.features.coin.coins import CoinService, Profile
from cointracker.features.market.ui.coin_links import COIN
from cointracker.ui import address, state
from cointracker.ui.error_messages import plain
from cointracker.ui.i18n import t


def profile() -> Profile:
    """The coin that the address asks for, the first of the ranking where it asks for none.

    An unknown one is said to be so, and the page ends there.
    """
    names = services()[CoinService].names()
    first = str(names["coin_id"].iloc[0])
    asked = str(address.value(COIN, first))
    with st.container(key="coin-choice"):
        _box(names, asked if asked in set(names["coin_id"]) else None, first)
    try:
        return services()[CoinService].profile(asked)
    except CoinNotFound:
        st.warning(
            t(
                "No coin with the id {coin} is known here. Choose one above.",
                coin=isolated(plain(asked[:80])),
            ),
            icon=":material/search_off:",
        )
        st.stop()


def labels(names: pd.DataFrame) -> dict[str, str]:
    """What each coin is called in a list: symbol and name, in their own direction."""
    texts = names["symbol"] + "  " + names["name"]
    return {coin: isolated(text) for coin, text in zip(names["coin_id"], texts, strict=True)}


def _box(names: pd.DataFrame, chosen: str | None, first: str) -> None:
    label = labels(names)
    options = list(label)
    key = f"{COIN}-box"
    state.put(key, chosen)
    st.selectbox(
        t("Coin"),
        options,
        format_func=lambda coin: label.get(coin, coin),
        key=key,
        placeholder=t("Search name or symbol"),
        label_visibility="collapsed",
        width=320,
        icon=":material/search:",
        on_change=_take,
        args=(key, first),
    )
    address.tell(COIN, "")


def _take(key: str, first: str) -> None:
    chosen = state.value(key, None)
    if chosen is not None:
        address.put(COIN, chosen, "")
