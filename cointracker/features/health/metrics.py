"""Metrics of the database and the disk it lies on."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from cointracker.api.metrics.families import gauge, timestamp
from cointracker.core.services import Services
from cointracker.features.health.database_stats import DatabaseStatsService


def families(services: Services) -> Iterator[Metric]:
    """What the database takes. Raises StorageError."""
    state = services[DatabaseStatsService].state()
    yield gauge("database_bytes", "Size of the database file.", state.bytes)
    yield gauge("database_log_bytes", "Size of its write-ahead log.", state.log_bytes)
    rows = GaugeMetricFamily(
        "cointracker_database_rows", "About how many rows a table holds.", labels=("table",)
    )
    for table, count in state.rows.items():
        rows.add_metric((table,), count)
    yield rows
    yield gauge("disk_free_bytes", "Free bytes where the database lies.", state.free_bytes)
    yield gauge(
        "backup_timestamp_seconds", "When the last backup was made.", timestamp(state.backup_at)
    )
