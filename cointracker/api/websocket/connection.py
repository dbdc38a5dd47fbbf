"""One client of the WebSocket: what it is sent, and what it asks."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from starlette.websockets import WebSocket, WebSocketDisconnect

from cointracker.api.websocket.bounds import Allowance, Limits
from cointracker.api.websocket.outbox import Outbox
from cointracker.api.websocket.transport import Transport
from cointracker.api.websocket.updates import (
    ERROR,
    NOT_UNDERSTOOD,
    Feed,
    InvalidMessage,
    Update,
    error,
    parse_request,
)
from cointracker.core.i18n import Language

log = logging.getLogger(__name__)

TOO_MANY = "Too many messages."
UNSEEN = object()


class CloseReason(StrEnum):
    """Why a connection ended."""

    LEFT = "left"
    SLOW = "slow"
    FLOOD = "flood"
    TOO_LONG = "too_long"
    LOGGED_OUT = "logged_out"
    FULL = "full"
    BROKEN = "broken"


CODES = {
    CloseReason.FLOOD: (1008, "too many messages"),
    CloseReason.TOO_LONG: (1009, "message too long"),
    CloseReason.LOGGED_OUT: (4401, "login needed"),
    CloseReason.FULL: (1013, "too many connections, try again later"),
    CloseReason.BROKEN: (1011, "internal error"),
}
"""How the client is told; who left or does not read is told nothing."""


@dataclass(frozen=True)
class Client:
    """Who is at the other end: the language it prefers, its address, and whether it may stay.

    may_stay looks up accounts and is asked on another thread.
    """

    language: Language
    address: str
    may_stay: Callable[[], bool]


class Connection:
    """Sends what is put into its outbox, and reads what comes, until one of both ends."""

    def __init__(
        self, socket: WebSocket, transport: Transport, client: Client, limits: Limits, feed: Feed
    ) -> None:
        self.client = client
        self._socket = socket
        self._wire = transport
        self._limits = limits
        self._requests = feed.requests
        self._outbox = Outbox()
        self._allowance = Allowance(limits)
        self._ending: asyncio.Future[CloseReason] = asyncio.get_running_loop().create_future()
        self._update: Update | None = None
        self._seen: dict[str, object] = {}
        self.sent = 0

    @property
    def is_gone(self) -> bool:
        """Whether nobody reads any more."""
        return self._wire.is_closing

    def show(self, update: Update) -> None:
        """Have sent what is new in this update."""
        self._update = update
        for kind, part in update.parts.items():
            self._put_new(kind, part.key, part.text(self.client.language))
        problem_key = (update.problem_key, update.problem)
        self._put_new(ERROR, problem_key, update.problem or "")
        self._seen[ERROR] = problem_key

    def end(self, why: CloseReason) -> None:
        """End it; the first reason holds."""
        if not self._ending.done():
            self._ending.set_result(why)

    async def run(self) -> CloseReason:
        """Serve until it ends; why it did. The socket is closed then."""
        self._wire.hold_to(self._limits.message_bytes)
        tasks = [asyncio.create_task(self._send()), asyncio.create_task(self._read())]
        for task in tasks:
            task.add_done_callback(self._failed)
        try:
            why = await self._ending
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await close(self._socket, self._wire, why, self._limits.linger_seconds)
        return why

    def _failed(self, task: asyncio.Task[None]) -> None:
        """Let an error that nobody thought of end the connection rather than leave it silent."""
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("a WebSocket connection failed", exc_info=problem)
            self.end(CloseReason.BROKEN)

    async def _send(self) -> None:
        """Send one text after the other; whoever does not take one in time is slow."""
        try:
            while True:
                text = await self._outbox.take()
                async with asyncio.timeout(self._limits.send_seconds):
                    await self._socket.send_text(text)
                self.sent += 1
        except TimeoutError:
            self.end(CloseReason.SLOW)
        except (WebSocketDisconnect, RuntimeError):  # gone, or closed in between
            self.end(CloseReason.LEFT)

    async def _read(self) -> None:
        while not self._ending.done():
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                is_long = message.get("code") == CODES[CloseReason.TOO_LONG][0]
                self.end(CloseReason.TOO_LONG if is_long else CloseReason.LEFT)
                return
            self._take(message.get("text"), message.get("bytes"))
            await asyncio.sleep(0)  # let the answer go before the next question is read

    def _take(self, text: str | None, binary: bytes | None) -> None:
        size = len(binary) if text is None and binary is not None else len((text or "").encode())
        if size > self._limits.message_bytes:
            self.end(CloseReason.TOO_LONG)
        elif not self._allowance.spend(time.monotonic()):
            self._refuse()
        else:
            self._answer(text)

    def _refuse(self) -> None:
        if self._allowance.is_abused:
            self.end(CloseReason.FLOOD)
        self._outbox.put(error(TOO_MANY, f"{self._limits.per_second:g} a second are answered."))

    def _answer(self, text: str | None) -> None:
        try:
            wanted = parse_request(text, self._requests)
        except InvalidMessage as exc:
            self._outbox.put(error(NOT_UNDERSTOOD, str(exc)))
            return
        kind = self._requests[wanted]
        # Without an update yet, the first one is on the way, and answers.
        if self._update is not None and kind in self._update.parts:
            answer = self._update.parts[kind].text(self.client.language)
            if answer:
                self._outbox.put(answer, kind)

    def _put_new(self, kind: str, key: object, text: str) -> None:
        """Have a text sent unless its kind was seen under this key already."""
        if text and self._seen.get(kind, UNSEEN) != key:
            self._outbox.put(text, kind)
        if text:
            self._seen[kind] = key


async def close(
    socket: WebSocket, transport: Transport, why: CloseReason, linger_seconds: float
) -> None:
    """Tell the client why, where it can be told, and let go of the connection."""
    if why is CloseReason.SLOW:
        transport.cut()
        return
    if why in CODES:
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(linger_seconds):
                await socket.close(*CODES[why])
    transport.cut_after(linger_seconds)
