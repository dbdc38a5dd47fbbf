"""The route of the WebSocket: who is let in, and how the others are told."""

from __future__ import annotations

from collections.abc import Callable, Collection

from anyio import to_thread
from starlette.responses import JSONResponse
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from cointracker.api.authorise import LOG_IN, REFUSED, admit
from cointracker.api.middleware.origins import is_allowed
from cointracker.api.websocket.connection import Client, CloseReason, Connection, close
from cointracker.api.websocket.hub import Hub
from cointracker.api.websocket.transport import transport_of
from cointracker.core.errors import LoginNeeded, NotAllowed
from cointracker.core.i18n import language, preferred
from cointracker.core.services import Services
from cointracker.core.web.client_address import home

FOREIGN = "Pages of this origin may not connect."
Denial = tuple[int, str]


def route(
    path: str, services: Callable[[], Services], hub: Hub, origins: Collection[str] = ()
) -> WebSocketRoute:
    """The WebSocket at `path`, over whatever services serve at the time.

    origins: of pages that may connect beside our own.
    """

    async def connect(socket: WebSocket) -> None:
        headers = socket.headers
        denial: Denial | None = (403, FOREIGN)
        if is_allowed(headers.get("origin"), headers.get("host"), origins):
            denial = await to_thread.run_sync(_denial, path, services, socket)
        if denial is not None:
            status, detail = denial
            await socket.send_denial_response(JSONResponse({"detail": detail}, status))
            return
        client = Client(
            language=language(preferred(headers.get("accept-language"))),
            address=home(socket.client.host if socket.client else ""),
            may_stay=lambda: _denial(path, services, socket) is None,
        )
        await _serve(hub, socket, client)

    return WebSocketRoute(path, connect)


def _denial(path: str, services: Callable[[], Services], socket: WebSocket) -> Denial | None:
    """Why whoever asks is not let in, as status and text; None when they are."""
    right = services().features.socket_right(path)
    try:
        admit(services(), socket, right)
    except LoginNeeded:
        return 401, LOG_IN
    except NotAllowed:
        return 403, REFUSED
    return None


async def _serve(hub: Hub, socket: WebSocket, client: Client) -> None:
    transport = transport_of(socket.scope)
    is_full = hub.is_full(client.address)
    await socket.accept()
    if is_full:
        hub.count_refused()
        await close(socket, transport, CloseReason.FULL, hub.limits.linger_seconds)
        return
    await hub.serve(Connection(socket, transport, client, hub.limits, hub.feed))
