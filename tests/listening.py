"""The API's routes under a real uvicorn, as Streamlit runs it, and clients of its WebSocket."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from websockets.sync.client import ClientConnection, connect

from cointracker.api.websocket import transport
from tests.faults import PATIENCE_SECONDS

Message = dict[str, Any]
SMALL_BUFFER = 4_096


@dataclass
class Listening:
    """A server on loopback."""

    port: int
    server: uvicorn.Server
    thread: threading.Thread

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def socket(self, path: str = "/ws/coins/", **options: Any) -> ClientConnection:
        """A client of the WebSocket. options: of `websockets`."""
        url = f"ws://127.0.0.1:{self.port}{path}"
        patience = {"open_timeout": PATIENCE_SECONDS, "close_timeout": PATIENCE_SECONDS}
        return connect(url, proxy=None, max_size=None, **(patience | options))

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(PATIENCE_SECONDS)
        assert not self.thread.is_alive(), "the server did not stop"


@contextmanager
def listening(routes: Sequence[BaseRoute], send_buffer: int | None = None) -> Iterator[Listening]:
    """Serve these routes. send_buffer: bytes that the system takes before anybody reads them."""
    listener = socket.socket()
    if send_buffer:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    listener.bind(("127.0.0.1", 0))
    app = Starlette(routes=routes, middleware=[transport.middleware()])
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_max_size=200_000_000,
        ws_per_message_deflate=False,
        lifespan="off",
        log_level="warning",
        access_log=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    found = Listening(listener.getsockname()[1], server, thread)
    try:
        until(lambda: server.started)
        yield found
    finally:
        found.stop()
        listener.close()


def until(condition: Callable[[], object]) -> None:
    """Return when the condition holds; fail when it does not for long."""
    pause = threading.Event()
    for _look in range(int(PATIENCE_SECONDS / 0.01)):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("waited in vain")


def heard(client: ClientConnection) -> Message:
    """The next message."""
    message: Message = json.loads(client.recv(timeout=PATIENCE_SECONDS))
    return message


def heard_of(client: ClientConnection, kind: str, *, limit: int = 20) -> Message:
    """The next message of a type; others before it are passed over."""
    for _message in range(limit):
        message = heard(client)
        if message["type"] == kind:
            return message
    raise AssertionError(f"no {kind}")


def deaf(port: int, path: str = "/ws/coins/") -> socket.socket:
    """A client that asks for the WebSocket and then never reads."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    client.connect(("127.0.0.1", port))
    client.sendall(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    return client
