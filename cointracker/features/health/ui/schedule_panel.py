"""What the schedule does now, and the buttons that change it."""

from __future__ import annotations

from functools import partial
from math import inf

import streamlit as st

from cointracker.core.i18n import N_
from cointracker.core.rights import Right
from cointracker.core.services import services
from cointracker.features.monitoring.refresh import ASKING, STORING
from cointracker.features.monitoring.service import MonitoringService, Status
from cointracker.ui import access, error_messages
from cointracker.ui.fragments import fragment
from cointracker.ui.i18n import reader, t
from cointracker.ui.parts import flash

TICK_SECONDS = 1
PLACE = "schedule"
STAGES = {
    ASKING: N_("Fetching data, {time} so far."),
    STORING: N_("Storing and ranking, {time} so far."),
}


@fragment(run_every=TICK_SECONDS)
def show() -> None:
    """Draw the state of the schedule, current to the second, and what may be done about it."""
    status = services()[MonitoringService].status()
    with st.container(horizontal=True, vertical_alignment="center", key="schedule"):
        st.caption(_told(status), width="content")
        _buttons(status, access.why_not(Right.WRITE))
    flash.show(PLACE, inf)


def _buttons(status: Status, why_not: str) -> None:
    """What may be done; disabled where there is a reason why not."""
    is_off, about = bool(why_not), why_not or None
    st.button(
        t("Refresh now"),
        icon=":material/sync:",
        disabled=is_off or status.is_running,
        on_click=_do,
        args=("refresh_now",),
        key="refresh-now",
        help=about,
    )
    if status.is_started:
        st.button(
            t("Stop schedule"),
            icon=":material/pause:",
            on_click=_do,
            args=("stop",),
            key="schedule-stop",
            disabled=is_off,
            help=about,
        )
    else:
        st.button(
            t("Start schedule"),
            icon=":material/play_arrow:",
            on_click=_do,
            args=("start",),
            key="schedule-start",
            disabled=is_off,
            help=about,
        )
    if why_not:
        st.caption(why_not, width="content")


def _do(what: str) -> None:
    """Do it; what goes wrong is told below the buttons."""
    act = getattr(services()[MonitoringService], what)
    problem = error_messages.of(partial(act, by=access.principal()))
    flash.put(problem, is_good=False, place=PLACE)


def _told(status: Status) -> str:
    progress = services()[MonitoringService].progress()
    if progress is not None:
        took = reader().age((status.now - progress.since).total_seconds())
        return t(STAGES[progress.stage], time=took)
    if not status.is_started:
        return t("The schedule is stopped.")
    every = t("Refreshes every {interval}.", interval=reader().age(status.interval_seconds))
    if status.next_at is None:
        return every
    wait = reader().age((status.next_at - status.now).total_seconds())
    return f"{every} " + t("Next in {wait}.", wait=wait)
