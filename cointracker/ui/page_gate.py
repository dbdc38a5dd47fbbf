"""The gate that every page passes before it is drawn, by the rights that features declare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from cointracker.core.errors import LoginNeeded, NotAllowed
from cointracker.core.feature import FeatureSet
from cointracker.core.i18n import N_
from cointracker.core.rights import Mode, Right, allows, require
from cointracker.core.services import services
from cointracker.ui import access, session
from cointracker.ui.i18n import t
from cointracker.ui.parts import one_time_secret

LOGIN_NEEDED = N_("Log in to see this page.")
ADMINS_ONLY = N_("This page is for admins.")


@dataclass(frozen=True)
class Shell:
    """What stands around the pages of any feature.

    before: called with the page's path before anything is drawn. head: draws a page's head, by its
    title. login: draws the login in place of a page. login_page: its file.
    """

    before: Callable[[str], None]
    head: Callable[[str], Any]
    login: Callable[[], None]
    login_page: str


def pages(features: FeatureSet) -> StreamlitPage:
    """The page that the address asks for, and the navigation to those that the reader may see."""
    listed = sorted(features.pages.values(), key=lambda page: (not page.order, page.order))
    pages = [
        st.Page(
            page.file,
            title=t(page.title),
            default=not page.path,
            visibility="visible" if page.order and may_see(features, page.path) else "hidden",
        )
        for page in listed
    ]
    return st.navigation(pages, position="top" if access.may(Right.VIEW) else "hidden")


def may_see(features: FeatureSet, path: str) -> bool:
    """Whether the reader may see a page; nobody may see one that no feature declares."""
    right = features.page_right(path)
    return right is not None and allows(access.principal(), right, services().mode())


def draw(page: StreamlitPage, shell: Shell) -> None:
    """Draw the page, or what stands in its place for whoever may not see it."""
    access.remember()
    one_time_secret.forget_elsewhere(page.url_path)
    shell.before(page.url_path)
    right = services().features.page_right(page.url_path)
    try:
        _check(right)
    except LoginNeeded:
        _login_needed(page, shell)
    except NotAllowed:
        shell.head(page.title)
        st.warning(t(ADMINS_ONLY), icon=":material/lock:")
    else:
        if right is not Right.OPEN:
            session.remember_here()
        page.run()


def _check(right: Right | None) -> None:
    """Raise LoginNeeded or NotAllowed where the reader may not see a page that takes this."""
    if right is None:
        raise NotAllowed
    require(access.principal(), right, services().mode())


def _login_needed(page: StreamlitPage, shell: Shell) -> None:
    """The login in place of everything, or on an open dashboard a word about it."""
    session.remember_here()
    if services().mode() is Mode.PRIVATE:
        shell.login()
        return
    shell.head(page.title)
    st.info(t(LOGIN_NEEDED), icon=":material/lock:")
    st.page_link(shell.login_page, label=t("Log in"), icon=":material/login:")
