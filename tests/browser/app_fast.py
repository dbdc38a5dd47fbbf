"""The dashboard as browser tests drive it: a refresh is a call, and the clock can be moved.

`POST /test/refresh?offset=-3600` refreshes now, by a clock that is an hour slow. The schedule is
the real one; with the longest interval it keeps out of the way.
"""

from __future__ import annotations

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

from cointracker import bootstrap
from cointracker.config import Settings
from cointracker.services import services
from cointracker.services.access import SYSTEM
from cointracker.sources.base import utc_now
from cointracker.ui import navigation, problems

ROOT = Path(__file__).parents[2]


class MovedClock:
    def __init__(self, offset_seconds: float) -> None:
        self.offset_seconds = offset_seconds

    def __call__(self) -> datetime:
        return utc_now() + timedelta(seconds=self.offset_seconds)


clock = MovedClock(float(os.environ.get("TEST_CLOCK_OFFSET", "0")))


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    dashboard = bootstrap.Dashboard(Settings.from_env(os.environ), clock)
    await to_thread.run_sync(dashboard.start)
    try:
        yield
    finally:
        await to_thread.run_sync(dashboard.stop)


def refresh(request: Request) -> JSONResponse:
    clock.offset_seconds = float(request.query_params["offset"])
    done = services().monitoring.refresh("manual", by=SYSTEM)
    return JSONResponse({"outcome": done.outcome, "reason": done.reason})


def move(request: Request) -> JSONResponse:
    clock.offset_seconds = float(request.query_params["offset"])
    return JSONResponse({})


navigation.turn_off_pages_folder()
app = st.App(
    ROOT / "dashboard.py",
    lifespan=lifespan,
    routes=[
        Route("/test/refresh", refresh, methods=["POST"]),
        Route("/test/clock", move, methods=["POST"]),
        *bootstrap.routes(),
    ],
    on_script_error=problems.show,
)
