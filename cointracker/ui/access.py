"""Who reads this page, and what they may do."""

from __future__ import annotations

import streamlit as st

from cointracker.services import services
from cointracker.services.access import Principal, Right, allows
from cointracker.services.forwarding import forwarded

COOKIE = "cointracker_session"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_local() -> bool:
    """Whether the server listens on this machine only."""
    return st.get_option("server.address") in LOOPBACK


def address() -> str:
    """The reader's address, as far as it can be known behind proxies."""
    headers = st.context.headers
    pairs = [(name, value) for name in headers for value in headers.get_all(name)]
    trusted = services().settings.current().trusted_proxies
    return forwarded(st.context.ip_address or "127.0.0.1", pairs, trusted).address


def principal() -> Principal:
    """Who reads: whom the session's cookie stands for at this very moment, or nobody."""
    cookie = st.context.cookies.get(COOKIE, "")
    return services().sessions.principal(cookie, address())


def may(right: Right) -> bool:
    """Whether the reader has a right now."""
    return allows(principal(), right, services().access())
