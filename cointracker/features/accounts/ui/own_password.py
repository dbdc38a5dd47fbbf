"""The reader's own password."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from cointracker.core import parsers
from cointracker.core.errors import AccessError, CoinTrackerError
from cointracker.core.services import services
from cointracker.features.accounts.accounts import AccountsService
from cointracker.features.accounts.ui import authenticator_adapter, session_cookie
from cointracker.ui import access, error_messages, session
from cointracker.ui.i18n import reader, t

CHANGED = "changed"


def show() -> None:
    """Draw the form; a change ends every other session of the reader."""
    st.subheader(t("Password"), anchor=False)
    if not _has_password():
        st.caption(t("You log in with single sign-on and have no password here."))
        return
    if st.query_params.get(CHANGED):
        st.success(
            t("Password changed. You have been logged out everywhere else."),
            icon=":material/check:",
        )
    with st.container(width=400, key="password-box"), st.form("password"):
        old = _field(t("Current password"), "current-password")
        new = _field(
            t("New password"),
            "new-password",
            t("At least {count} characters.", count=reader().whole(parsers.MIN_PASSWORD_CHARS)),
        )
        again = _field(t("Repeat new password"), "new-password")
        if st.form_submit_button(t("Change password"), type="primary"):
            _change(old, new, again)


def _field(label: str, autocomplete: str, about: str | None = None) -> str:
    return st.text_input(label, type="password", autocomplete=autocomplete, help=about)


def _change(old: str, new: str, again: str) -> None:
    """Change it, and give this browser a session in place of the one that ends with it."""
    if new != again:
        st.error(t("The new passwords don't match."), icon=":material/error:")
        return
    me = access.principal()
    try:
        user = services()[AccountsService].change_password(me, old, new)
    except AccessError as exc:
        st.error(
            authenticator_adapter.refusal(exc, t("The current password is wrong.")),
            icon=":material/error:",
        )
        return
    except CoinTrackerError as exc:
        st.error(error_messages.in_words(exc), icon=":material/error:")
        return
    session_cookie.enter(
        user, f"/account?{urlencode({CHANGED: 1, session.LANGUAGE: reader().code})}"
    )


def _has_password() -> bool:
    me = access.principal().name
    return any(
        user.name == me and user.has_password for user in services()[AccountsService].users()
    )
