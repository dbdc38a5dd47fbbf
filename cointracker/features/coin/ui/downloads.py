"""What a chart shows, to take along: its data as a file, its picture from its own menu."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from cointracker.core.file_formats import FORMATS, Format
from cointracker.core.rights import Right
from cointracker.features.coin.coins import CoinReport
from cointracker.features.market.ui import coin_links
from cointracker.ui import access, address
from cointracker.ui.i18n import reader, t

PICTURE, PICTURES = "picture", ("png", "svg")
FILES = tuple(kind for kind in FORMATS if kind.ending in ("csv", "parquet"))
MAIN = "history"
"""The chart whose menu has the choice that holds for all."""
MENU = ["zoom2d", "pan2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d"]


def button(what: str, report: CoinReport, frame: pd.DataFrame) -> None:
    """The way to a chart's data as CSV or Parquet, and to the kind of its pictures."""
    profile, snapshot = report.profile, report.profile.view.snapshot
    named = frame.assign(coin_id=profile.coin_id, quote_currency=snapshot.quote_currency)
    until = f"{report.span.until:%Y-%m-%dT%H%M}Z"
    with st.popover(t("Download"), icon=":material/download:", key=f"take-{what}"):
        for kind in FILES:
            st.download_button(
                kind.label,
                access.while_allowed(Right.VIEW, partial(_bytes, kind, named)),
                f"cointracker-{_safe(profile.coin_id)}-{what}-{until}.{kind.ending}",
                kind.media_type,
                on_click="ignore",
                key=f"take-{what}-{kind.ending}",
                icon=":material/download:",
                width="stretch",
            )
        st.caption(t("The camera icon in a chart's corner saves it as an image."))
        if what == MAIN:
            st.segmented_control(
                t("Image format"),
                PICTURES,
                format_func=str.upper,
                required=True,
                **address.keep(PICTURE, PICTURES[0], PICTURES),
            )


def menu(chart: str, *, selects: bool) -> dict[str, Any]:
    """A chart's menu: its picture in the chosen kind; marking, in one that `selects`."""
    coin = _safe(str(address.value(coin_links.COIN, "")))
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
    picture = t("Save as image")
    return {
        "Download plot": picture,
        "Download plot as a PNG": picture,
        "Box Select": t("Drag to zoom"),
    }


def _bytes(kind: Format, frame: pd.DataFrame) -> bytes:
    return kind.write(frame)


def _safe(coin_id: str) -> str:
    """A coin id as part of a file's name."""
    return "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in coin_id)[:80]
