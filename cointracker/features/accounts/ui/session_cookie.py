"""How a login or logout on a page becomes a cookie that scripts cannot read, or its end."""

from __future__ import annotations

import json
import secrets
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from cointracker.core.rights import Principal
from cointracker.core.services import services
from cointracker.features.accounts.sessions import SessionsService
from cointracker.ui import access
from cointracker.ui.i18n import t

SCRIPT = Path(__file__).parent / "session_cookie.js"
TICKET, LOGOUT = "/api/auth/ticket/", "/api/auth/logout/"


def enter(user: Principal, to: str | None) -> None:
    """Give the browser a session of this user and go on to an address of ours.

    to: None for where the reader was before single sign-on. Nothing more of the page is drawn.
    """
    _call(TICKET, {"ticket": services()[SessionsService].ticket(user)}, to=to)


def leave(to: str) -> None:
    """End the reader's session, here and in the browser, and go on to an address of ours."""
    held = access.cookie()
    csrf = services()[SessionsService].csrf(held)
    services()[SessionsService].close(held, access.address())
    _call(LOGOUT, {}, to=to, csrf=csrf, always=True)


def remember_in_browser(to: str) -> None:
    """Keep an address in the tab, for who comes back to it from another server."""
    text = json.dumps(to).replace("<", "\\u003c")
    st.html(
        f'<script>sessionStorage.setItem("cointracker-to", {text});</script>',
        unsafe_allow_javascript=True,
    )


def _call(
    path: str, body: dict[str, str], *, to: str | None, csrf: str = "", always: bool = False
) -> None:
    """Have the browser make the call; always: whether it goes on also when that failed."""
    data = {
        "once": secrets.token_hex(8),
        "path": path,
        "body": body,
        "csrf": csrf,
        "to": to,
        "always": always,
        "failed": t("The browser could not reach the server. Try again."),
    }
    _exchange()(key="exchange", data=data)
    st.stop()


@cache
def _exchange() -> ComponentRenderer:
    return st.components.v2.component(
        "cointracker_exchange", js=SCRIPT.read_text(encoding="utf-8"), isolate_styles=False
    )
