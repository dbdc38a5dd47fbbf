"""The runtime as browser tests drive it: a refresh is a call, and the clock can be moved.

`POST /test/refresh?offset=-3600` refreshes now, by a clock that is an hour slow. The schedule is
the real one; with the longest interval it keeps out of the way.
"""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import streamlit as st
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from cointracker.bootstrap import server
from cointracker.bootstrap.features import environment
from cointracker.bootstrap.runtime import Runtime
from cointracker.core.clock import utc_now
from cointracker.core.rights import SYSTEM
from cointracker.core.services import services
from cointracker.features.monitoring.service import MonitoringService
from cointracker.ui import error_messages, navigation

ROOT = Path(__file__).parents[2]


class MovedClock:
    def __init__(self, offset_seconds: float) -> None:
        self.offset_seconds = offset_seconds

    def __call__(self) -> datetime:
        return utc_now() + timedelta(seconds=self.offset_seconds)


clock = MovedClock(float(os.environ.get("TEST_CLOCK_OFFSET", "0")))


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    runtime = Runtime(environment(), clock)
    await to_thread.run_sync(runtime.start)
    try:
        yield
    finally:
        await to_thread.run_sync(runtime.stop)


def refresh(request: Request) -> JSONResponse:
    clock.offset_seconds = float(request.query_params["offset"])
    done = services()[MonitoringService].refresh("manual", by=SYSTEM)
    return JSONResponse({"outcome": done.outcome, "reason": done.reason})


def move(request: Request) -> JSONResponse:
    clock.offset_seconds = float(request.query_params["offset"])
    return JSONResponse({})


def collections(_request: Request) -> JSONResponse:
    return JSONResponse({"count": gc.get_stats()[2]["collections"]})


navigation.turn_off_pages_folder()
app = st.App(
    ROOT / "dashboard.py",
    lifespan=lifespan,
    routes=[
        Route("/test/refresh", refresh, methods=["POST"]),
        Route("/test/clock", move, methods=["POST"]),
        Route("/test/collections", collections),
        *server.routes(),
    ],
    middleware=server.middleware(),
    on_script_error=error_messages.show,
)
