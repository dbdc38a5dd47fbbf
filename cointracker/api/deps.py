"""What every route is handed: the services that serve now, and the reader's language."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Query, Request
from pydantic import AwareDatetime

from cointracker.core.i18n import Language, language, preferred
from cointracker.core.services import Services


async def _serving(request: Request) -> Services:
    serving: Services = request.app.state.services()
    return serving


async def _reader(accept_language: Annotated[str | None, Header()] = None) -> Language:
    return language(preferred(accept_language))


ServicesDep = Annotated[Services, Depends(_serving)]
"""The services at the time of the call."""
LanguageDep = Annotated[Language, Depends(_reader)]
"""The language that Accept-Language prefers."""
At = Annotated[
    AwareDatetime | None,
    Query(
        description="An instant with its offset: the last snapshot at or before it",
        examples=["2026-11-01T00:00:00Z"],
    ),
]
