"""How the refreshes went of late."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from cointracker.services import services
from cointracker.services.monitoring import Status
from cointracker.services.spans import Span
from cointracker.storage.refreshes import FAILED
from cointracker.ui import address, problems, session
from cointracker.ui.charts.ink import Ink
from cointracker.ui.charts.refreshes import figure
from cointracker.ui.health import schedule
from cointracker.ui.i18n import reader, t

LENGTHS = {"4h": timedelta(hours=4), "24h": timedelta(hours=24)}
BACK = "back"


def show(status: Status) -> None:
    """Draw the refreshes of the last hours, good ones and failed ones."""
    length = LENGTHS[address.value(BACK, "4h", tuple(LENGTHS))]
    log = services().health.refreshes(length)
    failed = int((log["outcome"] == FAILED).sum())
    told = [
        problems.meaning(source, error) if error else ""
        for source, error in zip(log["source"], log["error"], strict=True)
    ]
    with st.container(horizontal=True, vertical_alignment="center", key="runs-head"):
        st.subheader(
            t(
                "Refreshes: {good} good, {failed} failed",
                good=reader().whole(len(log) - failed), failed=reader().whole(failed),
            ),
            anchor=False, width="content",
        )  # fmt: skip
        st.segmented_control(
            t("Back to"), tuple(LENGTHS), required=True, label_visibility="collapsed",
            format_func=lambda name: reader().own_way(reader().age(LENGTHS[name].total_seconds())),
            **address.keep(BACK, "4h", tuple(LENGTHS), variant=reader().code),
        )  # fmt: skip
    schedule.show()
    span = Span(status.now - length, status.now + timedelta(seconds=status.interval_seconds))
    ink = Ink(reader(), session.zone(), session.is_dark())
    st.plotly_chart(
        figure(log.assign(told=told), span, status.interval_seconds, ink), theme=None, key="runs",
        alt=t("Seconds a refresh took"), config={"displayModeBar": False},
    )  # fmt: skip
