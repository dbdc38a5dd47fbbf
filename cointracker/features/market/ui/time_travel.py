"""Past snapshots: the address says which, a control finds one, a strip says that it is past."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pandas as pd
import streamlit as st

from cointracker.core.errors import SnapshotNotFound
from cointracker.core.services import services
from cointracker.features.market.rankings import MarketService, RankingView, Snapshot
from cointracker.ui import session
from cointracker.ui.i18n import reader, t, when

STEPS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}


def view() -> RankingView:
    """The ranking that the address asks for, the newest where it asks for none.

    A past one is marked as such. Where the address asks for what is not there, that is said and
    the newest is shown.
    """
    session.remember_travel()
    try:
        asked = session.travelled_to()
        if asked is None:
            return services()[MarketService].ranking()
        shown = services()[MarketService].ranking(asked)
        if shown.snapshot == services()[MarketService].snapshot():
            return services()[MarketService].ranking()
    except ValueError:
        st.warning(t("The time in the address can't be read. This is the latest snapshot."))
        return services()[MarketService].ranking()
    except SnapshotNotFound:
        st.warning(t("There is no snapshot that old. This is the latest one."))
        return services()[MarketService].ranking()
    _past_strip(shown.snapshot.at)
    return shown


def follow() -> None:
    """Redraw the whole page when another snapshot was asked for since it was drawn."""
    if session.has_travelled():
        st.rerun()


def control(shown: Snapshot) -> None:
    """The way to any stored snapshot: steps back from now, or a day and one of its snapshots."""
    instants = services()[MarketService].instants()["snapshot_at"]
    newest = instants.iloc[-1].to_pydatetime()
    st.caption(t("Back by"))
    with st.container(horizontal=True, gap="small"):
        for name, step in STEPS.items():
            st.button(
                reader().age(step.total_seconds()),
                on_click=session.travel_to,
                args=(newest - step,),
                key=f"travel-{name}",
            )
    chosen = _choice(instants, shown)
    st.button(
        t("Show this snapshot"),
        on_click=session.travel_to,
        args=(chosen,),
        key="travel-go",
        width="stretch",
    )


def _choice(instants: pd.Series, shown: Snapshot) -> datetime:
    """The instant of the snapshot that is chosen by day and time; at first the one shown."""
    days = instants.dt.tz_convert(str(session.zone())).dt.date
    here = shown.at.astimezone(session.zone()).date()
    listed = sorted(days.unique(), reverse=True)
    day = st.selectbox(
        t("Day"),
        listed,
        index=listed.index(here),
        format_func=_day_name,
        key=f"travel-day-{reader().code}-{shown.refresh_id}",
    )
    times = [instant.to_pydatetime() for instant in instants[days == day][::-1]]
    time: datetime = st.selectbox(
        t("Snapshot"),
        times,
        index=times.index(shown.at) if day == here else 0,
        format_func=_time_name,
        key=f"travel-time-{reader().code}-{shown.refresh_id}-{day}",
    )
    return time


def _day_name(day: date) -> str:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=session.zone())
    return reader().date(noon, session.zone())


def _time_name(instant: datetime) -> str:
    return reader().clock(instant, session.zone())


def _past_strip(at: datetime) -> None:
    with st.container(
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute",
        key="strip-past",
    ):
        past, text = t("Past snapshot."), t("This is the ranking of {instant}.", instant=when(at))
        st.markdown(f":material/history: **{past}** {text}", width="content")
        st.button(
            t("Back to the latest"),
            icon=":material/update:",
            type="tertiary",
            on_click=session.travel_to,
            args=(None,),
            key="travel_back",
        )
