"""Declares single coins: the Coin page, one coin's calls, details and past gathered in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from cointracker.core.feature import Feature, Job, Page, Route, ServingContext
from cointracker.core.i18n import N_
from cointracker.core.rights import Right
from cointracker.core.services import Services
from cointracker.features.coin.coin_data import CoinDataService
from cointracker.features.coin.coins import CoinService
from cointracker.features.coin.migrations import MIGRATIONS
from cointracker.features.market.rankings import MarketService

GATHER_SECONDS, GATHER_FIRST_AFTER, GATHER_COINS = 600, timedelta(minutes=1), 10


def _gather(services: Services) -> None:
    services[CoinDataService].gather(GATHER_COINS)


def _routers() -> Sequence[Any]:
    from cointracker.features.coin.api import router

    return (router,)


def _services(known: Services, context: ServingContext) -> Iterable[Any]:
    yield CoinService(context.database, known[MarketService])


COIN = Feature(
    name="coin",
    pages=(Page("coin", "pages/coin.py", N_("Coin"), Right.VIEW, order=20),),
    routes=(
        Route("GET", "/api/cryptocurrencies/{coin}/", Right.VIEW),
        Route("GET", "/api/cryptocurrencies/{coin}/history/", Right.VIEW),
    ),
    routers=_routers,
    migrations=MIGRATIONS,
    jobs=(
        Job(
            "gather",
            _gather,
            GATHER_SECONDS,
            first_at=lambda _services, now: now + GATHER_FIRST_AFTER,
        ),
    ),
    services=_services,
)
