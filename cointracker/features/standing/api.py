"""Social standing: what is in force, and what its sources said last."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from cointracker.api.authorise import PrincipalDep
from cointracker.api.deps import ServicesDep
from cointracker.api.errors import RefreshFailed
from cointracker.api.schemas import REFUSED_BY_SOURCE, Done, ResponseModel
from cointracker.core.errors import SnapshotNotFound
from cointracker.core.services import Services
from cointracker.features.market.rankings import MarketService
from cointracker.features.standing.service import StandingService, update_now
from cointracker.features.standing.state import Standings, StandingState

router = APIRouter(tags=["standing"])


class Standing(ResponseModel):
    """The standing of each symbol, 1 is best; of coins that share one, the largest's."""

    status: Literal["success"] = "success"
    data: dict[str, float] = Field(examples=[{"BTC": 1.0, "ETH": 2.0}])
    source: str | None = Field(description="The providers it came from, comma-separated")
    last_update: datetime | None


class StandingUpdated(Done):
    """Standing that was asked for."""

    updated_count: int = Field(description="How many coins have a standing now")


class IndicatorRow(ResponseModel):
    """What a source says of a symbol."""

    symbol: str
    standing: float
    score: float | None
    id: str | None = Field(description="The coin, if the provider names one")


class Social(ResponseModel):
    """The last answers of the sources of standing, the first before the others."""

    indicators: list[IndicatorRow]
    source: str | None
    cached: bool = Field(description="Always true: API calls never ask a provider")
    timestamp: datetime | None = Field(description="When the oldest of these responses arrived")


@router.get("/standing/", summary="Social standing by symbol")
def standing(services: ServicesDep) -> Standing:
    """What the next refresh ranks by. Empty while there is none."""
    standings = _standings(services)
    return Standing(data=standings.by_symbol, source=standings.source, last_update=standings.at)


@router.post("/standing/update/", summary="Ask for standing now", responses=REFUSED_BY_SOURCE)
def update(services: ServicesDep, by: PrincipalDep) -> StandingUpdated:
    """Asks every source, whenever it was asked last; what fails keeps its last answer."""
    update_now(services, by=by)
    standing = services.get(StandingService)
    if standing is None:
        count = len(_standings(services).by_symbol)
        return StandingUpdated(message="This market brings its own standing.", updated_count=count)
    state = standing.state()
    failed = [source.source for source in state.sources if source.check and source.check.error]
    if failed and len(failed) == len(state.sources):
        raise RefreshFailed(f"No standing provider answered. {_reasons(state)}")
    message = f"Not answered: {_reasons(state)}" if failed else "Standing is up to date."
    return StandingUpdated(message=message, updated_count=state.coins)


@router.get("/social/fetch/", summary="The last responses of the standing providers")
def social(services: ServicesDep) -> Social:
    """From the hourly cache; `POST /api/standing/update/` asks the sources."""
    standing = services.get(StandingService)
    if standing is None:
        return Social(indicators=[], source=None, cached=True, timestamp=None)
    answers = standing.told()
    indicators = [
        IndicatorRow(symbol=row.symbol, standing=row.standing, score=row.score, id=row.coin_id)
        for row in answers.indicators
    ]
    return Social(
        indicators=indicators, source=answers.source, cached=True, timestamp=answers.answered_at
    )


def _standings(services: Services) -> Standings:
    """Those in force; of a simulated market those of its newest snapshot."""
    standing = services.get(StandingService)
    if standing is not None:
        return standing.in_force()
    try:
        view = services[MarketService].ranking()
    except SnapshotNotFound:
        return Standings({}, None, None)
    frame = view.frame.dropna(subset="standing")
    return Standings.of(frame, view.snapshot.source, view.snapshot.at)


def _reasons(state: StandingState) -> str:
    return "; ".join(
        f"{source.source}: {source.check.reason}"
        for source in state.sources
        if source.check and source.check.error
    )
