"""The form that adds a user."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cointracker.core.i18n import N_, isolated
from cointracker.core.rights import Role
from cointracker.core.services import services
from cointracker.features.accounts.accounts import AccountsService
from cointracker.features.accounts.passwords import random_password
from cointracker.features.accounts.ui import account_menu, user_list
from cointracker.ui import access, error_messages, state
from cointracker.ui.i18n import reader, t
from cointracker.ui.parts import flash, one_time_secret

NAME = "new-user-name"
PASSWORD, SIGN_ON = "password", "sign-on"
WAYS = {PASSWORD: N_("with a password"), SIGN_ON: N_("with single sign-on only")}


def show() -> None:
    """Draw the form."""
    st.subheader(t("Add a user"), anchor=False)
    code = reader().code
    with st.container(width=560, key="new-user"), st.form("new-user-form"):
        st.text_input(
            t("Name"),
            key=NAME,
            autocomplete="off",
            help=t("For single sign-on: the e-mail address at the identity provider."),
        )
        st.segmented_control(
            t("Role"),
            list(Role),
            default=Role.VIEWER,
            required=True,
            format_func=lambda role: t(account_menu.ROLES[role]),
            key=f"new-user-role-{code}",
        )
        st.segmented_control(
            t("Logs in"),
            list(WAYS),
            default=PASSWORD,
            required=True,
            format_func=lambda way: t(WAYS[way]),
            key=f"new-user-way-{code}",
        )
        st.caption(t("A random password is generated and shown once; the user can change it."))
        st.form_submit_button(t("Add"), on_click=_add, args=(code,), type="primary", key="add-user")


def _add(code: str) -> None:
    name = str(state.value(NAME, "")).strip()
    role = state.value(f"new-user-role-{code}", Role.VIEWER)
    has_password = state.value(f"new-user-way-{code}", PASSWORD) == PASSWORD
    new = random_password() if has_password else None
    add = partial(services()[AccountsService].add, name, new, role, by=access.principal())
    shown = isolated(error_messages.plain(name))
    if not flash.attempt(add, t("{name} has been added.", name=shown)):
        return
    state.put(NAME, "")
    if new is not None:
        one_time_secret.put(user_list.PATH, t("Password for {name}.", name=shown), new)
