"""The API as one application: its routes, its errors, its documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from anyio import CapacityLimiter
from fastapi import Depends, FastAPI
from starlette.routing import Mount

from cointracker import __version__
from cointracker.api import (
    auth,
    coins,
    documents,
    headers,
    health,
    monitoring,
    standing,
)
from cointracker.api import (
    settings as settings_routes,
)
from cointracker.api.errors import handle_errors
from cointracker.api.gate import Gate
from cointracker.api.guard import PREFIX, guard
from cointracker.config import Settings
from cointracker.services import Services

MOST_REFRESHING = 8
"""How many calls may wait for a refresh, each on a thread."""
ROUTERS = tuple(
    part.router for part in (health, auth, coins, monitoring, settings_routes, standing)
)


def build_routes(
    services: Callable[[], Services], settings: Settings | None = None
) -> Sequence[Mount]:
    """The API over whatever services serve at the time of each call.

    settings: the environment's, for what cannot be changed while the server runs.
    """
    settings = settings or Settings()
    return [Mount(PREFIX, app=headers.around_api(build_app(services, settings), settings))]


def build_app(services: Callable[[], Services], settings: Settings | None = None) -> FastAPI:
    """The API as an application of its own, its documents under /docs."""
    app = FastAPI(
        title="CoinTracker",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(guard)],
    )
    app.state.services, app.state.settings = services, settings or Settings()
    app.add_middleware(Gate, services=services, settings=app.state.settings)
    app.state.refreshing = CapacityLimiter(MOST_REFRESHING)
    handle_errors(app)
    for router in ROUTERS:
        app.include_router(router)
    documents.add_to(app)
    return app
