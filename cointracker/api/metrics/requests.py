"""Counts and times the API's requests."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import accumulate

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
BOUNDS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)


class RequestCounts:
    """The counts of one server, by the template of the route, so that no label is a caller's."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._answered: Counter[tuple[str, str, str]] = Counter()
        self._durations: dict[str, list[int]] = defaultdict(lambda: [0] * (len(BOUNDS_SECONDS) + 1))
        self._seconds: Counter[str] = Counter()

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request that was answered, or broke off (status 500)."""
        known = method if method in METHODS else OTHER
        place = sum(bound < seconds for bound in BOUNDS_SECONDS)
        with self._guard:
            self._answered[known, route, str(status)] += 1
            self._durations[route][place] += 1
            self._seconds[route] += seconds  # type: ignore[assignment]

    def families(self) -> Iterator[Metric]:
        """What was counted."""
        with self._guard:
            answered, seconds = dict(self._answered), dict(self._seconds)
            durations = {route: list(counts) for route, counts in self._durations.items()}
        calls = CounterMetricFamily(
            "cointracker_http_requests",
            "Calls of the API that were answered.",
            labels=("method", "route", "status"),
        )
        for labels, count in answered.items():
            calls.add_metric(labels, count)
        yield calls
        took = HistogramMetricFamily(
            "cointracker_http_request_duration_seconds",
            "How long calls of the API took.",
            labels=("route",),
        )
        bounds = [*(str(bound) for bound in BOUNDS_SECONDS), "+Inf"]
        for route, counts in durations.items():
            buckets = list(zip(bounds, accumulate(counts), strict=True))
            took.add_metric((route,), buckets, seconds[route])
        yield took


class MetricsMiddleware:
    """Middleware around the API: each request is counted when it has ended."""

    def __init__(self, app: ASGIApp, requests: RequestCounts) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        mount, began = scope.get("route"), time.perf_counter()
        try:
            await self._app(scope, receive, noted)
        finally:
            seconds = time.perf_counter() - began
            route = _template(scope, mount)
            self._requests.count(scope["method"], route, status, seconds)


def _template(scope: Scope, mount: object) -> str:
    """The path of the route as it was declared; `other` where none was found under the mount."""
    route = scope.get("route")
    path = getattr(route, "path", None)
    return f"/api{path}" if path and route is not mount else OTHER
