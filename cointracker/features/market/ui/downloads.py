"""The ranking as files: what is shown, in rank order."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import chain

import streamlit as st

from cointracker.core.file_formats import FORMATS, Format
from cointracker.core.i18n import Language
from cointracker.core.rights import Right
from cointracker.features.market.downloads import table
from cointracker.features.market.rankings import RankingView
from cointracker.features.market.reasons import causes
from cointracker.features.market.ui.columns import Column
from cointracker.ui import access
from cointracker.ui.i18n import reader, t, tn

ALWAYS = ("rank", "coin_id", "symbol", "name")
IN_FILES = {"rank": (), "coin": (), "bar": (), "band": ("band_low", "band_high")}
"""What a file holds in place of columns that only a table can draw, or that it always holds."""


def popover(view: RankingView, columns: list[Column]) -> None:
    """Buttons that save the rows of `view` with the columns that the table shows."""
    with st.popover(t("Download"), icon=":material/download:", key="download"):
        st.caption(
            tn(
                "{count} coin that matches the filters, with the table's columns.",
                "{count} coins that match the filters, with the table's columns.",
                len(view.frame),
            )
        )
        for kind in FORMATS:
            write = partial(_bytes, kind, view, columns, reader())
            st.download_button(
                kind.label,
                access.while_allowed(Right.VIEW, write),
                _file_name(view, kind),
                kind.media_type,
                on_click="ignore",
                key=f"download-{kind.ending}",
                icon=":material/download:",
                width="stretch",
            )


def _bytes(kind: Format, view: RankingView, columns: list[Column], language: Language) -> bytes:
    """The file; Streamlit asks for it on a thread that knows no session, so all is handed in."""
    frame = view.frame.assign(reason=causes(view.frame, language))
    shown = (IN_FILES.get(column.name, (column.name,)) for column in columns)
    names = [*ALWAYS, *chain.from_iterable(shown)]
    return kind.write(table(replace(view, frame=frame), names))


def _file_name(view: RankingView, kind: Format) -> str:
    return f"cointracker-{view.snapshot.at:%Y-%m-%dT%H%M}Z.{kind.ending}"
