"""Who reads the page, and what they may do; asked anew each time, for a session may have ended."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

import streamlit as st

from cointracker.core.rights import Mode, Principal, Right, Role, allows, require
from cointracker.core.server_settings import TRUSTED_PROXIES
from cointracker.core.services import services
from cointracker.core.web import session_cookie
from cointracker.core.web.client_address import forwarded
from cointracker.ui import state
from cointracker.ui.i18n import t

T = TypeVar("T")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
HERE = "127.0.0.1"
"""What Streamlit leaves out: it names no address of this machine."""
SEEN = "_reader"


def is_local() -> bool:
    """Whether the server listens on this machine only."""
    return st.get_option("server.address") in LOOPBACK


def principal() -> Principal:
    """The reader by the session's cookie; `NOBODY` without one that holds."""
    return services().identity.by_cookie(cookie(), address())


def may(right: Right) -> bool:
    """Whether the reader has a right now."""
    return allows(principal(), right, services().mode())


def why_not(right: Right) -> str:
    """Why the reader may not do what takes a right, in a sentence; empty when they may."""
    reader = principal()
    if allows(reader, right, services().mode()):
        return ""
    if right is Right.OWN:
        return t("Log in to do this.")
    if reader.role is None:
        return t("Log in as an admin to do this.")
    return t("Only an admin may do this.")


def is_admin(reader: Principal) -> bool:
    """Whether the reader is an admin."""
    return reader.role is Role.ADMIN


def cookie() -> str:
    """The value of the session's cookie as the page was opened with; empty without one."""
    return str(st.context.cookies.get(session_cookie.NAME, ""))


def address() -> str:
    """The reader's network address, by the rule that the API goes by too."""
    headers = st.context.headers
    pairs = [(name, value) for name in headers for value in headers.get_all(name)]
    trusted = services().settings[TRUSTED_PROXIES]
    return forwarded(st.context.ip_address or HERE, pairs, trusted).address


def remember() -> None:
    """Note for whom the page is being drawn."""
    state.put(SEEN, _reader())


def watch() -> None:
    """Draw the whole page anew, past the gate, when its reader is no longer who it was drawn for.

    For what is drawn without the page around it: fragments.
    """
    seen = state.value(SEEN, None)
    if seen is not None and seen != _reader():
        st.rerun()


def while_allowed(right: Right, make: Callable[[], T]) -> Callable[[], T]:
    """`make`, done only for who has the right at that time.

    Streamlit asks for a file on a thread that knows no session, at a click that runs no page; so
    the reader is taken down here.
    """
    held, at = cookie(), address()

    @wraps(make)
    def made() -> T:
        reader = services().identity.by_cookie(held, at)
        require(reader, right, services().mode())
        return make()

    return made


def _reader() -> tuple[str, Role | None, str, Mode]:
    reader = principal()
    return reader.name, reader.role, reader.session_id, services().mode()
