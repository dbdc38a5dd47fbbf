"""The card of the provider that stands in: standing by, standing in, or off."""

from __future__ import annotations

from dataclasses import replace

from cointracker.core.services import Services
from cointracker.features.fallback.fallback_source import FallbackSource
from cointracker.features.sources import ui as source_ui
from cointracker.features.sources.source_health import SourcesService
from cointracker.markets.declaration import Market
from cointracker.ui import error_messages
from cointracker.ui.i18n import reader, t
from cointracker.ui.parts import cards as kit
from cointracker.ui.parts.cards import Card


def cards(services: Services) -> list[Card]:
    """A card for each provider that may stand in for the main one; none without a fallback."""
    fallback = services.get(FallbackSource)
    if fallback is None:
        return []
    state = fallback.state()
    others = [
        one for one in services[SourcesService].health() if one.calls.source != services[Market].key
    ]
    if not state.source:
        why = error_messages.plain(t(state.why_not))
        return [
            Card(error_messages.source_name(one.calls.source), kit.OFF, [why]) for one in others
        ]
    matched = t("{count} coins matched.", count=reader().whole(state.mapped))
    calm = kit.STANDS_IN if state.stands_in else kit.STANDING_BY
    drawn = [source_ui.card(one, services) for one in others]
    return [
        replace(
            card,
            state=calm if card.state in (kit.WELL, kit.UNKNOWN) else card.state,
            sentences=[*card.sentences, matched],
        )
        for card in drawn
    ]
