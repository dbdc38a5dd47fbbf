"""The head of every page: its title, how old the data is and whose, the language; and strips
that say when the market is simulated, the data late, or the source failing."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cointracker.core.rights import Right
from cointracker.core.services import services
from cointracker.features.accounts.ui import account_menu
from cointracker.features.monitoring.service import LiveMarket, MonitoringService, Status
from cointracker.features.monitoring.ui import damaged_strip, failure
from cointracker.ui import access, error_messages, session
from cointracker.ui.fragments import fragment
from cointracker.ui.i18n import reader, t, tn, when
from cointracker.ui.parts import flash, language_control

TICK_SECONDS = 5
PLACE = "simulated market"
"""Where it is told what came of trying the live market."""


def show(title: str) -> Status:
    """Draw the head and keep it current; returns the state that the page is to be drawn with.

    The head looks for news every few seconds and reruns the page when a refresh has ended, which
    leaves filters and scroll as they are.
    """
    status = services()[MonitoringService].status()
    session.remember_change_token(status.change_token)
    with st.container(horizontal=True, vertical_alignment="center", key="head"):
        with st.container(width="stretch", key="head-state"):
            _state(title)
        account_menu.show()
        language_control.show()
    _trouble()
    damaged_strip.show()
    if status.is_simulated:
        _simulated_strip(status)
    return status


@fragment(run_every=TICK_SECONDS)
def _state(title: str) -> None:
    status = services()[MonitoringService].status()
    if status.change_token != session.last_change_token():
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", key="head-line"):
        st.title(title, anchor=False, width="content")
        if status.snapshot is not None:
            _badge(status)
            st.caption(_told(status), width="content")


def _badge(status: Status) -> None:
    age = t("{age} old", age=reader().age(status.age_seconds))
    if status.is_late and status.is_failing:
        st.badge(age, icon=":material/error:", color="red")
    elif status.is_late or status.is_failing:
        st.badge(age, icon=":material/warning:", color="yellow")
    else:
        st.badge(age, icon=":material/schedule:", color="green")


def _told(status: Status) -> str:
    snapshot = status.snapshot
    if snapshot is None:
        return ""
    coins = tn("{count} coin", "{count} coins", snapshot.coins)
    text = t(
        "Snapshot {instant}. Source: {source}, {coins}.",
        instant=when(snapshot.at),
        source=error_messages.source_name(snapshot.source),
        coins=coins,
    )
    return f"{text} {_next(status)} {_stretched(status)}".rstrip()


def _stretched(status: Status) -> str:
    """That refreshes are further apart than asked, if they are."""
    if not status.is_stretched:
        return ""
    interval = reader().age(status.interval_seconds)
    return t("Refreshed every {interval}: the call budget does not allow more.", interval=interval)


def _next(status: Status) -> str:
    if status.is_running:
        return t("Refreshing now.")
    if status.next_at is None:
        return t("No refresh is planned.")
    wait = reader().age((status.next_at - status.now).total_seconds())
    return (
        t("Retrying in {wait}.", wait=wait)
        if status.is_failing
        else t("Next in {wait}.", wait=wait)
    )


@fragment(run_every=TICK_SECONDS)
def _trouble() -> None:
    """What is wrong with the data shown, if anything is, and what comes next."""
    status = services()[MonitoringService].status()
    snapshot = status.snapshot
    if snapshot is not None and status.is_from_fallback:
        _second_strip(status)
    if snapshot is None or not (status.is_failing or status.is_late):
        return
    shown = t(
        "Showing {instant}, {age} old.",
        instant=when(snapshot.at),
        age=reader().age(status.age_seconds),
    )
    if status.is_failing:
        with st.container(key="strip-failed"):
            what = failure.of_last(status)
            st.markdown(f":material/error: {what} {shown} {_next(status)}")
    else:
        late = t("The data is late.")
        with st.container(key="strip-stale"):
            st.markdown(f":material/warning: **{late}** {shown} {_next(status)}")


def _second_strip(status: Status) -> None:
    """Whose figures are shown in place of the main source's, and why."""
    second = error_messages.source_name(status.snapshot.source) if status.snapshot else ""
    main = error_messages.source_name(status.source)
    title = t("{source} is not responding.", source=main)
    text = t(
        "Until it does, prices come from {second}, for coins that could be matched with certainty.",
        second=second,
        source=main,
    )
    why = "" if status.is_failing else failure.of_last(status)
    with st.container(key="strip-second"):
        st.markdown(f":material/swap_horiz: **{title}** {text} {why}".rstrip())


def _simulated_strip(status: Status) -> None:
    title, text = t("Simulated market."), t("These prices are generated, not real.")
    unreachable, chosen = (
        t("The live market could not be reached."),
        t("It is chosen in the settings."),
    )
    why = flash.take(PLACE) or (unreachable if status.is_substitute else chosen)
    forbidden = access.why_not(Right.WRITE)
    with st.container(
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute",
        key="strip-simulated",
    ):
        st.markdown(f":material/science: **{title}** {text} {why}", width="content")
        st.button(
            t("Try the live market"),
            icon=":material/sync:",
            type="tertiary",
            on_click=_try_live,
            key="try-live",
            disabled=bool(forbidden),
            help=forbidden or None,
        )


def _try_live() -> None:
    problem = error_messages.of(partial(services()[LiveMarket].try_now, by=access.principal()))
    if problem:
        flash.put(t("Tried just now: {problem}", problem=problem), place=PLACE)
