"""Checks of CoinGecko's `/coins/{id}/market_chart` body, point by point."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict

from cointracker.providers.markets import LARGEST, SMALLEST

FIGURES = (
    "price",
    "volume_24h",
    "market_cap",
    "change_1h_pct",
    "change_24h_pct",
    "change_7d_pct",
    "change_30d_pct",
)
COLUMNS = ("coin_id", "observed_at", *FIGURES)
TOGETHER = pd.Timedelta(seconds=150)
"""Half of the finest step of a chart: values no further apart belong to one point."""
SLACK = timedelta(days=2)


class ChartPayload(BaseModel):
    """The body of `market_chart`: lists of [milliseconds since 1970, value]."""

    model_config = ConfigDict(strict=True)

    prices: list[Any]
    total_volumes: list[Any] = []
    market_caps: list[Any] = []


def read_chart(payload: Any, coin_id: str, until: datetime, days: int) -> pd.DataFrame:
    """The usable points of the `days` before `until` as `COLUMNS`, oldest first.

    A price that is no positive number, and a point that is not later than those before it, lies
    after `until` or more than two days before the span, is dropped. Volume and cap are those
    within 150 s of a price, NaN without one. Raises ValueError for a body of another shape.
    """
    body = ChartPayload.model_validate(payload)
    since = until - timedelta(days=days) - SLACK
    frame = _series(body.prices, "price", since, until)
    frame = frame[frame["price"] > 0]
    for name, points in (("volume_24h", body.total_volumes), ("market_cap", body.market_caps)):
        frame = pd.merge_asof(
            frame,
            _series(points, name, since, until),
            on="observed_at",
            direction="nearest",
            tolerance=TOGETHER,
        )
    frame = frame.assign(coin_id=pd.array([coin_id] * len(frame), dtype="str"))
    return frame.reindex(columns=COLUMNS).astype(dict.fromkeys(FIGURES, "float64"))


def _series(points: list[Any], name: str, since: datetime, until: datetime) -> pd.DataFrame:
    """The sound points in their order: observed_at, and the values under `name`."""
    low, high = _milliseconds(since), _milliseconds(until)
    kept: list[tuple[float, float]] = []
    for point in points:
        pair = _pair(point)
        if pair and low <= pair[0] <= high and (not kept or pair[0] > kept[-1][0]):
            kept.append(pair)
    frame = pd.DataFrame(kept, columns=["observed_at", name], dtype="float64")
    at = pd.to_datetime(frame["observed_at"].round().astype("int64"), unit="ms", utc=True)
    return frame.assign(observed_at=at.astype("datetime64[us, UTC]"))


def _pair(point: Any) -> tuple[float, float] | None:
    """Instant in ms and value of a point; None when one of them is no sound number."""
    if not isinstance(point, list) or len(point) != 2:
        return None
    at, value = point
    return (float(at), float(value)) if _sound(at) and _sound(value) else None


def _sound(value: Any) -> bool:
    """Whether it is 0 or a positive number whose ratios and squares are still numbers."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and (value == 0 or (SMALLEST <= value <= LARGEST and math.isfinite(value)))


def _milliseconds(instant: datetime) -> float:
    return instant.timestamp() * 1000
