"""Metrics of the server itself: its WebSocket and its process."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from cointracker import __version__
from cointracker.api.metrics.families import gauge
from cointracker.api.websocket.connection import CloseReason
from cointracker.api.websocket.hub import Hub

TASKS = "/proc/self/task"


def families(hubs: Iterable[Hub]) -> Iterator[Metric]:
    """The WebSocket's connections, the process's threads, and the version."""
    counts = [hub.counts() for hub in hubs]
    yield gauge(
        "websocket_connections",
        "Open connections of the WebSocket.",
        sum(one.open for one in counts),
    )
    ended = CounterMetricFamily(
        "cointracker_websocket_ended", "Connections that have ended, and why.", labels=("reason",)
    )
    for reason in CloseReason:
        ended.add_metric((reason,), sum(one.ended.get(reason, 0) for one in counts))
    yield ended
    yield CounterMetricFamily(
        "cointracker_websocket_messages",
        "Messages sent over the WebSocket.",
        value=sum(one.sent for one in counts),
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
