"""The ranking, one coin, and one coin's past."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AwareDatetime, Field

from cointracker.api import rows, texts
from cointracker.api.schemas import Answer, CoinDetail, CoinPage, Detail
from cointracker.api.serving import At, Reader, Serving
from cointracker.ranking.weights import Weights
from cointracker.services import timeline
from cointracker.services.timeline import Interval

MOST_PER_PAGE = 250

router = APIRouter(
    prefix="/cryptocurrencies",
    tags=["coins"],
    responses={404: {"model": Detail, "description": "No such coin, or no snapshot"}},
)

CoinKey = Annotated[
    str, Path(description="Its number or its CoinGecko id", max_length=200, examples=["bitcoin"])
]
WeightsText = Annotated[
    str | None,
    Query(
        description="Price change, volume change, stability, market cap, social",
        examples=["25,20,25,15,15"],
    ),
]


class Point(Answer):
    """One coin at one instant; what is not known is null."""

    timestamp: datetime = Field(description="Of the observation, or the start of the hour or day")
    price: float | None
    volume_24h: float | None
    market_cap: float | None
    stability: float | None = Field(description="0 to 100, as the ranking saw it then")
    rank: int | None = Field(description="By the weights of that time; null where not ranked")


class History(Answer):
    """A coin's past, oldest first."""

    coin_id: str
    interval: Interval
    results: list[Point]


@router.get("/", summary="The ranking, a page at a time", response_model=CoinPage)
def coins(  # noqa: PLR0917 - a parameter each
    request: Request,
    services: Serving,
    reader: Reader,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    page_size: Annotated[int, Query(ge=1, le=MOST_PER_PAGE)] = 50,
    weights: WeightsText = None,
    at: At = None,
) -> Response:
    """Under the default weights or those given, of the newest snapshot or of one in the past."""
    chosen = None if weights is None else Weights.parse(weights)
    view = services.market.ranking(at, chosen)
    listed = request.app.state.texts.of(view, reader)
    return Response(texts.page(request.url, listed, page, page_size), media_type="application/json")


@router.get("/{coin}/", summary="One coin with its facts")
def coin(services: Serving, reader: Reader, coin: CoinKey, at: At = None) -> CoinDetail:
    """One coin of the newest snapshot, or of one in the past."""
    view, facts = services.market.coin(coin, at)
    told = services.coin_data.details(facts["coin_id"]).details
    return rows.detail(view, facts, told, reader)


@router.get("/{coin}/history/", summary="One coin's past")
def history(
    services: Serving,
    coin: CoinKey,
    since: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    interval: Interval = "1h",
) -> History:
    """Each stored point (`raw`, at most 7 days), or the last of each hour (90 days) or day.

    Without `to` it ends now, without `from` it is a day, a week or 90 days long.
    """
    coin_id = services.coins.coin_id(coin)
    now = until or services.monitoring.status().now
    span = timeline.span(since, until, interval, now)
    found = services.coins.timeline(coin_id, span, interval)
    points = [Point(**rows.known(point)) for point in found.to_dict("records")]
    return History(coin_id=coin_id, interval=interval, results=points)
