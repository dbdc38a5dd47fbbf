"""The dashboard with a refresh on demand: `POST /bench/refresh` answers when it has ended."""

from __future__ import annotations

import time
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from cointracker.bootstrap import server
from cointracker.core.rights import SYSTEM
from cointracker.core.services import services
from cointracker.features.monitoring.service import MonitoringService
from cointracker.ui import access, error_messages, navigation


def refresh(_request: Request) -> JSONResponse:
    """Refresh; the outcome, and the instant (seconds since 1970) at which all were told."""
    done = services()[MonitoringService].refresh("manual", by=SYSTEM)
    return JSONResponse({"outcome": done.outcome, "told_at": time.time()})


navigation.turn_off_pages_folder()
app = st.App(
    Path(__file__).parents[1] / "dashboard.py",
    lifespan=server.lifespan_where(access.is_local),
    routes=[Route("/bench/refresh", refresh, methods=["POST"]), *server.routes()],
    middleware=server.middleware(),
    on_script_error=error_messages.show,
)
