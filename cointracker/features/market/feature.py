"""Declares the market: snapshots and their ranking, the Ranking page, the list of coins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cointracker.core.feature import Feature, Page, Route
from cointracker.core.i18n import N_
from cointracker.core.rights import Right
from cointracker.core.settings import Section
from cointracker.features.market.migrations import MIGRATIONS
from cointracker.markets.settings import (
    HISTORY_DAYS,
    QUOTE_CURRENCY,
    SOURCE,
    STABILITY_MODEL,
    TOP_COINS,
    UPDATE_INTERVAL,
)


def _routers() -> Sequence[Any]:
    from cointracker.features.market.api.coins import router

    return (router,)


MARKET = Feature(
    name="market",
    pages=(Page("", "pages/ranking.py", N_("Ranking"), Right.VIEW, order=10),),
    routes=(Route("GET", "/api/cryptocurrencies/", Right.VIEW),),
    routers=_routers,
    migrations=MIGRATIONS,
    settings=(UPDATE_INTERVAL, TOP_COINS, HISTORY_DAYS, STABILITY_MODEL),
    setting_sections=(
        Section(N_("Market"), (SOURCE, QUOTE_CURRENCY, TOP_COINS, UPDATE_INTERVAL), order=10),
        Section(N_("Ranking"), (STABILITY_MODEL, HISTORY_DAYS), order=30),
    ),
)
