"""Who may change what everybody sees."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def may_save() -> bool:
    """Whether this reader may save what counts for all: on the machine that runs the dashboard.

    The server must listen on loopback only, and the page must have been asked for by a loopback
    name, which it is not behind a proxy.
    """
    listens = st.get_option("server.address")
    asked = urlsplit(st.context.url or "").hostname
    return listens in LOOPBACK and asked in LOOPBACK
