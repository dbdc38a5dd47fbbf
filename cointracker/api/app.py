"""The API as one application: its routes, its errors, its documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from anyio import CapacityLimiter
from fastapi import FastAPI
from starlette.routing import Mount

from cointracker import __version__
from cointracker.api import coins, documents, health, monitoring, settings, standing
from cointracker.api.errors import handle_errors
from cointracker.services import Services

PREFIX = "/api"
MOST_REFRESHING = 8
"""How many calls may wait for a refresh, each on a thread."""
ROUTERS = (health.router, coins.router, monitoring.router, settings.router, standing.router)


def build_routes(services: Callable[[], Services]) -> Sequence[Mount]:
    """The API over whatever services serve at the time of each call."""
    return [Mount(PREFIX, app=build_app(services))]


def build_app(services: Callable[[], Services]) -> FastAPI:
    """The API as an application of its own, its documents under /docs."""
    app = FastAPI(
        title="CoinTracker", version=__version__, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.state.services = services
    app.state.refreshing = CapacityLimiter(MOST_REFRESHING)
    handle_errors(app)
    for router in ROUTERS:
        app.include_router(router)
    documents.add_to(app)
    return app
