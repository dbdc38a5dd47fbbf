"""The form that adds a user."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cointracker.i18n import N_, isolated
from cointracker.services import services
from cointracker.services.access import Role
from cointracker.services.passwords import random_password
from cointracker.ui import access, menu, once, problems, session, told
from cointracker.ui.i18n import reader, t
from cointracker.ui.people import listing

NAME = "new-user-name"
PASSWORD, SIGN_ON = "password", "sign-on"
WAYS = {PASSWORD: N_("with a password"), SIGN_ON: N_("by single sign-on only")}


def show() -> None:
    """Draw the form."""
    st.subheader(t("Add a user"), anchor=False)
    code = reader().code
    with st.container(width=560, key="new-user"), st.form("new-user-form"):
        st.text_input(
            t("Name"), key=NAME, autocomplete="off",
            help=t("For single sign-on: the e-mail address that the identity provider tells."),
        )  # fmt: skip
        st.segmented_control(
            t("Role"), list(Role), default=Role.VIEWER, required=True,
            format_func=lambda role: t(menu.ROLES[role]), key=f"new-user-role-{code}",
        )  # fmt: skip
        st.segmented_control(
            t("Logs in"), list(WAYS), default=PASSWORD, required=True,
            format_func=lambda way: t(WAYS[way]), key=f"new-user-way-{code}",
        )  # fmt: skip
        st.caption(t("A password is made at random and shown once; its owner can change it."))
        st.form_submit_button(t("Add"), on_click=_add, args=(code,), type="primary", key="add-user")


def _add(code: str) -> None:
    name = str(session.value(NAME, "")).strip()
    role = session.value(f"new-user-role-{code}", Role.VIEWER)
    has_password = session.value(f"new-user-way-{code}", PASSWORD) == PASSWORD
    new = random_password() if has_password else None
    add = partial(services().accounts.add, name, new, role, by=access.principal())
    shown = isolated(problems.plain(name))
    if not told.of(add, t("{name} is added.", name=shown)):
        return
    session.put(NAME, "")
    if new is not None:
        once.put(listing.PATH, t("The password of {name}.", name=shown), new)
