"""A card for each provider: how it does, what it may still be asked, what comes next."""

from __future__ import annotations

from datetime import timedelta

from cointracker.core.i18n import MISSING, N_
from cointracker.core.services import Services
from cointracker.features.sources.source_health import SourceHealth, SourcesService, month_end
from cointracker.markets.declaration import Market
from cointracker.providers.call_policy.circuit import CLOSED, HALF_OPEN, OPEN
from cointracker.ui import error_messages
from cointracker.ui.i18n import reader, t, when
from cointracker.ui.parts import cards as kit
from cointracker.ui.parts.cards import Card, Meter

CIRCUITS = {CLOSED: N_("closed"), OPEN: N_("open"), HALF_OPEN: N_("half open")}


def cards(services: Services) -> list[Card]:
    """The card of the market's main provider; of a generated market, that nobody is asked."""
    market = services[Market]
    if market.is_generated:
        sentence = t("Generated on this machine, without network calls.")
        return [Card(error_messages.source_name(market.key), kit.WELL, [sentence])]
    return [
        card(one, services)
        for one in services[SourcesService].health()
        if one.calls.source == market.key
    ]


def card(health: SourceHealth, services: Services) -> Card:
    """The card of one provider."""
    return Card(
        title=error_messages.source_name(health.calls.source),
        state=health.state,
        sentences=_sentences(health),
        meters=_meters(health),
        lines=_figures(health, services),
    )


def _sentences(health: SourceHealth) -> list[str]:
    """When it last answered, and what is wrong if anything is; then what comes next."""
    calls = health.calls
    sentences = []
    if health.last_success_at is not None:
        sentences.append(t("Last success {instant}.", instant=when(health.last_success_at)))
    is_bad = health.last_failure_at is not None and (
        health.last_success_at is None or health.last_failure_at > health.last_success_at
    )
    if is_bad:
        sentences.append(
            error_messages.told(calls.source, health.last_failure, health.last_failure_reason)
        )
    for until in (calls.blocked_until, calls.next_probe_at):
        if until is not None:
            sentences.append(t("Next request at {instant} or later.", instant=when(until)))
    return sentences or [t("No calls yet.")]


def _meters(health: SourceHealth) -> list[Meter]:
    plan = health.calls.plan
    used = max(0, plan.per_minute - health.calls.left_this_minute)
    return [
        Meter(t("Calls this minute"), used, plan.per_minute),
        Meter(t("Calls this month"), health.calls_this_month, plan.per_month),
    ]


def _figures(health: SourceHealth, services: Services) -> list[tuple[str, str]]:
    language = reader()
    end = language.day(month_end(services.clock()) - timedelta(seconds=1))
    rate = health.error_rate
    return [
        (t("By {day} with these settings", day=end), language.whole(health.forecast_by_settings)),
        (
            t("By {day} at the pace of the last 24 h", day=end),
            language.whole(health.forecast_by_pace),
        ),
        (t("Calls available now"), language.whole(health.calls.stock)),
        (t("Latency p50 / p95, ms"), _latency(health)),
        (t("Errors, last 24 h"), _percent(rate)),
        (t("Circuit"), t(CIRCUITS[health.calls.circuit])),
    ]


def _latency(health: SourceHealth) -> str:
    if health.p50_seconds is None or health.p95_seconds is None:
        return MISSING
    language = reader()
    return (
        f"{language.whole(health.p50_seconds * 1e3)} / {language.whole(health.p95_seconds * 1e3)}"
    )


def _percent(rate: float | None) -> str:
    return MISSING if rate is None else t("{share} %", share=reader().decimal(rate * 100, 1))
