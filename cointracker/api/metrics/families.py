"""Metrics as Prometheus takes them."""

from __future__ import annotations

from datetime import datetime

from prometheus_client.core import GaugeMetricFamily


def gauge(name: str, text: str, value: float | None) -> GaugeMetricFamily:
    """A gauge without labels; without a sample where there is no value."""
    family = GaugeMetricFamily(f"cointracker_{name}", text)
    if value is not None:
        family.add_metric([], value)
    return family


def timestamp(instant: datetime | None) -> float | None:
    """Seconds since 1970; None of nothing."""
    return None if instant is None else instant.timestamp()
