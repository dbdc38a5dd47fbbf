"""Declares what the API brings of its own: its documents, the metrics, the server's settings."""

from __future__ import annotations

from cointracker.core.feature import Feature, Route
from cointracker.core.rights import Right
from cointracker.core.server_settings import SECTIONS, SETTINGS

API = Feature(
    name="api",
    routes=(
        Route("GET", "/api/openapi.json", Right.VIEW),
        Route("GET", "/api/docs", Right.VIEW),
        Route("GET", "/metrics", Right.VIEW),
    ),
    settings=SETTINGS,
    setting_sections=SECTIONS,
)
