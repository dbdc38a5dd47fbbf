"""Before any route: who calls, whether too often, and whether what they send is too long."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import anyio
from anyio import to_thread
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cointracker.api.cookies import SESSION
from cointracker.api.errors import detail
from cointracker.core.rights import Principal
from cointracker.core.server_settings import (
    CALLS_PER_HOUR_ANONYMOUS,
    CALLS_PER_HOUR_USER,
    TRUSTED_PROXIES,
)
from cointracker.core.services import Services
from cointracker.core.settings import Settings
from cointracker.core.web.client_address import forwarded, home
from cointracker.core.web.limits import KeyedLimit

MAX_BYTES = 64 * 1024
BODY_SECONDS = 30.0
BEARER = "bearer"
HOUR_SECONDS, MAX_CALLERS = 3_600, 2_000
UNCOUNTED, PARTS = ("/health/", "/auth/ticket/"), "/static-offline-docs/"
"""What machines and our own pages ask for, and where the parts of the documents' page lie."""


class AuthMiddleware:
    """Middleware that puts caller and principal into the request's state, or refuses the call."""

    def __init__(self, app: ASGIApp, services: Callable[[], Services], settings: Settings) -> None:
        self._app = app
        self._services = services
        self._trusted = settings[TRUSTED_PROXIES]
        self._anonymous = _hourly(settings[CALLS_PER_HOUR_ANONYMOUS])
        self._user = _hourly(settings[CALLS_PER_HOUR_USER])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        peer = request.client.host if request.client else ""
        caller = forwarded(peer, request.headers.items(), self._trusted, scope["scheme"])
        principal = await to_thread.run_sync(
            principal_of, self._services(), request, caller.address
        )
        request.state.caller, request.state.principal = caller, principal
        refusal = self._too_often(request, principal, caller.address)
        body = refusal or await _read(request, receive)
        if isinstance(body, Response):
            await body(scope, receive, send)
        else:
            await self._app(scope, _again(body, receive), send)

    def _too_often(self, request: Request, principal: Principal, address: str) -> Response | None:
        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        if path in UNCOUNTED or path.startswith(PARTS):
            return None
        wait = (
            self._user.take(principal.name)
            if principal.role
            else self._anonymous.take(home(address))
        )
        if not wait:
            return None
        return detail(429, "Too many calls.", {"Retry-After": str(math.ceil(wait))})


def token_of(request: HTTPConnection) -> str | None:
    """The token that a call shows; None without one, as of a proxy's own `Authorization: Basic`."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return given.strip() if scheme.lower() == BEARER else None


def principal_of(services: Services, request: HTTPConnection, address: str) -> Principal:
    """Who calls: by the token if there is one, and then not by the cookie."""
    token = token_of(request)
    if token is None:
        return services.identity.by_cookie(request.cookies.get(SESSION, ""), address)
    return services.identity.by_token(token, address)


async def _read(request: Request, receive: Receive) -> bytes | Response:
    """The whole body; or what refuses one that is too long, or does not come."""
    declared_length = request.headers.get("content-length", "")
    if declared_length.isdigit() and int(declared_length[:20]) > MAX_BYTES:
        return _too_long()
    body = bytearray()
    with anyio.move_on_after(BODY_SECONDS):
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return detail(400, "The body has no end.")
            body += message.get("body", b"")
            if len(body) > MAX_BYTES:
                return _too_long()
            if not message.get("more_body", False):
                return bytes(body)
    return detail(408, "The body did not arrive in time.", {"Connection": "close"})


def _too_long() -> Response:
    return detail(413, f"The body is longer than {MAX_BYTES} bytes.", {"Connection": "close"})


def _again(body: bytes, receive: Receive) -> Receive:
    """What receives a body that was read already, and then whatever comes."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


def _hourly(limit: int) -> KeyedLimit:
    return KeyedLimit(limit, HOUR_SECONDS, time.monotonic, MAX_CALLERS)
