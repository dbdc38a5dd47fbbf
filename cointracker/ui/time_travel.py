"""Past snapshots: the address says which, a control finds one, a strip says that it is past."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pandas as pd
import streamlit as st

from cointracker.errors import SnapshotNotFound
from cointracker.services import services
from cointracker.services.market import RankingView
from cointracker.ui import session
from cointracker.ui.i18n import reader, t, when

DAY, TIME = "travel_day", "travel_time"
STEPS = {"24 h": timedelta(hours=24), "7 d": timedelta(days=7), "30 d": timedelta(days=30)}


def view() -> RankingView:
    """The ranking that the address asks for, the newest where it asks for none.

    A past one is marked as such. Where the address asks for what is not there, that is said and
    the newest is shown.
    """
    session.remember_travel()
    try:
        asked = session.travelled_to()
        if asked is None:
            return services().market.ranking()
        shown = services().market.ranking(asked)
        if shown.snapshot == services().market.snapshot():
            return services().market.ranking()
    except ValueError:
        st.warning(
            t("The address asks for an instant that cannot be read. This is the newest snapshot.")
        )
        return services().market.ranking()
    except SnapshotNotFound:
        st.warning(t("No snapshot is stored that early. This is the newest one."))
        return services().market.ranking()
    _past_strip(shown.snapshot.at)
    return shown


def follow() -> None:
    """Redraw the whole page when another snapshot was asked for since it was drawn."""
    if session.has_travelled():
        st.rerun()


def control() -> None:
    """The way to any stored snapshot: steps back, or a day and one of its snapshots."""
    instants = services().market.instants()["snapshot_at"]
    newest = instants.iloc[-1]
    st.pills(
        t("Back by"), list(STEPS), format_func=_step_name, key="travel_step",
        on_change=_step_back, args=(newest.to_pydatetime(),),
    )  # fmt: skip
    local = instants.dt.tz_convert(str(session.zone()))
    days = sorted(local.dt.date.unique(), reverse=True)
    day = st.selectbox(t("Day"), days, format_func=_day_name, key=DAY)
    times = instants[local.dt.date == day][::-1]
    st.selectbox(t("Snapshot"), times.to_list(), format_func=_time_name, key=TIME)
    st.button(t("Show this snapshot"), on_click=_go, key="travel_go", width="stretch")


def _step_name(step: str) -> str:
    return reader().age(STEPS[step].total_seconds())


def _day_name(day: date) -> str:
    return reader().date(
        datetime(day.year, day.month, day.day, 12, tzinfo=session.zone()), session.zone()
    )


def _time_name(instant: pd.Timestamp) -> str:
    return reader().clock(instant.to_pydatetime(), session.zone())


def _step_back(newest: datetime) -> None:
    step = session.value("travel_step", None)
    if step is not None:
        session.travel_to(newest - STEPS[step])
    session.reset("travel_step")


def _go() -> None:
    chosen = session.value(TIME, None)
    if chosen is not None:
        session.travel_to(chosen.to_pydatetime())


def _past_strip(at: datetime) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center",
        horizontal_alignment="distribute", key="strip-past",
    ):  # fmt: skip
        past, told = t("The past."), t("This is how it stood at {instant}.", instant=when(at))
        st.markdown(f":material/history: **{past}** {told}", width="content")
        st.button(
            t("Back to now"), icon=":material/update:", type="tertiary",
            on_click=session.travel_to, args=(None,), key="travel_back",
        )  # fmt: skip
