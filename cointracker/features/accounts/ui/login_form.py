"""The login page, which also stands in place of every page of a private dashboard."""

from __future__ import annotations

import streamlit as st

from cointracker.features.accounts.ui import single_sign_on
from cointracker.features.accounts.ui.authenticator_adapter import AuthenticatorAdapter
from cointracker.ui import access, error_messages, session
from cointracker.ui.i18n import t
from cointracker.ui.parts import language_control

PAGE = "pages/login.py"


def show() -> None:
    """Draw the ways to log in; afterwards the reader gets where they wanted to go."""
    with st.container(horizontal=True, vertical_alignment="center", key="head"):
        st.title(t("Log in"), anchor=False, width="stretch")
        language_control.show()
    reader = access.principal()
    if reader.role is not None:
        st.info(t("You are logged in as {name}.", name=error_messages.plain(reader.name)))
        st.page_link("pages/ranking.py", label=t("Ranking"), icon=":material/leaderboard:")
        return
    authenticator = AuthenticatorAdapter(session.here())
    with st.container(width=400, key="login-box"):
        authenticator.log_in()
        if authenticator.problem:
            st.error(authenticator.problem, icon=":material/error:")
        single_sign_on.buttons()
