"""The API as one application: its routes, its errors, its documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from anyio import CapacityLimiter
from fastapi import Depends, FastAPI
from starlette.routing import BaseRoute, Mount

from cointracker import __version__
from cointracker.api import auth, coins, documents, headers, health, monitoring, settings, standing
from cointracker.api.errors import handle_errors
from cointracker.api.gate import Gate
from cointracker.api.guard import PREFIX, guard
from cointracker.api.live.hub import Hub
from cointracker.api.live.route import route as live_route
from cointracker.api.metrics.requests import Measured, Requests
from cointracker.api.metrics.route import registry
from cointracker.api.metrics.route import route as metrics_route
from cointracker.api.texts import CoinTexts
from cointracker.config import Settings
from cointracker.services import Services

MOST_REFRESHING = 8
"""How many calls may wait for a refresh, each on a thread."""
ROUTERS = tuple(part.router for part in (health, auth, coins, monitoring, settings, standing))


def build_routes(
    services: Callable[[], Services], environment: Settings | None = None
) -> Sequence[BaseRoute]:
    """The API, the WebSocket and the metrics over whatever services serve at the time.

    environment: the settings that cannot be changed while the server runs.
    """
    given = environment or Settings()
    app = build_app(services, given)
    hub = Hub(services, app.state.texts)
    metrics = registry(services, hub, app.state.requests)
    return [
        Mount(PREFIX, app=Measured(headers.around_api(app, given), app.state.requests)),
        live_route(services, hub, given.allowed_origins),
        metrics_route(metrics, services),
    ]


def build_app(services: Callable[[], Services], environment: Settings | None = None) -> FastAPI:
    """The API as an application of its own, its documents under /docs."""
    given = environment or Settings()
    app = FastAPI(
        title="CoinTracker",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(guard)],
    )
    app.state.texts, app.state.requests = CoinTexts(), Requests()
    app.state.services, app.state.settings = services, given
    app.state.refreshing = CapacityLimiter(MOST_REFRESHING)
    app.add_middleware(Gate, services=services, settings=given)
    handle_errors(app)
    for router in ROUTERS:
        app.include_router(router)
    documents.add_to(app)
    return app
