"""What is stored, and how much room is left for more."""

from __future__ import annotations

from datetime import datetime
from html import escape

import streamlit as st

from cointracker.core.i18n import MISSING, isolated, left_to_right
from cointracker.core.services import services
from cointracker.features.health.database_stats import DatabaseStats, DatabaseStatsService
from cointracker.ui.i18n import reader, t, when

BYTE_UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def show() -> None:
    """Draw the size and the span of the database, and when it was copied and thinned."""
    state = services()[DatabaseStatsService].state()
    st.subheader(t("Database"), anchor=False)
    if state.low_room:
        st.warning(
            t("The disk is nearly full: {free} free.", free=size(state.free_bytes)),
            icon=":material/disc_full:",
        )
    lines = "".join(
        f"<div class='ct-line'><span>{escape(label)}</span><b>{escape(figure)}</b></div>"
        for label, figure in _lines(state)
    )
    st.html(f"<div class='ct-store'>{lines}</div>")


def size(count: float) -> str:
    """A number of bytes in the largest fitting unit."""
    for unit, name in BYTE_UNITS:
        if count >= unit:
            return left_to_right(f"{reader().decimal(count / unit, 1)} {name}")
    return left_to_right(f"{reader().whole(count)} B")


def _lines(state: DatabaseStats) -> list[tuple[str, str]]:
    language = reader()
    rows = [(name, count) for name, count in state.rows.items() if count]
    listed = language.listed(
        left_to_right(f"{name} {language.whole(count)}") for name, count in rows
    )
    return [
        (t("File"), isolated(state.path.name)),
        (t("Size"), size(state.bytes + state.log_bytes)),
        (t("Free on the disk"), size(state.free_bytes)),
        (t("Snapshots"), language.whole(state.snapshots)),
        (t("Oldest figures"), _when(state.oldest_at)),
        (t("Newest figures"), _when(state.newest_at)),
        (t("Last compaction"), _when(state.compacted_at)),
        (t("Last backup"), _when(state.backup_at)),
        (t("Last copy before an upgrade"), _when(state.copy_at)),
        (t("Rows, approximately"), listed),
    ]


def _when(at: datetime | None) -> str:
    return MISSING if at is None else when(at)
