"""Metrics of the server itself: its WebSocket and its process."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from cointracker import __version__
from cointracker.api.live.connection import Ending
from cointracker.api.live.hub import Hub
from cointracker.api.metrics.market import gauge

TASKS = "/proc/self/task"


def families(hub: Hub) -> Iterator[Metric]:
    """The WebSocket's connections, the process's threads, and the version."""
    counts = hub.counts()
    yield gauge("websocket_connections", "Open connections of the WebSocket.", counts.open)
    ended = CounterMetricFamily(
        "cointracker_websocket_ended", "Connections that have ended, and why.", labels=("reason",)
    )
    for reason in Ending:
        ended.add_metric((reason,), counts.ended.get(reason, 0))
    yield ended
    yield CounterMetricFamily(
        "cointracker_websocket_messages", "Messages sent over the WebSocket.", value=counts.sent
    )
    yield gauge("threads", "Threads of the process.", _threads())
    info = GaugeMetricFamily("cointracker_info", "The version; always 1.", labels=("version",))
    info.add_metric((__version__,), 1)
    yield info


def _threads() -> int:
    """All threads of the process; where it cannot be asked, those that Python knows of."""
    try:
        return len(os.listdir(TASKS))
    except OSError:
        return threading.active_count()
