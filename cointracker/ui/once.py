"""Secrets that are shown once: until they are put away, or the reader goes to another page."""

from __future__ import annotations

import streamlit as st

from cointracker.ui import session
from cointracker.ui.i18n import t

SHOWN = "_shown_once"


def put(path: str, title: str, secret: str) -> None:
    """Show a secret on the page of that path from now on. title: what it is, as Markdown."""
    session.put(SHOWN, (path, title, secret))


def show() -> None:
    """Draw the secret that is to be shown, if there is one, with a way to copy it."""
    found = session.value(SHOWN, None)
    if found is None:
        return
    _path, title, secret = found
    with st.container(key="once"):
        warned = t("It is shown only now: copy it, it is not stored.")
        st.markdown(f":material/key: **{title}** {warned}")
        st.code(secret, language=None, wrap_lines=True)
        st.button(t("I have copied it"), on_click=session.reset, args=(SHOWN,), key="once-done")


def forget_elsewhere(path: str) -> None:
    """Forget the secret when the page being drawn is not the one it belongs to."""
    found = session.value(SHOWN, None)
    if found is not None and found[0] != path:
        session.reset(SHOWN)
