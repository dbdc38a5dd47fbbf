"""The server with the toy feature and the toy market, as `app.py` without them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from anyio import to_thread

from cointracker.api.app import build_routes
from cointracker.api.middleware.headers import outer_middleware
from cointracker.api.websocket import transport
from cointracker.bootstrap.features import MARKETS, feature_set
from cointracker.bootstrap.runtime import Runtime
from cointracker.core.services import services
from cointracker.ui import error_messages, navigation
from tests.toys.notes import NOTES
from tests.toys.pebbles import TOY

MARKETS_WITH_TOY = (*MARKETS, TOY)
FEATURES = feature_set(NOTES, markets=MARKETS_WITH_TOY)
ENVIRONMENT = FEATURES.settings.from_environment(os.environ)


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    """As the server's own."""
    runtime = Runtime(ENVIRONMENT, features=FEATURES, markets=MARKETS_WITH_TOY)
    await to_thread.run_sync(runtime.start)
    try:
        yield
    finally:
        await to_thread.run_sync(runtime.stop)


navigation.turn_off_pages_folder()
app = st.App(
    Path(__file__).parents[2] / "dashboard.py",
    lifespan=lifespan,
    routes=build_routes(services, FEATURES, ENVIRONMENT),
    middleware=[transport.middleware(), *outer_middleware(ENVIRONMENT)],
    on_script_error=error_messages.show,
)
