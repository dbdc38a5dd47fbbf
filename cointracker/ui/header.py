"""The head of every page: its title, how old the data is and whose, the language; and strips
that say when the market is simulated, the data late, or the source failing."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cointracker.config import LANGUAGES
from cointracker.services import services
from cointracker.services.access import Right
from cointracker.services.monitoring import SECOND, Status
from cointracker.ui import access, address, damaged, menu, problems, session
from cointracker.ui.fragments import fragment
from cointracker.ui.i18n import reader, t, tn, when

TICK_SECONDS = 5
LANGUAGE_NAMES = {"en": "English", "fa": "فارسی"}


def show(title: str) -> Status:
    """Draw the head and keep it current; returns the state that the page is to be drawn with.

    The head looks for news every few seconds and reruns the page when a refresh has ended, which
    leaves filters and scroll as they are.
    """
    status = services().monitoring.status()
    session.remember_pulse(status.pulse)
    with st.container(horizontal=True, vertical_alignment="center", key="head"):
        with st.container(width="stretch", key="head-state"):
            _state(title)
        menu.show()
        language_control()
    _trouble()
    damaged.show()
    if status.is_simulated:
        _simulated_strip(status)
    return status


@fragment(run_every=TICK_SECONDS)
def _state(title: str) -> None:
    status = services().monitoring.status()
    if status.pulse != session.last_pulse():
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
    told = t(
        "Snapshot {instant}. Source: {source}, {coins}.",
        instant=when(snapshot.at), source=problems.source_name(snapshot.source), coins=coins,
    )  # fmt: skip
    return f"{told} {_next(status)} {_stretched(status)}".rstrip()


def _stretched(status: Status) -> str:
    """That refreshes are further apart than asked, if they are."""
    if not status.is_stretched:
        return ""
    interval = reader().age(status.interval_seconds)
    return t("Refreshed every {interval}: more often is not in the call budget.", interval=interval)


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
    status = services().monitoring.status()
    snapshot = status.snapshot
    if snapshot is not None and status.is_second:
        _second_strip(status)
    if snapshot is None or not (status.is_failing or status.is_late):
        return
    shown = t(
        "Showing {instant}, {age} old.",
        instant=when(snapshot.at), age=reader().age(status.age_seconds),
    )  # fmt: skip
    if status.is_failing:
        with st.container(key="strip-failed"):
            what = problems.of_last(status)
            st.markdown(f":material/error: {what} {shown} {_next(status)}")
    else:
        late = t("The data is late.")
        with st.container(key="strip-stale"):
            st.markdown(f":material/warning: **{late}** {shown} {_next(status)}")


def _second_strip(status: Status) -> None:
    """Whose figures are shown in place of the main source's, and why."""
    second = problems.source_name(SECOND)
    main = problems.source_name(status.source)
    title = t("{source} does not answer.", source=main)
    said = t(
        "These figures are {second}'s, of the coins that could be matched without doubt,"
        " until {source} does.",
        second=second, source=main,
    )  # fmt: skip
    why = "" if status.is_failing else problems.of_last(status)
    with st.container(key="strip-second"):
        st.markdown(f":material/swap_horiz: **{title}** {said} {why}".rstrip())


def _simulated_strip(status: Status) -> None:
    title, said = t("Simulated market."), t("These prices are generated, not real.")
    unreachable, asked = t("CoinGecko could not be reached."), t("The settings ask for it.")
    why = session.note() or (unreachable if status.is_fallback else asked)
    forbidden = access.why_not(Right.WRITE)
    with st.container(
        horizontal=True, vertical_alignment="center",
        horizontal_alignment="distribute", key="strip-simulated",
    ):  # fmt: skip
        st.markdown(f":material/science: **{title}** {said} {why}", width="content")
        st.button(
            t("Try live source"), icon=":material/sync:", type="tertiary",
            on_click=_try_live, key="try-live", disabled=bool(forbidden), help=forbidden or None,
        )  # fmt: skip


def _try_live() -> None:
    problem = problems.of(partial(services().try_live, by=access.principal()))
    if problem:
        session.leave_note(t("Tried just now: {problem}", problem=problem))


def language_control() -> None:
    """The choice of the language."""
    st.segmented_control(
        t("Language"), LANGUAGES, format_func=LANGUAGE_NAMES.__getitem__, required=True,
        label_visibility="collapsed",
        **address.keep(session.LANGUAGE, session.browser_language(), LANGUAGES),
    )  # fmt: skip
