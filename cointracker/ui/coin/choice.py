"""Which coin: the address says, a box finds another."""

from __future__ import annotations

from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from cointracker.errors import CoinNotFound
from cointracker.i18n import isolated
from cointracker.services import services
from cointracker.services.coins import Profile
from cointracker.ui import address, session
from cointracker.ui.i18n import t
from cointracker.ui.problems import plain

COIN = "coin"


def profile() -> Profile:
    """The coin that the address asks for, the first of the ranking where it asks for none.

    An unknown one is said to be so, and the page ends there.
    """
    names = services().coins.names()
    first = str(names["coin_id"].iloc[0])
    asked = str(address.value(COIN, first))
    with st.container(key="coin-choice"):
        _box(names, asked if asked in set(names["coin_id"]) else None, first)
    try:
        return services().coins.profile(asked)
    except CoinNotFound:
        st.warning(
            t(
                "No coin with the id {coin} was ever seen here. Choose one above.",
                coin=isolated(plain(asked[:80])),
            ),
            icon=":material/search_off:",
        )
        st.stop()


def link(coin_id: str) -> str:
    """The address of a coin's page, beside the others of the dashboard; the language comes along
    where the address tells it."""
    told = {name: st.query_params[name] for name in (session.LANGUAGE,) if name in st.query_params}
    return "coin?" + urlencode({COIN: coin_id, **told})


def labels(names: pd.DataFrame) -> dict[str, str]:
    """What each coin is called in a list: symbol and name, in their own direction."""
    texts = names["symbol"] + "  " + names["name"]
    return {coin: isolated(text) for coin, text in zip(names["coin_id"], texts, strict=True)}


def _box(names: pd.DataFrame, chosen: str | None, first: str) -> None:
    label = labels(names)
    options = list(label)
    key = f"{COIN}-box"
    st.session_state[key] = chosen
    st.selectbox(
        t("Coin"), options, format_func=lambda coin: label.get(coin, coin), key=key,
        placeholder=t("Search name or symbol"), label_visibility="collapsed", width=320,
        icon=":material/search:", on_change=_take, args=(key, first),
    )  # fmt: skip
    address.tell(COIN, "")


def _take(key: str, first: str) -> None:
    chosen = session.value(key, None)
    if chosen is not None:
        address.put(COIN, chosen, "")
