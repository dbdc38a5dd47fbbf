"""What a source tells of a coin, as text, and how asking for more of it stands."""

from __future__ import annotations

from html import escape

import streamlit as st

from cointracker.core.i18n import N_, Language, left_to_right
from cointracker.core.services import services
from cointracker.features.coin.coin_data import (
    AT_HAND,
    FAILED,
    NEVER,
    UNDER_WAY,
    UNKNOWN_COIN,
    CoinData,
    CoinDataService,
    FetchState,
)
from cointracker.features.coin.coins import Profile
from cointracker.features.coin.ui import panels
from cointracker.features.monitoring.service import MonitoringService
from cointracker.features.monitoring.ui.header import TICK_SECONDS
from cointracker.providers.base import CoinDetails
from cointracker.ui import error_messages, state
from cointracker.ui.fragments import fragment
from cointracker.ui.i18n import reader, t, when

SEEN_CHANGE = "_coin_pulse"
STATES = {
    UNDER_WAY: N_("Requesting {what} from {source}."),
    UNKNOWN_COIN: N_("{source} doesn't list this coin, so there is no {what}."),
    FAILED: N_("{source} returned no {what}: {reason}. Next attempt at {instant}."),
    NEVER: N_("{source} hasn't been asked for {what} yet."),
}
LINKS = (
    ("homepage", N_("Homepage")),
    ("blockchain_site", N_("Blockchain explorer")),
    ("github_url", N_("Source code")),
)


def show(profile: Profile) -> None:
    """Draw what is known of a coin beside its figures, and have asked for what is lacking."""
    services()[CoinDataService].want(profile.coin_id)
    state.put(SEEN_CHANGE, services()[CoinDataService].change_token(profile.coin_id))
    panels.heading(t("About {name}", name=error_messages.plain(str(profile.row["name"]))))
    known = services()[CoinDataService].details(profile.coin_id)
    if known.details is not None:
        _details(known.details)
    _waiting(profile.coin_id)


@fragment(run_every=TICK_SECONDS)
def _waiting(coin_id: str) -> None:
    """How asking stands; when something came, the page is drawn again."""
    if services()[CoinDataService].change_token(coin_id) != state.value(SEEN_CHANGE, 0):
        st.rerun()
    known = services()[CoinDataService].details(coin_id)
    for text in _states(known):
        st.caption(text)


def _states(known: CoinData) -> list[str]:
    asked = ((known.told, t("description and links")), (known.history, t("older history")))
    return [_state(state, what) for state, what in asked if state.state != AT_HAND]


def _state(asked: FetchState, what: str) -> str:
    source = error_messages.source_name(services()[MonitoringService].status().source)
    return t(
        STATES[asked.state],
        source=source,
        what=what,
        reason=error_messages.plain(t(asked.reason)) if asked.reason else "",
        instant=when(asked.next_at) if asked.next_at else "",
    )


def _details(details: CoinDetails) -> None:
    if details.description:
        paragraphs = "".join(
            f"<p>{escape(t(part))}</p>" for part in details.description.split("\n") if part.strip()
        )
        st.html(f'<div class="ct-about" dir="auto">{paragraphs}</div>')
    links = [
        f"<a href='{escape(address)}' target='_blank' rel='noopener noreferrer nofollow'>"
        f"{escape(t(name))}</a>"
        for field, name in LINKS
        if (address := getattr(details, field))
    ]
    facts = [f"<span>{escape(label)} <b>{text}</b></span>" for label, text in _facts(details)]
    st.html(f'<div class="ct-facts">{"".join((*links, *facts))}</div>')


def _facts(details: CoinDetails) -> list[tuple[str, str]]:
    """What is told in figures and names, each with its label; texts escaped."""
    language: Language = reader()
    facts = []
    if details.genesis_date:
        date = language.digits(details.genesis_date.isoformat())
        facts.append((t("Genesis date"), escape(left_to_right(date))))
    if details.sentiment_up_pct is not None:
        share = language.decimal(details.sentiment_up_pct, 0)
        facts.append((t("Positive votes, %"), escape(share)))
    if details.watchlist_users is not None:
        facts.append((t("In watchlists"), escape(language.whole(details.watchlist_users))))
    if details.categories:
        names = ", ".join(details.categories[:6])
        facts.append((t("Categories"), f"<bdi>{escape(names)}</bdi>"))
    return facts
