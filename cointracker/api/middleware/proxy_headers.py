"""The client's own address and scheme, behind proxies that are trusted and no others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn import config

from cointracker.core.web.client_address import forwarded

SCHEMES = {"http": ("http", "https"), "websocket": ("ws", "wss")}


class ClientAddressMiddleware:
    """Middleware that puts the client's own address and scheme into the request."""

    def __init__(self, app: ASGIApp, trusted: Sequence[str]) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] in SCHEMES and scope.get("client"):
            peer, port = scope["client"]
            own_headers = [
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in scope["headers"]
            ]
            caller = forwarded(peer, own_headers, self._trusted, scope["scheme"])
            scope["client"] = (caller.address, port)
            scope["scheme"] = SCHEMES[scope["type"]][caller.is_tls]
        await self._app(scope, receive, send)


def ignore_uvicorn_proxy_headers() -> None:
    """Keep uvicorn from believing `X-Forwarded-*` of whoever calls from this machine.

    Streamlit starts it with that, before anything of ours is loaded; the application is wrapped
    after that, so it is done in time where this is called while `app.py` is imported.
    """
    config.ProxyHeadersMiddleware = _as_it_is  # type: ignore[attr-defined,assignment]


def _as_it_is(app: Any, **_options: Any) -> Any:
    return app
