"""What every route asks first: whether whoever calls may.

A route is known by its method and path; one that no feature declares is refused.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from cointracker.api.cookies import CSRF_HEADER, SESSION
from cointracker.api.errors import Refused
from cointracker.api.middleware.authenticate import principal_of, token_of
from cointracker.api.middleware.origins import is_allowed
from cointracker.core.errors import LoginNeeded, NotAllowed
from cointracker.core.rights import Means, Principal, Right, require
from cointracker.core.server_settings import ALLOWED_ORIGINS
from cointracker.core.services import Services
from cointracker.core.web.client_address import Caller

PREFIX = "/api"
READING = ("GET", "HEAD", "OPTIONS")
BEGINNING = (f"{PREFIX}/auth/login/", f"{PREFIX}/auth/ticket/")
"""What begins a session, and so needs no token of one."""
LOG_IN, REFUSED = "Log in first, or send a token.", "You do not have permission."
"""What is said to whoever may not have what lies beside the API's own routes."""


def authorise(request: Request) -> None:
    """Let the call through, or raise LoginNeeded, NotAllowed or Refused."""
    path = f"{PREFIX}{request.scope['route'].path}"
    right = request.app.state.features.route_right(request.method, path)
    if right is None:
        raise NotAllowed
    by: Principal = request.state.principal
    has_token = token_of(request) is not None
    if right is not Right.OPEN and has_token and by.role is None:
        raise LoginNeeded
    if request.method not in READING and not has_token:
        _check_page(request, by, path)
    require(by, right, request.app.state.services().mode())


def admit(services: Services, connection: HTTPConnection, right: Right | None) -> None:
    """Let in whoever asks, by token or cookie. Raises LoginNeeded, NotAllowed.

    A token that does not hold is refused where everybody is let in, too.
    """
    if right is None:
        raise NotAllowed
    by = principal_of(services, connection, connection.client.host if connection.client else "")
    if by.role is None and "authorization" in connection.headers:
        raise LoginNeeded
    require(by, right, services.mode())


def _check_page(request: Request, by: Principal, path: str) -> None:
    """Raise Refused unless a write comes from a program, from our own pages or their friends."""
    headers, friends = request.headers, request.app.state.settings[ALLOWED_ORIGINS]
    if not is_allowed(headers.get("origin"), headers.get("host"), friends):
        raise Refused("Pages of this origin may not write.")
    if by.means is not Means.SESSION or path in BEGINNING:
        return
    identity = request.app.state.services().identity
    if not identity.csrf_holds(request.cookies[SESSION], headers.get(CSRF_HEADER, "")):
        raise Refused(f"The header {CSRF_HEADER} is missing or not that of this session.")


async def _by(request: Request) -> Principal:
    principal: Principal = request.state.principal
    return principal


async def _from(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


PrincipalDep = Annotated[Principal, Depends(_by)]
"""Who calls."""
CallerDep = Annotated[Caller, Depends(_from)]
"""Where the call comes from."""
