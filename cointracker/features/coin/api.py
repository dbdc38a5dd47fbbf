"""One coin, and its past."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, Field

from cointracker.api.deps import At, LanguageDep, ServicesDep
from cointracker.api.schemas import Detail, ResponseModel
from cointracker.features.coin import timeline
from cointracker.features.coin.coin_data import CoinDataService
from cointracker.features.coin.coins import CoinService
from cointracker.features.coin.timeline import Interval
from cointracker.features.market.api import serializers
from cointracker.features.market.api.schemas import CoinDetail
from cointracker.features.market.rankings import MarketService
from cointracker.features.monitoring.service import MonitoringService

router = APIRouter(
    prefix="/cryptocurrencies",
    tags=["coins"],
    responses={404: {"model": Detail, "description": "No such coin, or no snapshot"}},
)

CoinKey = Annotated[
    str, Path(description="Its number or its CoinGecko id", max_length=200, examples=["bitcoin"])
]


class Point(ResponseModel):
    """One coin at one instant; what is not known is null."""

    timestamp: datetime = Field(description="Of the observation, or the start of the hour or day")
    price: float | None
    volume_24h: float | None
    market_cap: float | None
    stability: float | None = Field(description="0 to 100, as the ranking saw it then")
    rank: int | None = Field(description="By the weights of that time; null where not ranked")


class History(ResponseModel):
    """A coin's past, oldest first."""

    coin_id: str
    interval: Interval
    results: list[Point]


@router.get("/{coin}/", summary="One coin with its facts")
def coin(services: ServicesDep, reader: LanguageDep, coin: CoinKey, at: At = None) -> CoinDetail:
    """One coin of the newest snapshot, or of one in the past."""
    view, facts = services[MarketService].coin(coin, at)
    details = services[CoinDataService].details(facts["coin_id"]).details
    return serializers.detail(view, facts, details, reader)


@router.get("/{coin}/history/", summary="One coin's past")
def history(
    services: ServicesDep,
    coin: CoinKey,
    since: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    interval: Interval = "1h",
) -> History:
    """Each stored point (`raw`, at most 7 days), or the last of each hour (90 days) or day.

    Without `to` it ends now, without `from` it is a day, a week or 90 days long.
    """
    coin_id = services[CoinService].coin_id(coin)
    now = until or services[MonitoringService].status().now
    span = timeline.span(since, until, interval, now)
    series = services[CoinService].timeline(coin_id, span, interval)
    points = [Point(**serializers.known(point)) for point in series.to_dict("records")]
    return History(coin_id=coin_id, interval=interval, results=points)
