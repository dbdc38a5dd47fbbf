"""The look beyond Streamlit's own theme: style rules, and what right-to-left pages need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from cointracker.ui import session
from cointracker.ui.i18n import reader

STYLES = Path(__file__).parent / "styles"
SCRIPTS = Path(__file__).parent / "scripts"
UP = {False: "#00736B", True: "#45C8B7"}
DOWN = {False: "#B23A12", True: "#F5885C"}
ACT = {False: "#27509B", True: "#8FB0F5"}
MUTED = {False: "#5A6673", True: "#94A1AE"}
RTL_LOCALES = ("ar", "fa", "he", "ur")


def apply() -> None:
    """Put style rules and language on the page; call it once, before anything is drawn."""
    names = ["base.css"]
    if reader().is_rtl:
        names.append("rtl.css")
    if session.browser_locale()[:2] in RTL_LOCALES:
        names.append("mirrored_sliders.css")
    rules = "\n".join((STYLES / name).read_text(encoding="utf-8") for name in names)
    st.html(f"<style>{rules}</style>")
    tell = f'document.documentElement.lang = "{reader().code}";'
    turn = script("turn_tables.js")
    st.html(f"<script>{tell}\n{turn}</script>", unsafe_allow_javascript=True)


def script(name: str) -> str:
    """A script of this package."""
    return (SCRIPTS / name).read_text(encoding="utf-8")


def change_colour(value: Any, digits: int) -> str:
    """The style of a change: rising, falling, or muted when it shows as 0 or is unknown."""
    seen = 0.5 / 10**digits
    palette = UP if value >= seen else DOWN if value <= -seen else MUTED
    return f"color: {palette[session.is_dark()]}"


def linked(_value: object = None) -> str:
    """The style of what leads to another page."""
    return f"color: {ACT[session.is_dark()]}"


def muted(_value: object = None) -> str:
    """The style of what is said in passing."""
    return f"color: {MUTED[session.is_dark()]}"
