"""Metrics of the refreshes and of the snapshot that is shown."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from cointracker.api.metrics.families import gauge, timestamp
from cointracker.core.errors import SnapshotNotFound
from cointracker.core.services import Services
from cointracker.features.market.rankings import MarketService
from cointracker.features.monitoring.refresh_counters import BOUNDS_SECONDS, RefreshCounts
from cointracker.features.monitoring.service import MonitoringService, Status


def families(services: Services) -> Iterator[Metric]:
    """How refreshes went since the server started, and what is shown. Raises StorageError."""
    status, refresh_counts = (
        services[MonitoringService].status(),
        services[MonitoringService].refresh_counts(),
    )
    yield from _refreshes(refresh_counts)
    yield gauge(
        "refresh_failures_in_row",
        "Refreshes that failed since the last that did not.",
        services[MonitoringService].failures_in_a_row(),
    )
    yield from _schedule(status)
    yield from _snapshot(status)
    yield from _coins(services)


def _refreshes(refresh_counts: RefreshCounts) -> Iterator[Metric]:
    outcomes = CounterMetricFamily(
        "cointracker_refreshes", "Refreshes that have ended.", labels=("source", "outcome")
    )
    for labels, count in refresh_counts.outcomes.items():
        outcomes.add_metric(labels, count)
    yield outcomes
    bounds = [*(str(bound) for bound in BOUNDS_SECONDS), "+Inf"]
    counts = zip(bounds, accumulate(refresh_counts.durations), strict=True)
    yield HistogramMetricFamily(
        "cointracker_refresh_duration_seconds",
        "How long refreshes took.",
        buckets=list(counts),
        sum_value=refresh_counts.seconds,
    )
    yield CounterMetricFamily(
        "cointracker_rejected_rows",
        "Rows that were rejected.",
        value=refresh_counts.rejected_rows,
    )


def _schedule(status: Status) -> Iterator[Metric]:
    yield gauge("refresh_running", "1 while a refresh is under way.", status.is_running)
    yield gauge("monitoring_started", "1 while refreshes are wanted.", status.is_started)
    yield gauge(
        "refresh_interval_seconds", "Seconds between two refreshes.", status.interval_seconds
    )
    yield gauge(
        "next_refresh_timestamp_seconds", "When the next refresh is due.", timestamp(status.next_at)
    )


def _snapshot(status: Status) -> Iterator[Metric]:
    shown = GaugeMetricFamily(
        "cointracker_market_info",
        "The market that is shown; always 1.",
        labels=("source", "quote_currency", "simulated"),
    )
    simulated = "true" if status.is_simulated else "false"
    shown.add_metric((status.source, status.quote_currency, simulated), 1)
    yield shown
    snapshot = status.snapshot
    yield gauge(
        "snapshot_timestamp_seconds",
        "The instant of the newest snapshot.",
        timestamp(snapshot.at if snapshot else None),
    )
    yield gauge(
        "snapshot_age_seconds",
        "How old the newest snapshot is.",
        status.age_seconds if snapshot else None,
    )


def _coins(services: Services) -> Iterator[Metric]:
    try:
        ranks = services[MarketService].ranking().frame["rank"]
    except SnapshotNotFound:
        listed = ranked = None
    else:
        listed, ranked = len(ranks), int((ranks > 0).sum())
    yield gauge("coins", "Coins of the newest snapshot.", listed)
    yield gauge("ranked_coins", "Coins of the newest snapshot that have a rank.", ranked)
