"""A card for each source: how it does, what it may still be asked, what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from html import escape

import streamlit as st

from cointracker.errors import StorageError
from cointracker.i18n import MISSING, N_
from cointracker.services import services
from cointracker.services.calls import FAILING, UNKNOWN, WAITING, WELL, SourceHealth, month_end
from cointracker.services.monitoring import SECOND
from cointracker.services.second_source import SecondState
from cointracker.services.standing import SourceState, StandingState
from cointracker.sources.circuit import CLOSED, HALF_OPEN, OPEN
from cointracker.ui import problems
from cointracker.ui.fragments import fragment
from cointracker.ui.i18n import reader, t, when

STATES = {
    WELL: (N_("Healthy"), "green", "check_circle"),
    FAILING: (N_("Failing"), "red", "error"),
    WAITING: (N_("Told to wait"), "orange", "hourglass_top"),
    OPEN: (N_("Left alone"), "red", "do_not_disturb_on"),
    HALF_OPEN: (N_("Being tried"), "orange", "pending"),
    UNKNOWN: (N_("Not asked yet"), "gray", "help"),
    "standing by": (N_("Standing by"), "gray", "pause_circle"),
    "stands in": (N_("Standing in"), "orange", "swap_horiz"),
    "off": (N_("Off"), "gray", "block"),
    "stale": (N_("Out of date"), "orange", "warning"),
}
TICK_SECONDS = 15
CIRCUITS = {CLOSED: N_("closed"), OPEN: N_("open"), HALF_OPEN: N_("half open")}


@dataclass(frozen=True)
class Meter:
    """How much of what is allowed was used."""

    label: str
    used: int
    of: int


@dataclass(frozen=True)
class Card:
    """What a card says; lines: label and figure. state is one of `STATES`."""

    title: str
    state: str
    told: list[str]
    meters: list[Meter]
    lines: list[tuple[str, str]]


@fragment(run_every=TICK_SECONDS)
def show() -> None:
    """Draw the cards and keep them current."""
    try:
        cards = _cards()
    except StorageError as exc:
        st.error(t("The database does not answer: {problem}", problem=problems.plain(str(exc))))
        return
    with st.container(horizontal=True, key="cards"):
        for number, card in enumerate(cards):
            with st.container(border=True, width=380, key=f"card-{number}"):
                _draw(card)


def _cards() -> list[Card]:
    status = services().monitoring.status()
    if status.is_simulated:
        told = t("Generated on this machine; nothing is asked over the network.")
        return [Card(problems.source_name(status.source), WELL, [told], [], [])]
    second = services().second
    state = second.state() if second else None
    cards = []
    for health in services().sources():
        if health.calls.source != SECOND or state is None:
            cards.append(_source(health))
        elif state.source:
            cards.append(_second(health, state))
        else:
            why = problems.plain(t(state.why_not))
            cards.append(Card(problems.source_name(SECOND), "off", [why], [], []))
    social = services().standing
    return [*cards, *(_standing(social.state()) if social else [])]


def _draw(card: Card) -> None:
    name, colour, icon = STATES[card.state]
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.markdown(f"**{card.title}**", width="content")
        st.badge(t(name), icon=f":material/{icon}:", color=colour)  # type: ignore[arg-type]
    for sentence in card.told:
        st.caption(sentence)
    figures = "".join(_meter(meter) for meter in card.meters) + _lines(card.lines)
    if figures:
        st.html(figures)


def _meter(meter: Meter) -> str:
    language = reader()
    share = min(100.0, 100.0 * meter.used / meter.of) if meter.of else 0.0
    used, of = language.whole(meter.used), language.whole(meter.of)
    figure = escape(t("{used} of {all}", used=used, all=of))
    return (
        f"<div class='ct-line'><span>{escape(meter.label)}</span><b>{figure}</b></div>"
        f"<span class='ct-meter' role='img' aria-label='{escape(meter.label)}: {figure}'>"
        f"<i style='width:{share:.1f}%'></i></span>"
    )


def _lines(lines: list[tuple[str, str]]) -> str:
    return "".join(
        f"<div class='ct-line'><span>{escape(label)}</span><b>{escape(figure)}</b></div>"
        for label, figure in lines
    )


def _source(health: SourceHealth) -> Card:
    return Card(
        title=problems.source_name(health.calls.source),
        state=health.state,
        told=_told(health),
        meters=_meters(health),
        lines=_figures(health),
    )


def _second(health: SourceHealth, state: SecondState) -> Card:
    """The second source: standing in, or standing by; what it cannot give is told below."""
    known = t("{count} coins could be matched.", count=reader().whole(state.mapped))
    calm = "stands in" if state.stands_in else "standing by"
    return Card(
        title=problems.source_name(health.calls.source),
        state=calm if health.state in (WELL, UNKNOWN) else health.state,
        told=[*_told(health), known],
        meters=_meters(health),
        lines=_figures(health),
    )


def _told(health: SourceHealth) -> list[str]:
    """When it last answered, and what is wrong if anything is; then what comes next."""
    calls = health.calls
    told = []
    if health.last_success_at is not None:
        told.append(t("Last success {instant}.", instant=when(health.last_success_at)))
    is_bad = health.last_failure_at is not None and (
        health.last_success_at is None or health.last_failure_at > health.last_success_at
    )
    if is_bad:
        told.append(problems.told(calls.source, health.last_failure, health.last_failure_reason))
    for until in (calls.blocked_until, calls.next_probe_at):
        if until is not None:
            told.append(t("It is asked again from {instant} on.", instant=when(until)))
    return told or [t("Nothing was asked of it yet.")]


def _meters(health: SourceHealth) -> list[Meter]:
    plan = health.calls.plan
    used = max(0, plan.per_minute - health.calls.left_this_minute)
    return [
        Meter(t("Calls this minute"), used, plan.per_minute),
        Meter(t("Calls this month"), health.calls_this_month, plan.per_month),
    ]


def _figures(health: SourceHealth) -> list[tuple[str, str]]:
    language = reader()
    end = language.day(month_end(services().monitoring.status().now) - timedelta(seconds=1))
    rate = health.error_rate
    return [
        (t("By {day} with these settings", day=end), language.whole(health.forecast_by_settings)),
        (t("By {day} at the pace of the last 24 h", day=end),
         language.whole(health.forecast_by_pace)),
        (t("Calls ready now"), language.whole(health.calls.stock)),
        (t("Latency p50 / p95, ms"), _latency(health)),
        (t("Errors, last 24 h"), _percent(rate)),
        (t("Circuit"), t(CIRCUITS[health.calls.circuit])),
    ]  # fmt: skip


def _latency(health: SourceHealth) -> str:
    if health.p50_seconds is None or health.p95_seconds is None:
        return MISSING
    language = reader()
    return (
        f"{language.whole(health.p50_seconds * 1e3)} / {language.whole(health.p95_seconds * 1e3)}"
    )


def _percent(rate: float | None) -> str:
    return MISSING if rate is None else t("{share} %", share=reader().decimal(rate * 100, 1))


def _standing(state: StandingState) -> list[Card]:
    if not state.sources:
        known = t(
            "{known} of {all} coins have a standing, by how many people watch them on CoinGecko."
            " It is gathered coin by coin, as the call budget allows.",
            known=reader().whole(state.coins), all=reader().whole(state.tracked),
        )  # fmt: skip
        calm = WELL if state.coins else UNKNOWN
        return [Card(t("Social standing"), calm, [known], [], [])]
    return [_standing_source(each) for each in state.sources]


def _standing_source(state: SourceState) -> Card:
    check = state.check
    title = problems.source_name(state.source)
    if check is None:
        return Card(title, UNKNOWN, [t("Nothing was asked of it yet.")], [], [])
    told = []
    if check.answered_at is not None:
        told.append(t("Last success {instant}.", instant=when(check.answered_at)))
    if check.error:
        told.append(problems.told(state.source, check.error, check.reason))
    if state.is_stale:
        told.append(t("Its last answer is still used."))
    calm = FAILING if check.error else WELL
    age = MISSING if check.answered_at is None else reader().age(state.age_seconds)
    lines = [
        (t("Age of the answer"), age),
        (t("Rows used"), reader().whole(check.accepted)),
        (t("Rows refused"), reader().whole(check.rejected)),
    ]
    return Card(title, "stale" if state.is_stale else calm, told, [], lines)
