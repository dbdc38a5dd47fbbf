"""The reader's own password."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from cointracker import config
from cointracker.errors import AccessError, CoinTrackerError
from cointracker.services import services
from cointracker.ui import access, problems, session
from cointracker.ui.i18n import reader, t
from cointracker.ui.login import door, exchange

CHANGED = "changed"


def show() -> None:
    """Draw the form; a change ends every other session of the reader."""
    st.subheader(t("Password"), anchor=False)
    if not _has_password():
        st.caption(t("You log in by single sign-on and have no password here."))
        return
    if st.query_params.get(CHANGED):
        st.success(
            t("The password is changed. You are logged out everywhere else."),
            icon=":material/check:",
        )
    with st.container(width=400, key="password-box"), st.form("password"):
        old = _field(t("Present password"), "current-password")
        new = _field(
            t("New password"), "new-password",
            t("At least {count} characters.", count=reader().whole(config.PASSWORD_CHARS)),
        )  # fmt: skip
        again = _field(t("New password again"), "new-password")
        if st.form_submit_button(t("Change password"), type="primary"):
            _change(old, new, again)


def _field(label: str, autocomplete: str, about: str | None = None) -> str:
    return st.text_input(label, type="password", autocomplete=autocomplete, help=about)


def _change(old: str, new: str, again: str) -> None:
    """Change it, and give this browser a session in place of the one that ends with it."""
    if new != again:
        st.error(t("The two new passwords differ."), icon=":material/error:")
        return
    me = access.principal()
    try:
        user = services().accounts.change_password(me, old, new)
    except AccessError as exc:
        st.error(door.refusal(exc, t("The present password is wrong.")), icon=":material/error:")
        return
    except CoinTrackerError as exc:
        st.error(problems.in_words(exc), icon=":material/error:")
        return
    exchange.enter(user, f"/account?{urlencode({CHANGED: 1, session.LANGUAGE: reader().code})}")


def _has_password() -> bool:
    me = access.principal().name
    return any(user.name == me and user.has_password for user in services().accounts.users())
