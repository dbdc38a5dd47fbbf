"""The gate that every page passes before it is drawn, by the one table of rights."""

from __future__ import annotations

from typing import Literal

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from cointracker.errors import LoginNeeded, NotAllowed
from cointracker.services import services
from cointracker.services.access import PAGES, Mode, Right, allows, require
from cointracker.ui import access, header, once, session
from cointracker.ui.i18n import t
from cointracker.ui.login import form, single_sign_on


def listed(path: str) -> Literal["visible", "hidden"]:
    """Whether a page stands in the navigation: those that the reader may see."""
    right = PAGES.get(path)
    is_seen = right is not None and allows(access.principal(), right, services().access())
    return "visible" if is_seen else "hidden"


def position() -> Literal["top", "hidden"]:
    """Where the navigation stands; nowhere for who must log in first."""
    return "top" if access.may(Right.VIEW) else "hidden"


def draw(page: StreamlitPage) -> None:
    """Draw the page, or what stands in its place for who may not see it."""
    access.remember()
    once.forget_elsewhere(page.url_path)
    single_sign_on.finish(page.url_path)
    single_sign_on.refused(page.url_path)
    try:
        _check(page.url_path)
    except LoginNeeded:
        _login_needed(page)
    except NotAllowed:
        _not_allowed(page)
    else:
        if PAGES[page.url_path] is not Right.OPEN:
            session.remember_here()
        page.run()


def _check(path: str) -> None:
    """Raise LoginNeeded or NotAllowed where the reader may not see the page."""
    if path not in PAGES:
        raise NotAllowed
    require(access.principal(), PAGES[path], services().access())


def _login_needed(page: StreamlitPage) -> None:
    """The login in place of everything, or on an open dashboard a word about it."""
    session.remember_here()
    if services().access() is Mode.PRIVATE:
        form.show()
        return
    header.show(page.title)
    st.info(t("This page is for who has logged in."), icon=":material/lock:")
    st.page_link(form.PAGE, label=t("Log in"), icon=":material/login:")


def _not_allowed(page: StreamlitPage) -> None:
    header.show(page.title)
    st.warning(t("This page is for admins."), icon=":material/lock:")
