"""Whether the server lives."""

from __future__ import annotations

from fastapi import APIRouter

from cointracker.api.deps import ServicesDep
from cointracker.features.monitoring.api.schemas import Health
from cointracker.features.monitoring.service import MonitoringService, Status

router = APIRouter(tags=["health"])


@router.get("/health/", summary="Liveness and readiness")
def health(services: ServicesDep) -> Health:
    """Whether the server lives, and how old the snapshot is that it serves; open to everyone."""
    return _health(services[MonitoringService].status())


def _health(status: Status) -> Health:
    """The state of the refreshes as the health answer."""
    return Health(
        status=_state(status),
        ready=status.snapshot is not None,
        source=status.source,
        simulated=status.is_simulated,
        snapshot_at=status.snapshot.at if status.snapshot else None,
        age_seconds=status.age_seconds if status.snapshot else None,
        last_error=status.last.reason if status.last else None,
    )


def _state(status: Status) -> str:
    if status.snapshot is None:
        return "failing" if status.is_failing else "starting"
    if status.is_late:
        return "late"
    return "failing" if status.is_failing else "ok"
