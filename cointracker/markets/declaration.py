"""What a market declares: who it is, its providers, its factors, its currencies, its file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from cointracker.core.clock import Clock, utc_now
from cointracker.core.server_settings import DATA_DIR
from cointracker.core.settings import Rule, Section, Setting, Settings
from cointracker.providers.base import (
    CoinSource,
    HistorySource,
    IndicatorSource,
    MarketSource,
    StandingSource,
    TickerSource,
)
from cointracker.providers.call_policy.budget import Plan
from cointracker.providers.call_policy.policy import CallPolicy
from cointracker.providers.http import Limits
from cointracker.ranking.factors import FACTOR_KEYS

Policies = Mapping[str, CallPolicy]
"""What calls to each provider are held to, by the provider's name."""


class MainSource(MarketSource, CoinSource, Protocol):
    """The provider that a market follows."""


@dataclass(frozen=True)
class Connection:
    """How providers are reached. Calls are free of what `policies` does not name."""

    clock: Clock = utc_now
    limits: Limits | None = None
    use_proxies: bool = True
    policies: Policies = field(default_factory=dict)


@dataclass(frozen=True)
class Fallback:
    """The provider that stands in for the main one. why_not: a message, where there is none."""

    source: TickerSource | None
    why_not: str = ""


@dataclass(frozen=True)
class MarketSources:
    """The providers of one market, as the settings say.

    fallback: None for a market that has no such thing. indicators: who is asked for standing each
    hour; None for a market that knows no standing of its own, or brings it along as `standings`.
    history: tells the hours before the first refresh, for a market that begins with a past.
    """

    main: MainSource
    fallback: Fallback | None = None
    indicators: Sequence[IndicatorSource] | None = None
    standings: StandingSource | None = None
    history: HistorySource | None = None


@dataclass(frozen=True)
class CallPlan:
    """What a provider allows, and how many calls one refresh of the market makes of it.

    interval: how often it is asked where that is not each refresh.
    """

    plan: Plan
    refresh_calls: int
    interval: timedelta | None = None


@dataclass(frozen=True)
class Retention:
    """How long observations stay whole, and how long one an hour stays; then it is one a day."""

    whole: timedelta = timedelta(days=7)
    hourly: timedelta = timedelta(days=90)


@dataclass(frozen=True)
class Market:
    """One market. Texts are messages; sources and links go by the provider's name.

    key: its name in settings, and its main provider's in rows and log. file: of its database in
    the first of its currencies; another currency has one of its own. connect: the providers as the
    settings say, new ones each time. plans: what calls to each are held to; without, they are
    free. account: the settings that say whose calls those are. providers: the other settings that
    the providers are made by. count: how many coins are followed. factors: keys of those that
    exist there. is_generated: nobody trades there, and every page says so. attribution: whose data
    it is, for the foot of pages, by the provider that a snapshot came from.
    """

    key: str
    name: str
    file: str
    connect: Callable[[Settings, Connection], MarketSources]
    ping: Callable[[Settings, Connection], None]
    currencies: tuple[str, ...] = ("usd",)
    plans: Callable[[Settings], Mapping[str, CallPlan]] = lambda _settings: {}
    account: tuple[Setting[Any], ...] = ()
    providers: tuple[Setting[Any], ...] = ()
    count: Callable[[Settings], int] = lambda _settings: 0
    factors: tuple[str, ...] = FACTOR_KEYS
    retention: Retention = Retention()
    is_generated: bool = False
    source_names: Mapping[str, str] = field(default_factory=dict)
    attribution: Mapping[str, str] = field(default_factory=dict)
    settings: tuple[Setting[Any], ...] = ()
    setting_rules: tuple[Rule, ...] = ()
    setting_sections: tuple[Section, ...] = ()

    def currency(self, asked: str) -> str:
        """The quote currency where one is asked for: the market's first, if it lacks that one."""
        return asked if asked in self.currencies else self.currencies[0]

    def path(self, settings: Settings, asked_currency: str) -> Path:
        """Its database: one a quote currency, for prices of two never mix."""
        currency = self.currency(asked_currency)
        is_first = currency == self.currencies[0]
        name = self.file if is_first else self.file.replace(".", f"-{currency}.", 1)
        return settings[DATA_DIR] / name
