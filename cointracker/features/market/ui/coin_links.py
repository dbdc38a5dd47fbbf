"""Links to a coin's page."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from cointracker.ui import session

COIN = "coin"


def link(coin_id: str) -> str:
    """The address of a coin's page, beside the others of the dashboard; the language comes along
    where the address tells it."""
    parameters = {
        name: st.query_params[name] for name in (session.LANGUAGE,) if name in st.query_params
    }
    return "coin?" + urlencode({COIN: coin_id, **parameters})
