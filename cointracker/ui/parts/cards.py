"""Cards that say how something does: a state, what to know of it, meters and figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

import streamlit as st

from cointracker.core.i18n import N_
from cointracker.ui.i18n import reader, t

WELL, FAILING, WAITING, UNKNOWN = "ok", "failing", "waiting", "unknown"
OPEN, HALF_OPEN = "open", "half-open"
STANDING_BY, STANDS_IN, OFF, STALE = "standing by", "stands in", "off", "stale"
STATES = {
    WELL: (N_("Healthy"), "green", "check_circle"),
    FAILING: (N_("Failing"), "red", "error"),
    WAITING: (N_("Rate limited"), "orange", "hourglass_top"),
    OPEN: (N_("Paused"), "red", "do_not_disturb_on"),
    HALF_OPEN: (N_("Testing"), "orange", "pending"),
    UNKNOWN: (N_("No calls yet"), "gray", "help"),
    STANDING_BY: (N_("On standby"), "gray", "pause_circle"),
    STANDS_IN: (N_("Active"), "orange", "swap_horiz"),
    OFF: (N_("Off"), "gray", "block"),
    STALE: (N_("Out of date"), "orange", "warning"),
}


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
    sentences: list[str]
    meters: list[Meter] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)


def show(cards: list[Card]) -> None:
    """Draw cards beside one another."""
    with st.container(horizontal=True, key="cards"):
        for number, card in enumerate(cards):
            with st.container(border=True, width=380, key=f"card-{number}"):
                _draw(card)


def _draw(card: Card) -> None:
    name, colour, icon = STATES[card.state]
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.markdown(f"**{card.title}**", width="content")
        st.badge(t(name), icon=f":material/{icon}:", color=colour)  # type: ignore[arg-type]
    for sentence in card.sentences:
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
