"""What a browser is told beside the answers: what may be loaded, framed, kept, and by whom."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cointracker.api.cookies import CSRF_HEADER
from cointracker.api.middleware.proxy_headers import ClientAddressMiddleware
from cointracker.core.server_settings import ALLOWED_ORIGINS, TRUSTED_PROXIES
from cointracker.core.settings import Settings

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
API = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
PAGES = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' blob:;"
        " style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:;"
        " connect-src 'self'; worker-src 'self' blob:; frame-src 'self'; frame-ancestors 'self';"
        " object-src 'none'; base-uri 'self'; form-action 'self'"
    ),
}
"""Streamlit and our pages write scripts and styles into the page: inline ones stay allowed."""
TLS = {"Strict-Transport-Security": "max-age=31536000"}
DAY_SECONDS = 86_400


class HeadersMiddleware:
    """Middleware that adds headers where an answer does not have them, under TLS one more."""

    def __init__(self, app: ASGIApp, headers: dict[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        is_tls = scope.get("scheme") == "https"
        wanted = self._headers | TLS if is_tls else self._headers

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent_headers = MutableHeaders(scope=message)
                for name, value in wanted.items():
                    sent_headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sending if scope["type"] == "http" else send)


def api_with_headers(app: ASGIApp, settings: Settings) -> ASGIApp:
    """The API with its headers, and calls from pages of the origins that are allowed."""
    answering = CORSMiddleware(
        app,
        allow_origins=settings[ALLOWED_ORIGINS],
        allow_credentials=True,
        allow_methods=("GET", "POST", "PUT"),
        allow_headers=("Authorization", "Content-Type", CSRF_HEADER),
        expose_headers=("Retry-After",),
        max_age=DAY_SECONDS,
    )
    return HeadersMiddleware(answering, EVERYWHERE | API)


def outer_middleware(settings: Settings) -> list[Middleware]:
    """What stands before pages, API and WebSocket alike."""
    return [
        Middleware(ClientAddressMiddleware, trusted=settings[TRUSTED_PROXIES]),
        Middleware(HeadersMiddleware, headers=EVERYWHERE | PAGES),
    ]
