"""Secrets that are shown once: until they are put away, or the reader goes to another page."""

from __future__ import annotations

import streamlit as st

from cointracker.ui import state
from cointracker.ui.i18n import t

SHOWN = "_shown_once"


def put(path: str, title: str, secret: str) -> None:
    """Show a secret on the page of that path from now on. title: what it is, as Markdown."""
    state.put(SHOWN, (path, title, secret))


def show() -> None:
    """Draw the secret that is to be shown, if there is one, with a way to copy it."""
    shown = state.value(SHOWN, None)
    if shown is None:
        return
    _path, title, secret = shown
    with st.container(key="once"):
        warned = t("Copy it now: it is not stored and will not be shown again.")
        st.markdown(f":material/key: **{title}** {warned}")
        st.code(secret, language=None, wrap_lines=True)
        st.button(t("I've copied it"), on_click=state.reset, args=(SHOWN,), key="once-done")


def forget_elsewhere(path: str) -> None:
    """Forget the secret when the page being drawn is not the one it belongs to."""
    shown = state.value(SHOWN, None)
    if shown is not None and shown[0] != path:
        state.reset(SHOWN)
