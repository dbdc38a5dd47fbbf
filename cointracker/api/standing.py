"""Social standing: what is in force, and what its sources said last."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from cointracker.api.errors import RefreshFailed
from cointracker.api.guard import By
from cointracker.api.schemas import REFUSED_BY_SOURCE, Answer, Done
from cointracker.api.serving import Serving
from cointracker.errors import SnapshotNotFound
from cointracker.services import Services
from cointracker.services.standing import Standings, StandingState

router = APIRouter(tags=["standing"])


class Standing(Answer):
    """The standing of each symbol, 1 is best; of coins that share one, the largest's."""

    status: Literal["success"] = "success"
    data: dict[str, float] = Field(examples=[{"BTC": 1.0, "ETH": 2.0}])
    source: str | None = Field(description="Whoever told it; several with a comma")
    last_update: datetime | None


class StandingUpdated(Done):
    """Standing that was asked for."""

    updated_count: int = Field(description="How many coins have a standing now")


class IndicatorRow(Answer):
    """What a source says of a symbol."""

    symbol: str
    standing: float
    score: float | None
    id: str | None = Field(description="The coin that is meant, where the source names one")


class Social(Answer):
    """The last answers of the sources of standing, the first before the others."""

    indicators: list[IndicatorRow]
    source: str | None
    cached: bool = Field(description="Always true: a call of the API asks no source")
    timestamp: datetime | None = Field(description="When the oldest of these answers came")


@router.get("/standing/", summary="Social standing by symbol")
def standing(services: Serving) -> Standing:
    """What the next refresh ranks by. Empty while there is none."""
    found = _standings(services)
    return Standing(data=found.by_symbol, source=found.source, last_update=found.at)


@router.post("/standing/update/", summary="Ask for standing now", responses=REFUSED_BY_SOURCE)
def update(services: Serving, by: By) -> StandingUpdated:
    """Asks every source, whenever it was asked last; what fails keeps its last answer."""
    services.monitoring.update_standing(by=by)
    if services.standing is None:
        count = len(_standings(services).by_symbol)
        return StandingUpdated(
            message="The simulated market brings its own standing.", updated_count=count
        )
    state = services.standing.state()
    failed = [told.source for told in state.sources if told.check and told.check.error]
    if failed and len(failed) == len(state.sources):
        raise RefreshFailed(f"No source of standing answered. {_reasons(state)}")
    said = f"Not answered: {_reasons(state)}" if failed else "Standing is up to date."
    return StandingUpdated(message=said, updated_count=state.coins)


@router.get("/social/fetch/", summary="What the sources of standing said last")
def social(services: Serving) -> Social:
    """From the hourly cache; `POST /api/standing/update/` asks the sources."""
    if services.standing is None:
        return Social(indicators=[], source=None, cached=True, timestamp=None)
    told = services.standing.told()
    indicators = [
        IndicatorRow(symbol=row.symbol, standing=row.standing, score=row.score, id=row.coin_id)
        for row in told.indicators
    ]
    return Social(
        indicators=indicators, source=told.source, cached=True, timestamp=told.answered_at
    )


def _standings(services: Services) -> Standings:
    """Those in force; of a simulated market those of its newest snapshot."""
    if services.standing is not None:
        return services.standing.in_force()
    try:
        view = services.market.ranking()
    except SnapshotNotFound:
        return Standings({}, None, None)
    frame = view.frame.dropna(subset="standing")
    return Standings.of(frame, view.snapshot.source, view.snapshot.at)


def _reasons(state: StandingState) -> str:
    return "; ".join(
        f"{told.source}: {told.check.reason}"
        for told in state.sources
        if told.check and told.check.error
    )
