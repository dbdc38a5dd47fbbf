"""What the API tells of the refreshes, field by field; the names are part of the contract."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from cointracker.api.schemas import ResponseModel


class Health(ResponseModel):
    """Whether the server lives, and whether it has something to show."""

    status: str = Field(description="ok, late, failing or starting", examples=["ok"])
    ready: bool = Field(description="Whether there is a snapshot to serve")
    source: str = Field(examples=["coingecko"])
    simulated: bool
    snapshot_at: datetime | None
    age_seconds: float | None
    last_error: str | None
