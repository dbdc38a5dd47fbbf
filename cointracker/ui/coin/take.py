"""What a chart shows, to take along: its data as a file, its picture from its own menu."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from cointracker.services.access import Right
from cointracker.services.coins import Story
from cointracker.services.export import FORMATS, Format
from cointracker.ui import access, address
from cointracker.ui.coin import choice
from cointracker.ui.i18n import reader, t

PICTURE, PICTURES = "picture", ("png", "svg")
FILES = tuple(kind for kind in FORMATS if kind.ending in ("csv", "parquet"))
MAIN = "history"
"""The chart whose menu has the choice that holds for all."""
MENU = ["zoom2d", "pan2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d"]


def button(what: str, story: Story, frame: pd.DataFrame) -> None:
    """The way to a chart's data as CSV or Parquet, and to the kind of its pictures."""
    profile, snapshot = story.profile, story.profile.view.snapshot
    named = frame.assign(coin_id=profile.coin_id, quote_currency=snapshot.quote_currency)
    until = f"{story.span.until:%Y-%m-%dT%H%M}Z"
    with st.popover(t("Download"), icon=":material/download:", key=f"take-{what}"):
        for kind in FILES:
            st.download_button(
                kind.label, access.while_allowed(Right.VIEW, partial(_bytes, kind, named)),
                f"cointracker-{_safe(profile.coin_id)}-{what}-{until}.{kind.ending}",
                kind.media_type, on_click="ignore", key=f"take-{what}-{kind.ending}",
                icon=":material/download:", width="stretch",
            )  # fmt: skip
        st.caption(t("The camera in a chart's corner saves its picture."))
        if what == MAIN:
            st.segmented_control(
                t("Pictures as"), PICTURES, format_func=str.upper, required=True,
                **address.keep(PICTURE, PICTURES[0], PICTURES),
            )  # fmt: skip


def menu(chart: str, *, selects: bool) -> dict[str, Any]:
    """A chart's menu: its picture in the chosen kind; marking, in one that `selects`."""
    coin = _safe(str(address.value(choice.COIN, "")))
    return {
        "displaylogo": False,
        "locale": reader().code,
        "locales": {reader().code: {"dictionary": _menu_words()}},
        "modeBarButtonsToRemove": MENU if selects else [*MENU, "select2d"],
        "toImageButtonOptions": {
            "format": address.value(PICTURE, PICTURES[0], PICTURES),
            "filename": f"cointracker-{coin}-{chart}",
            "scale": 2,
        },
    }


def _menu_words() -> dict[str, str]:
    """Plotly's words for the buttons, and ours."""
    picture = t("Save the picture")
    return {
        "Download plot": picture,
        "Download plot as a PNG": picture,
        "Box Select": t("Mark a stretch to show it"),
    }


def _bytes(kind: Format, frame: pd.DataFrame) -> bytes:
    return kind.write(frame)


def _safe(coin_id: str) -> str:
    """A coin id as part of a file's name."""
    return "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in coin_id)[:80]
