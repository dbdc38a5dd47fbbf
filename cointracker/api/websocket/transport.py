"""The connection under a WebSocket: what ASGI cannot say to it.

A reader that is gone or does not read leaves bytes that no orderly close gets rid of: the socket
would stay open, and a server that stops would wait for it. So uvicorn's protocol is handed on with
the request. Under another server there is none, and its own limits hold.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

KEY = "cointracker.transport"
REFUSED_SECONDS = 5.0


class Transport:
    """The connection that a protocol of uvicorn serves; does nothing where there is none."""

    def __init__(self, protocol: Any = None) -> None:
        self._protocol = protocol
        self._transport: asyncio.Transport | None = getattr(protocol, "transport", None)
        self._frames: Any = getattr(protocol, "conn", None)

    @property
    def is_closing(self) -> bool:
        """Whether it is closed, or waits for its last bytes to be read."""
        return self._transport is not None and self._transport.is_closing()

    def hold_to(self, message_bytes: int) -> None:
        """Refuse longer messages before they are read: the connection ends with code 1009."""
        if hasattr(self._frames, "max_message_size"):
            self._frames.max_message_size = message_bytes

    async def settle(self, receive: Receive) -> None:
        """Wait until a handshake that was refused has ended; uvicorn logs an error otherwise."""
        with suppress(TimeoutError):
            async with asyncio.timeout(REFUSED_SECONDS):
                while getattr(self._protocol, "initial_response", None) and not getattr(
                    self._protocol, "handshake_complete", True
                ):
                    await receive()

    def cut(self) -> None:
        """End it at once; what was not read is lost."""
        if self._transport is not None:
            self._transport.abort()

    def cut_after(self, seconds: float) -> None:
        """End it in some seconds, if it has not ended in order by then."""
        if self._transport is not None:
            asyncio.get_running_loop().call_later(seconds, self._transport.abort)


class TransportMiddleware:
    """Middleware, outermost, that hands the connection to whoever serves a WebSocket."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        transport = scope[KEY] = Transport(getattr(send, "__self__", None))
        await self._app(scope, receive, send)
        await transport.settle(receive)


def middleware() -> Middleware:
    """What has to stand before all other middleware of the server."""
    return Middleware(TransportMiddleware)


def transport_of(scope: Scope) -> Transport:
    """The transport of a request; one that does nothing without the middleware."""
    transport: Transport = scope.get(KEY) or Transport()
    return transport
