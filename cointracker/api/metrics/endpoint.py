"""The route `/metrics`."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cointracker.api.authorise import LOG_IN, REFUSED, admit
from cointracker.api.metrics import server
from cointracker.api.metrics.families import gauge
from cointracker.api.metrics.requests import RequestCounts
from cointracker.api.websocket.hub import Hub
from cointracker.core.errors import LoginNeeded, NotAllowed, StorageError
from cointracker.core.feature import FeatureSet
from cointracker.core.services import Services

log = logging.getLogger(__name__)

PATH = "/metrics"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FRESH_SECONDS = 1.0


class ServerCollector(Collector):
    """Asks the services that serve now, at each scrape; keeps nothing."""

    def __init__(
        self,
        services: Callable[[], Services],
        features: FeatureSet,
        hubs: Mapping[str, Hub],
        requests: RequestCounts,
    ) -> None:
        self._services = services
        self._features = features
        self._hubs = hubs
        self._requests = requests

    def describe(self) -> Iterable[Metric]:
        """Nothing ahead of time: what there is, is known when it is asked for."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every metric; of the database's none where it does not answer."""
        yield from server.families(self._hubs.values())
        yield from self._requests.families()
        services, families, is_up = self._services(), list[Metric](), True
        try:
            for feature in self._features:
                families.extend(feature.metrics(services))
        except StorageError as exc:
            log.warning("metrics without the database's: %s", exc)
            is_up = False
        yield gauge("database_up", "1 while the database answers.", is_up)
        yield from families


class Exposition:
    """The text of a registry, made at most once a second however many ask."""

    def __init__(
        self, registry: CollectorRegistry, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._registry = registry
        self._clock = clock
        self._making = threading.Lock()
        self._made_at = float("-inf")
        self._text = b""

    def text(self) -> bytes:
        """The metrics as Prometheus reads them."""
        with self._making:
            if self._clock() - self._made_at >= FRESH_SECONDS:
                self._text = generate_latest(self._registry)
                self._made_at = self._clock()
            return self._text


def registry(
    services: Callable[[], Services],
    features: FeatureSet,
    hubs: Mapping[str, Hub],
    requests: RequestCounts,
) -> CollectorRegistry:
    """A registry of its own with the server's and the process's metrics."""
    collectors = CollectorRegistry(auto_describe=False)
    collectors.register(ServerCollector(services, features, hubs, requests))
    ProcessCollector(registry=collectors)
    return collectors


def route(collectors: CollectorRegistry, services: Callable[[], Services]) -> Route:
    """The metrics of a registry, at `/metrics`, for those who may see them."""
    exposition = Exposition(collectors)

    def metrics(request: Request) -> Response:
        try:
            admit(services(), request, services().features.route_right("GET", PATH))
        except LoginNeeded:
            headers = {"WWW-Authenticate": "Bearer"}
            return JSONResponse({"detail": LOG_IN}, 401, headers)
        except NotAllowed:
            return JSONResponse({"detail": REFUSED}, 403)
        return Response(exposition.text(), headers={"Content-Type": CONTENT_TYPE})

    return Route(PATH, metrics)
