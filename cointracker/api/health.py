"""Whether the server lives."""

from __future__ import annotations

from fastapi import APIRouter

from cointracker.api import rows
from cointracker.api.schemas import Health
from cointracker.api.serving import Serving

router = APIRouter(tags=["health"])


@router.get("/health/", summary="Liveness and readiness")
def health(services: Serving) -> Health:
    """Whether the server lives, and how old the snapshot is that it serves; open to everyone."""
    return rows.health(services.monitoring.status())
