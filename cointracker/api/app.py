"""The API as one application: its routes, its errors, its documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from anyio import CapacityLimiter
from fastapi import Depends, FastAPI
from starlette.routing import BaseRoute, Mount

from cointracker import __version__
from cointracker.api import docs_page
from cointracker.api.authorise import PREFIX, authorise
from cointracker.api.errors import handle_errors
from cointracker.api.metrics.endpoint import registry
from cointracker.api.metrics.endpoint import route as metrics_route
from cointracker.api.metrics.requests import MetricsMiddleware, RequestCounts
from cointracker.api.middleware import headers
from cointracker.api.middleware.authenticate import AuthMiddleware
from cointracker.api.shared import Shared
from cointracker.api.websocket.hub import Hub
from cointracker.api.websocket.route import route as socket_route
from cointracker.core.feature import FeatureSet
from cointracker.core.server_settings import ALLOWED_ORIGINS
from cointracker.core.services import Services
from cointracker.core.settings import Settings

MAX_REFRESHING = 8
"""How many calls may wait for a refresh, each on a thread."""


def build_routes(
    services: Callable[[], Services],
    features: FeatureSet,
    environment: Settings | None = None,
) -> Sequence[BaseRoute]:
    """The API, the WebSockets and the metrics over whatever services serve at the time.

    environment: the settings that cannot be changed while the server runs.
    """
    given = environment or Settings()
    app = build_app(services, features, given)
    counts: RequestCounts = app.state.requests
    hubs = {
        path: Hub(services, app.state.shared, socket.feed())
        for path, socket in features.sockets.items()
    }
    metrics = registry(services, features, hubs, counts)
    return [
        Mount(PREFIX, app=MetricsMiddleware(headers.api_with_headers(app, given), counts)),
        *(socket_route(path, services, hub, given[ALLOWED_ORIGINS]) for path, hub in hubs.items()),
        metrics_route(metrics, services),
    ]


def build_app(
    services: Callable[[], Services],
    features: FeatureSet,
    environment: Settings | None = None,
) -> FastAPI:
    """The API as an application of its own, its documents under /docs."""
    given = environment or Settings()
    app = FastAPI(
        title="CoinTracker",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(authorise)],
    )
    app.state.shared, app.state.requests = Shared(), RequestCounts()
    app.state.services, app.state.settings = services, given
    app.state.features = features
    app.state.refreshing = CapacityLimiter(MAX_REFRESHING)
    app.add_middleware(AuthMiddleware, services=services, settings=given)
    handle_errors(app)
    for feature in features:
        for router in feature.routers():
            app.include_router(router)
    docs_page.add_to(app)
    return app
