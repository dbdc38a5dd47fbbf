"""Metrics of the sources: how their calls go, and how many are left."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from cointracker.api.metrics.families import timestamp
from cointracker.core.services import Services
from cointracker.features.sources.source_health import (
    FAILING,
    UNKNOWN,
    WAITING,
    WELL,
    SourceHealth,
    SourcesService,
)
from cointracker.providers.call_policy.circuit import CLOSED, HALF_OPEN, OPEN

CIRCUITS = (CLOSED, HALF_OPEN, OPEN)
STATES = (UNKNOWN, WELL, FAILING, WAITING, HALF_OPEN, OPEN)


def families(services: Services) -> Iterator[Metric]:
    """The health of each source that is asked over the network. Raises StorageError."""
    every = services[SourcesService].health()
    yield _family(
        "state",
        "1 for the state that the source is in.",
        ("source", "state"),
        [((one.calls.source, state), one.state == state) for one in every for state in STATES],
    )
    yield _family(
        "circuit",
        "1 for the state of the source's circuit breaker.",
        ("source", "state"),
        [
            ((one.calls.source, state), one.calls.circuit == state)
            for one in every
            for state in CIRCUITS
        ],
    )
    yield _family(
        "latency_seconds",
        "How long calls of the last 24 hours took.",
        ("source", "quantile"),
        [pair for one in every for pair in _latencies(one)],
    )
    yield _family(
        "error_ratio",
        "The share of calls of the last 24 hours that failed.",
        ("source",),
        [((one.calls.source,), one.error_rate) for one in every],
    )
    yield _family(
        "calls_left",
        "Calls that are left this minute and this month.",
        ("source", "window"),
        [pair for one in every for pair in _left(one)],
    )
    yield _family(
        "last_success_timestamp_seconds",
        "When the source last answered well.",
        ("source",),
        [((one.calls.source,), timestamp(one.last_success_at)) for one in every],
    )


Sample = tuple[tuple[str, ...], float | None]


def _family(name: str, text: str, labels: tuple[str, ...], samples: list[Sample]) -> Metric:
    family = GaugeMetricFamily(f"cointracker_source_{name}", text, labels=labels)
    for values, value in samples:
        if value is not None:
            family.add_metric(values, value)
    return family


def _latencies(one: SourceHealth) -> Iterator[Sample]:
    yield (one.calls.source, "0.5"), one.p50_seconds
    yield (one.calls.source, "0.95"), one.p95_seconds


def _left(one: SourceHealth) -> Iterator[Sample]:
    yield (one.calls.source, "minute"), one.calls.left_this_minute
    yield (one.calls.source, "month"), one.left_this_month
