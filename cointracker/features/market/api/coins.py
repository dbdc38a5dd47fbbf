"""The ranking, a page at a time."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from cointracker.api.deps import At, LanguageDep, ServicesDep
from cointracker.api.schemas import Detail
from cointracker.features.market.api import json_cache
from cointracker.features.market.api.json_cache import CoinJsonCache
from cointracker.features.market.api.schemas import CoinPage
from cointracker.features.market.rankings import MarketService
from cointracker.ranking.factors import FACTOR_KEYS
from cointracker.ranking.weights import DEFAULT_WEIGHTS, Weights

MAX_PER_PAGE = 250

router = APIRouter(
    prefix="/cryptocurrencies",
    tags=["coins"],
    responses={404: {"model": Detail, "description": "No such coin, or no snapshot"}},
)

WeightsText = Annotated[
    str | None,
    Query(
        description=", ".join(key.replace("_", " ") for key in FACTOR_KEYS).capitalize(),
        examples=[DEFAULT_WEIGHTS.text()],
    ),
]


@router.get("/", summary="The ranking, a page at a time", response_model=CoinPage)
def coins(  # noqa: PLR0917 - a parameter each
    request: Request,
    services: ServicesDep,
    reader: LanguageDep,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    page_size: Annotated[int, Query(ge=1, le=MAX_PER_PAGE)] = 50,
    weights: WeightsText = None,
    at: At = None,
) -> Response:
    """Under the default weights or those given, of the newest snapshot or of one in the past."""
    chosen = None if weights is None else Weights.parse(weights)
    view = services[MarketService].ranking(at, chosen)
    listed = request.app.state.shared[CoinJsonCache].of(view, reader)
    return Response(
        json_cache.page(request.url, listed, page, page_size), media_type="application/json"
    )
