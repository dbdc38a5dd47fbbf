"""The settings that all markets share: which one, how many coins, how often, ranked how."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cointracker.core import parsers
from cointracker.core.i18n import N_
from cointracker.core.settings import Field, Setting
from cointracker.markets.declaration import Market

AUTO = "auto"
STABILITY_MODELS = {"classic": N_("Classic"), "robust": N_("Robust")}

SOURCE = Setting("source", AUTO, parsers.choice(AUTO), "SOURCE")
QUOTE_CURRENCY = Setting("quote_currency", "usd", parsers.currency("usd"))
TOP_COINS = Setting(
    "top_coins",
    100,
    parsers.whole(1, 1_000),
    "TOP_COINS",
    field=Field(N_("Coins"), N_("How many to track, largest first: 1 to 1,000.")),
)
UPDATE_INTERVAL = Setting(
    "update_interval_seconds",
    300,
    parsers.whole(60, 86_400),
    "UPDATE_INTERVAL",
    field=Field(N_("Seconds between refreshes"), N_("From 60 to 86,400 (one day).")),
)
STABILITY_MODEL = Setting(
    "stability_model",
    "classic",
    parsers.choice(*STABILITY_MODELS),
    field=Field(N_("Stability model"), options=tuple(STABILITY_MODELS), names=STABILITY_MODELS),
)
HISTORY_DAYS = Setting(
    "history_days",
    7,
    parsers.whole(3, 365),
    field=Field(N_("Days of history for stability"), N_("From 3 to 365; 7 is typical.")),
)


def source_setting(markets: Iterable[Market]) -> Setting[str]:
    """`SOURCE` with the markets that there are to choose from."""
    names = {AUTO: N_("Automatic: CoinGecko, else the simulated market")}
    names |= {market.key: market.name for market in markets}
    return replace(
        SOURCE,
        parse=parsers.choice(*names),
        field=Field(N_("Source"), options=tuple(names), names=names),
    )


def currency_setting(markets: Iterable[Market]) -> Setting[str]:
    """`QUOTE_CURRENCY` with the currencies of all markets."""
    known = tuple(dict.fromkeys(code for market in markets for code in market.currencies))
    return replace(
        QUOTE_CURRENCY,
        parse=parsers.currency(*known),
        field=Field(
            N_("Quote currency"),
            N_("Each currency has its own history; nothing is converted."),
            known,
            write=str.upper,
        ),
    )
