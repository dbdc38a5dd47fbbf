"""The refreshes: how they go, start, stop, and one at once."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import anyio
from anyio import to_thread
from fastapi import APIRouter, Request
from pydantic import Field

from cointracker.api.authorise import PrincipalDep
from cointracker.api.deps import ServicesDep
from cointracker.api.errors import RefreshFailed, TooSlow
from cointracker.api.schemas import REFUSED_BY_SOURCE, Detail, Done, ResponseModel
from cointracker.features.monitoring.service import MonitoringService
from cointracker.features.monitoring.store.refreshes import FAILED, STORED

MAX_SECONDS = 120.0

router = APIRouter(prefix="/monitoring", tags=["monitoring"])


class Monitoring(ResponseModel):
    """The state of refreshes."""

    is_running: bool = Field(description="Whether refreshes are wanted: started, not stopped")
    last_update: datetime | None = Field(description="The instant of the newest snapshot")
    next_update: datetime | None = Field(description="null while none is planned")
    update_interval: int = Field(description="Seconds between refreshes", examples=[300])
    last_error: str | None = Field(description="Why the last refresh failed; null if it did not")
    error_count: int = Field(description="How many refreshes in a row have failed by now")


class Updated(Done):
    """A refresh that was done."""

    updated_count: int = Field(description="How many coins it stored", examples=[100])
    timestamp: datetime = Field(description="When it ended")


@router.get("/status/", summary="The state of refreshes")
def status(services: ServicesDep) -> Monitoring:
    """Whether they run, when the last and the next are, and what went wrong."""
    now = services[MonitoringService].status()
    return Monitoring(
        is_running=now.is_started,
        last_update=now.snapshot.at if now.snapshot else None,
        next_update=now.next_at,
        update_interval=now.interval_seconds,
        last_error=now.last.reason if now.last and now.is_failing else None,
        error_count=services[MonitoringService].failures_in_a_row(),
    )


@router.post("/start/", summary="Start refreshing")
def start(services: ServicesDep, by: PrincipalDep) -> Done:
    """After a restart too. What runs goes on as it is."""
    services[MonitoringService].start(by=by)
    return Done(message="Monitoring is started.")


@router.post("/stop/", summary="Refresh no more")
def stop(services: ServicesDep, by: PrincipalDep) -> Done:
    """After a restart neither. A refresh under way ends."""
    services[MonitoringService].stop(by=by)
    return Done(message="Monitoring is stopped.")


@router.post(
    "/manual-update/",
    summary="Refresh now",
    responses=REFUSED_BY_SOURCE | {504: {"model": Detail, "description": "It goes on"}},
)
async def manual_update(request: Request, services: ServicesDep, by: PrincipalDep) -> Updated:
    """Or join the refresh under way. Answers when it is done, after 120 s at the latest."""
    with anyio.move_on_after(MAX_SECONDS):
        done = await to_thread.run_sync(
            partial(services[MonitoringService].refresh, "manual", by=by),
            abandon_on_cancel=True,
            limiter=request.app.state.refreshing,
        )
        if done.outcome == FAILED:
            raise RefreshFailed(f"The refresh failed. {done.source}: {done.reason}")
        return Updated(
            message="The market is refreshed.",
            updated_count=done.accepted if done.outcome == STORED else 0,
            timestamp=done.finished_at,
        )
    raise TooSlow("The refresh is taking longer than 120 s; it continues.")
