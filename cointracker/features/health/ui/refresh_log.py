"""How the refreshes went of late."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from cointracker.analysis.time_ranges import TimeRange
from cointracker.core.services import services
from cointracker.features.health.data_quality import DataQualityService
from cointracker.features.health.ui import schedule_panel
from cointracker.features.health.ui.refresh_chart import figure
from cointracker.features.monitoring.service import Status
from cointracker.features.monitoring.store.refreshes import FAILED
from cointracker.ui import address, error_messages, session
from cointracker.ui.charts.chart_theme import ChartTheme
from cointracker.ui.i18n import reader, t

LENGTHS = {"4h": timedelta(hours=4), "24h": timedelta(hours=24)}
BACK = "back"


def show(status: Status) -> None:
    """Draw the refreshes of the last hours, good ones and failed ones."""
    length = LENGTHS[address.value(BACK, "4h", tuple(LENGTHS))]
    log = services()[DataQualityService].refreshes(length)
    failed = int((log["outcome"] == FAILED).sum())
    entries = [
        error_messages.meaning(source, error) if error else ""
        for source, error in zip(log["source"], log["error"], strict=True)
    ]
    with st.container(horizontal=True, vertical_alignment="center", key="runs-head"):
        st.subheader(
            t(
                "Refreshes: {good} successful, {failed} failed",
                good=reader().whole(len(log) - failed),
                failed=reader().whole(failed),
            ),
            anchor=False,
            width="content",
        )
        st.segmented_control(
            t("Back to"),
            tuple(LENGTHS),
            required=True,
            label_visibility="collapsed",
            format_func=lambda name: reader().own_way(reader().age(LENGTHS[name].total_seconds())),
            **address.keep(BACK, "4h", tuple(LENGTHS), variant=reader().code),
        )
    schedule_panel.show()
    span = TimeRange(status.now - length, status.now + timedelta(seconds=status.interval_seconds))
    theme = ChartTheme(reader(), session.zone(), session.is_dark())
    st.plotly_chart(
        figure(log.assign(told=entries), span, status.interval_seconds, theme),
        theme=None,
        key="runs",
        alt=t("Refresh duration, s"),
        config={"displayModeBar": False},
    )
