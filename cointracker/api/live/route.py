"""The route of the WebSocket: who is let in, and how the others are told."""

from __future__ import annotations

from collections.abc import Callable, Collection

from anyio import to_thread
from starlette.responses import JSONResponse
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from cointracker.api.admission import LOG_IN, REFUSED, admit
from cointracker.api.live.connection import Client, Connection, Ending, close
from cointracker.api.live.hub import Hub
from cointracker.api.live.wire import wire_of
from cointracker.api.origins import is_allowed
from cointracker.errors import LoginNeeded, NotAllowed
from cointracker.i18n import language, preferred
from cointracker.services import Services
from cointracker.services.access import SOCKETS
from cointracker.services.forwarding import home

PATH = "/ws/coins/"
FOREIGN = "Pages of this origin may not connect."
Denial = tuple[int, str]


def route(
    services: Callable[[], Services], hub: Hub, origins: Collection[str] = ()
) -> WebSocketRoute:
    """The WebSocket, over whatever services serve at the time.

    origins: of pages that may connect beside our own.
    """

    async def connect(socket: WebSocket) -> None:
        headers = socket.headers
        denial: Denial | None = (403, FOREIGN)
        if is_allowed(headers.get("origin"), headers.get("host"), origins):
            denial = await to_thread.run_sync(_denial, services, socket)
        if denial is not None:
            status, detail = denial
            await socket.send_denial_response(JSONResponse({"detail": detail}, status))
            return
        client = Client(
            language=language(preferred(headers.get("accept-language"))),
            address=home(socket.client.host if socket.client else ""),
            may_stay=lambda: _denial(services, socket) is None,
        )
        await _serve(hub, socket, client)

    return WebSocketRoute(PATH, connect)


def _denial(services: Callable[[], Services], socket: WebSocket) -> Denial | None:
    """Why whoever asks is not let in, as status and text; None when they are."""
    right = SOCKETS.get(PATH)
    if right is None:
        return 403, REFUSED
    try:
        admit(services(), socket, right)
    except LoginNeeded:
        return 401, LOG_IN
    except NotAllowed:
        return 403, REFUSED
    return None


async def _serve(hub: Hub, socket: WebSocket, client: Client) -> None:
    wire = wire_of(socket.scope)
    is_full = hub.is_full(client.address)
    await socket.accept()
    if is_full:
        hub.count_refused()
        await close(socket, wire, Ending.FULL, hub.limits.linger_seconds)
        return
    await hub.serve(Connection(socket, wire, client, hub.limits))
