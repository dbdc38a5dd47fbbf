"""What goes wrong, made to order: a server that answers badly, a process that holds the database.

The server is a real one on loopback; each request is answered as the test scripts it.
"""

from __future__ import annotations

import json
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PATIENCE_SECONDS = 60.0  # after which a wait for something that must come fails


@dataclass(frozen=True)
class Request:
    """What the server was asked; names of headers in lower case."""

    target: str
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))


@dataclass(frozen=True)
class Reply:
    """How one request is answered.

    missing: how many bytes Content-Length promises and the connection's end withholds.
    drip_seconds: the pause before each byte of the body. raw: bytes sent in place of an HTTP
    answer before the connection ends. until: an event that the whole answer waits for.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    missing: int = 0
    drip_seconds: float = 0.0
    raw: bytes | None = None
    until: threading.Event | None = None


def json_reply(payload: Any, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(json.dumps(payload).encode(), status, named)


NO_ANSWER = Reply(raw=b"")
HTML = Reply(b"<!DOCTYPE html>\n<html><title>Attention Required!</title></html>")


class FaultServer:
    """Serves on a free port of 127.0.0.1 while it is entered.

    answer: decides the reply to each request; `say` sets a fixed sequence. requests: what was
    asked, in order.
    """

    def __init__(self) -> None:
        self.answer: Callable[[Request], Reply] = lambda _request: NO_ANSWER
        self.requests: list[Request] = []
        self._arrived: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._broken: Exception | None = None
        handler = type("Handler", (_Handler,), {"faults": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def say(self, *replies: Reply) -> None:
        """Answer with these, one after the other; the last one again and again."""
        left = list(replies)
        self.answer = lambda _request: left.pop(0) if len(left) > 1 else left[0]

    def arrival(self) -> Request:
        """The next request that no `arrival` has told of yet; waits for it."""
        return self._arrived.get(timeout=PATIENCE_SECONDS)

    def receive(self, request: Request) -> Reply:
        self.requests.append(request)
        self._arrived.put(request)
        try:
            return self.answer(request)
        except Exception as exc:
            self._broken = exc
            raise

    def __enter__(self) -> FaultServer:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        if self._broken is not None:
            raise AssertionError("an answer could not be made") from self._broken


@contextmanager
def closed_port() -> Iterator[str]:
    """A URL on 127.0.0.1 that refuses connections: the port is taken, but nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@contextmanager
def full_port() -> Iterator[str]:
    """A URL on 127.0.0.1 where no connection comes about: the queue is full, nobody accepts."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _caller in range(4):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


HOLD = """
import sys, duckdb
with duckdb.connect(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_by_another_process(path: Path) -> Iterator[None]:
    """A process of its own has the database open."""
    command = [sys.executable, "-c", HOLD, str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline() == "held\n"
        yield
        process.stdin.close()


def wait_until_in(function: str, thread: threading.Thread) -> None:
    """Return as soon as the thread stands in a function of that name."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while function not in _stack(thread):
        assert time.monotonic() < give_up, f"{thread.name} never came to {function}"


def _stack(thread: threading.Thread) -> Iterator[str]:
    frame = sys._current_frames().get(thread.ident or 0)
    while frame is not None:
        yield frame.f_code.co_name
        frame = frame.f_back


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is what many a test is about."""


class _Handler(BaseHTTPRequestHandler):
    faults: FaultServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.faults.receive(Request(self.path, headers))
        if reply.until is not None:
            reply.until.wait(PATIENCE_SECONDS)
        if reply.raw is None:
            self._send(reply)
        else:
            self.wfile.write(reply.raw)
        if reply.raw is not None or reply.missing:
            self.close_connection = True

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if "Transfer-Encoding" not in reply.headers:
            self.send_header("Content-Length", str(len(reply.body) + reply.missing))
        self.end_headers()
        step = 1 if reply.drip_seconds else max(1, len(reply.body))
        for start in range(0, len(reply.body), step):
            threading.Event().wait(reply.drip_seconds)
            self.wfile.write(reply.body[start : start + step])

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: object) -> None:
        """Only the test's words matter."""
