"""The users, and what an admin may change of each."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cointracker.i18n import isolated
from cointracker.services import services
from cointracker.services.access import Role
from cointracker.services.accounts import User
from cointracker.services.passwords import random_password
from cointracker.ui import access, menu, once, problems, told
from cointracker.ui.i18n import reader, t, when

PATH = "users"


def show() -> None:
    """Draw a row for each user."""
    told.show()
    me = access.principal().name
    with st.container(key="users", gap="small"):
        for user in services().accounts.users():
            _row(user, is_me=user.name == me)


def _row(user: User, *, is_me: bool) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute",
        key=f"row-user-{user.name}",
    ):  # fmt: skip
        you = t("(you)") if is_me else ""
        st.markdown(f"**{_name(user)}** {you}  \n:small[{_facts(user)}]", width="stretch")
        with st.popover(t("Change"), key=f"change-{user.name}"):
            if is_me:
                st.caption(t("Your own password is changed on the account page."))
                st.page_link("pages/account.py", label=t("Account"), icon=":material/badge:")
            else:
                _changes(user)


def _facts(user: User) -> str:
    """Role, how they log in, and when they did last, as one line."""
    last = user.last_login_at
    return reader().listed(
        [
            t(menu.ROLES[user.role]),
            *([] if user.has_password else [t("single sign-on only")]),
            t("last login {instant}", instant=when(last)) if last else t("never logged in"),
        ]
    )


def _changes(user: User) -> None:
    other = Role.VIEWER if user.role is Role.ADMIN else Role.ADMIN
    label = t("Make a viewer") if other is Role.VIEWER else t("Make an admin")
    name = user.name
    st.button(label, on_click=_set_role, args=(user, other), key=f"role-{name}", width="stretch")
    st.button(
        t("Give a new password"), on_click=_new_password, args=(user,), key=f"password-{name}",
        width="stretch",
    )  # fmt: skip
    is_sure = st.checkbox(t("Really remove {name}", name=_name(user)), key=f"sure-{name}")
    st.button(
        t("Remove"), on_click=_remove, args=(user,), disabled=not is_sure, type="primary",
        key=f"remove-{name}", width="stretch",
    )  # fmt: skip
    st.caption(t("Each of these logs them out everywhere."))


def _set_role(user: User, role: Role) -> None:
    change = partial(services().accounts.set_role, user.name, role, by=access.principal())
    done = t("{name} is {role} now.", name=_name(user), role=t(menu.ROLES[role]))
    told.of(change, done)


def _new_password(user: User) -> None:
    new = random_password()
    change = partial(services().accounts.set_password, user.name, new, by=access.principal())
    if told.of(change, t("{name} has a new password.", name=_name(user))):
        once.put(PATH, t("The password of {name}.", name=_name(user)), new)


def _remove(user: User) -> None:
    remove = partial(services().accounts.remove, user.name, by=access.principal())
    told.of(remove, t("{name} is removed.", name=_name(user)))


def _name(user: User) -> str:
    return isolated(problems.plain(user.name))
