"""What every route asks first: whether whoever calls may (SPEC 6, 7).

A route is known by its method and path; one that `services.access` does not list is refused.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from cointracker.api.cookies import CSRF_HEADER, SESSION
from cointracker.api.errors import Refused
from cointracker.api.gate import token_of
from cointracker.api.origins import is_allowed
from cointracker.errors import LoginNeeded, NotAllowed
from cointracker.services.access import ROUTES, Means, Principal, Right, require
from cointracker.services.forwarding import Caller

PREFIX = "/api"
READING = ("GET", "HEAD", "OPTIONS")
BEGINNING = (f"{PREFIX}/auth/login/", f"{PREFIX}/auth/ticket/")
"""What begins a session, and so needs no token of one."""


def guard(request: Request) -> None:
    """Let the call through, or raise LoginNeeded, NotAllowed or Refused."""
    path = f"{PREFIX}{request.scope['route'].path}"
    right = ROUTES.get((request.method, path))
    if right is None:
        raise NotAllowed
    by: Principal = request.state.principal
    has_token = token_of(request) is not None
    if right is not Right.OPEN and has_token and by.role is None:
        raise LoginNeeded
    if request.method not in READING and not has_token:
        _check_page(request, by, path)
    require(by, right, request.app.state.services().access())


def _check_page(request: Request, by: Principal, path: str) -> None:
    """Raise Refused unless a write comes from a program, from our own pages or their friends."""
    headers, friends = request.headers, request.app.state.settings.allowed_origins
    if not is_allowed(headers.get("origin"), headers.get("host"), friends):
        raise Refused("Pages of this origin may not write.")
    if by.means is not Means.SESSION or path in BEGINNING:
        return
    sessions = request.app.state.services().sessions
    if not sessions.csrf_holds(request.cookies[SESSION], headers.get(CSRF_HEADER, "")):
        raise Refused(f"The header {CSRF_HEADER} is missing or not that of this session.")


async def _by(request: Request) -> Principal:
    found: Principal = request.state.principal
    return found


async def _from(request: Request) -> Caller:
    found: Caller = request.state.caller
    return found


By = Annotated[Principal, Depends(_by)]
"""Who calls."""
From = Annotated[Caller, Depends(_from)]
"""Where the call comes from."""
