"""Declares the settings page, its calls and the table of what is saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cointracker.core.feature import Feature, Page, Route
from cointracker.core.i18n import N_
from cointracker.core.rights import Right
from cointracker.features.settings.migrations import MIGRATIONS


def _routers() -> Sequence[Any]:
    from cointracker.features.settings.api import router

    return (router,)


SETTINGS = Feature(
    name="settings",
    pages=(Page("settings", "pages/settings.py", N_("Settings"), Right.INSPECT, order=90),),
    routes=(
        Route("GET", "/api/settings/", Right.INSPECT),
        Route("PUT", "/api/settings/", Right.WRITE),
    ),
    routers=_routers,
    migrations=MIGRATIONS,
    audit_actions={"settings.save": N_("changed settings")},
)
