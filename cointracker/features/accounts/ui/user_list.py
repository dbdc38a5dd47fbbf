"""The users, and what an admin may change of each."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cointracker.core.i18n import isolated
from cointracker.core.rights import Role
from cointracker.core.services import services
from cointracker.features.accounts.accounts import AccountsService, User
from cointracker.features.accounts.passwords import random_password
from cointracker.features.accounts.ui import account_menu
from cointracker.ui import access, error_messages
from cointracker.ui.i18n import reader, t, when
from cointracker.ui.parts import flash, one_time_secret

PATH = "users"


def show() -> None:
    """Draw a row for each user."""
    flash.show()
    me = access.principal().name
    with st.container(key="users", gap="small"):
        for user in services()[AccountsService].users():
            _row(user, is_me=user.name == me)


def _row(user: User, *, is_me: bool) -> None:
    with st.container(
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute",
        key=f"row-user-{user.name}",
    ):
        you = t("(you)") if is_me else ""
        st.markdown(f"**{_name(user)}** {you}  \n:small[{_facts(user)}]", width="stretch")
        with st.popover(t("Change"), key=f"change-{user.name}"):
            if is_me:
                st.caption(t("Change your own password on the Account page."))
                st.page_link("pages/account.py", label=t("Account"), icon=":material/badge:")
            else:
                _changes(user)


def _facts(user: User) -> str:
    """Role, how they log in, and when they did last, as one line."""
    last = user.last_login_at
    return reader().listed(
        [
            t(account_menu.ROLES[user.role]),
            *([] if user.has_password else [t("single sign-on only")]),
            t("last login {instant}", instant=when(last)) if last else t("never logged in"),
        ]
    )


def _changes(user: User) -> None:
    other = Role.VIEWER if user.role is Role.ADMIN else Role.ADMIN
    label = t("Make viewer") if other is Role.VIEWER else t("Make admin")
    name = user.name
    st.button(label, on_click=_set_role, args=(user, other), key=f"role-{name}", width="stretch")
    st.button(
        t("Set a new password"),
        on_click=_new_password,
        args=(user,),
        key=f"password-{name}",
        width="stretch",
    )
    is_sure = st.checkbox(t("Yes, remove {name}", name=_name(user)), key=f"sure-{name}")
    st.button(
        t("Remove"),
        on_click=_remove,
        args=(user,),
        disabled=not is_sure,
        type="primary",
        key=f"remove-{name}",
        width="stretch",
    )
    st.caption(t("Each of these logs the user out everywhere."))


def _set_role(user: User, role: Role) -> None:
    change = partial(services()[AccountsService].set_role, user.name, role, by=access.principal())
    done = t("{name} now has the role {role}.", name=_name(user), role=t(account_menu.ROLES[role]))
    flash.attempt(change, done)


def _new_password(user: User) -> None:
    new = random_password()
    change = partial(
        services()[AccountsService].set_password, user.name, new, by=access.principal()
    )
    if flash.attempt(change, t("{name} has a new password.", name=_name(user))):
        one_time_secret.put(PATH, t("Password for {name}.", name=_name(user)), new)


def _remove(user: User) -> None:
    remove = partial(services()[AccountsService].remove, user.name, by=access.principal())
    flash.attempt(remove, t("{name} has been removed.", name=_name(user)))


def _name(user: User) -> str:
    return isolated(error_messages.plain(user.name))
