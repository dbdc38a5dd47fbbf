"""The choice of the language."""

from __future__ import annotations

import streamlit as st

from cointracker.core.languages import LANGUAGES
from cointracker.ui import address, session
from cointracker.ui.i18n import t

NAMES = {"en": "English", "fa": "فارسی"}


def show() -> None:
    """Draw it."""
    st.segmented_control(
        t("Language"),
        LANGUAGES,
        format_func=NAMES.__getitem__,
        required=True,
        label_visibility="collapsed",
        **address.keep(session.LANGUAGE, session.browser_language(), LANGUAGES),
    )
