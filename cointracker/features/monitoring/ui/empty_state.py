"""What stands where there is nothing to show yet: what happened, and what comes next."""

from __future__ import annotations

import streamlit as st

from cointracker.core.services import services
from cointracker.features.monitoring.service import MonitoringService, Status
from cointracker.features.monitoring.ui import failure
from cointracker.features.monitoring.ui.header import TICK_SECONDS
from cointracker.ui.fragments import fragment
from cointracker.ui.i18n import reader, t


@fragment(run_every=TICK_SECONDS)
def before_first_refresh() -> None:
    """The page before there is a snapshot: the first refresh is running, or it failed."""
    status = services()[MonitoringService].status()
    if not status.is_failing:
        st.info(t("First refresh running, about 10 s."), icon=":material/hourglass_top:")
        return
    what = failure.of_last(status)
    nothing = t("No data yet.")
    st.error(f"{what} {nothing} {_next(status)}", icon=":material/error:")


def _next(status: Status) -> str:
    if status.next_at is None:
        return t("No refresh is planned.")
    wait = reader().age((status.next_at - status.now).total_seconds())
    return t("Retrying in {wait}.", wait=wait)
