"""Who is logged in, with the way to what is theirs; or the way to log in."""

from __future__ import annotations

import streamlit as st

from cointracker.core.i18n import N_, isolated
from cointracker.core.rights import Role
from cointracker.features.accounts.ui.authenticator_adapter import AuthenticatorAdapter
from cointracker.ui import access, error_messages, session
from cointracker.ui.i18n import reader, t

NAME_CHARS = 18
ROLES = {Role.VIEWER: N_("viewer"), Role.ADMIN: N_("admin")}


def show() -> None:
    """Draw the menu of who is logged in, or a link to the login page."""
    principal = access.principal()
    if principal.role is None:
        st.page_link("pages/login.py", label=t("Log in"), icon=":material/login:")
        return
    with st.popover(_short(principal.name), icon=":material/person:", key="menu"):
        name = isolated(error_messages.plain(principal.name))
        st.caption(reader().listed([name, t(ROLES[principal.role])]))
        st.page_link("pages/account.py", label=t("Account"), icon=":material/badge:")
        if access.is_admin(principal):
            st.page_link("pages/users.py", label=t("Users"), icon=":material/group:")
            st.page_link("pages/audit.py", label=t("Audit log"), icon=":material/receipt_long:")
        AuthenticatorAdapter(session.home()).log_out()


def _short(name: str) -> str:
    cut = name if len(name) <= NAME_CHARS else name[: NAME_CHARS - 1] + "…"
    return isolated(error_messages.plain(cut))
