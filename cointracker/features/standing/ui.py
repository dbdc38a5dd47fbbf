"""A card for each source of social standing."""

from __future__ import annotations

from cointracker.core.i18n import MISSING
from cointracker.core.services import Services
from cointracker.features.standing.service import StandingService
from cointracker.features.standing.state import SourceState, StandingState
from cointracker.ui import error_messages
from cointracker.ui.i18n import reader, t, when
from cointracker.ui.parts import cards as kit
from cointracker.ui.parts.cards import Card


def cards(services: Services) -> list[Card]:
    """The cards; none for a market that brings its own standing."""
    standing = services.get(StandingService)
    return _cards(standing.state()) if standing else []


def _cards(state: StandingState) -> list[Card]:
    if not state.sources:
        known = t(
            "{known} of {all} coins have a standing, by the number of people watching them on "
            "CoinGecko. It is collected coin by coin, as the call budget allows.",
            known=reader().whole(state.coins),
            all=reader().whole(state.tracked),
        )
        calm = kit.WELL if state.coins else kit.UNKNOWN
        return [Card(t("Social standing"), calm, [known])]
    return [_card(each) for each in state.sources]


def _card(state: SourceState) -> Card:
    check = state.check
    title = error_messages.source_name(state.source)
    if check is None:
        return Card(title, kit.UNKNOWN, [t("No calls yet.")])
    sentences = []
    if check.answered_at is not None:
        sentences.append(t("Last success {instant}.", instant=when(check.answered_at)))
    if check.error:
        sentences.append(error_messages.told(state.source, check.error, check.reason))
    if state.is_stale:
        sentences.append(t("Its last response is still used."))
    calm = kit.FAILING if check.error else kit.WELL
    age = MISSING if check.answered_at is None else reader().age(state.age_seconds)
    lines = [
        (t("Age of the response"), age),
        (t("Rows used"), reader().whole(check.accepted)),
        (t("Rows rejected"), reader().whole(check.rejected)),
    ]
    return Card(title, kit.STALE if state.is_stale else calm, sentences, lines=lines)
