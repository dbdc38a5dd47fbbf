"""The login page, which also stands in place of every page of a private dashboard."""

from __future__ import annotations

import streamlit as st

from cointracker.ui import access, header, problems, session
from cointracker.ui.i18n import t
from cointracker.ui.login import single_sign_on
from cointracker.ui.login.door import Door

PAGE = "pages/login.py"


def show() -> None:
    """Draw the ways to log in; afterwards the reader gets where they wanted to go."""
    with st.container(horizontal=True, vertical_alignment="center", key="head"):
        st.title(t("Log in"), anchor=False, width="stretch")
        header.language_control()
    reader = access.principal()
    if reader.role is not None:
        st.info(t("You are logged in as {name}.", name=problems.plain(reader.name)))
        st.page_link("pages/ranking.py", label=t("Ranking"), icon=":material/leaderboard:")
        return
    door = Door(session.here())
    with st.container(width=400, key="login-box"):
        door.log_in()
        if door.problem:
            st.error(door.problem, icon=":material/error:")
        single_sign_on.buttons()
