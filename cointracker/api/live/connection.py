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

from cointracker.api.live.limits import Allowance, Limits
from cointracker.api.live.messages import (
    COINS,
    ERROR,
    GET_STATUS,
    NOT_UNDERSTOOD,
    STATUS,
    Edition,
    Unreadable,
    asked_for,
    error,
)
from cointracker.api.live.outbox import Outbox
from cointracker.api.live.wire import Wire
from cointracker.i18n import Language

log = logging.getLogger(__name__)

TOO_MANY = "Too many messages."
UNSEEN = object()


class Ending(StrEnum):
    """Why a connection ended."""

    LEFT = "left"
    SLOW = "slow"
    FLOOD = "flood"
    TOO_LONG = "too_long"
    LOGGED_OUT = "logged_out"
    FULL = "full"
    BROKEN = "broken"


CODES = {
    Ending.FLOOD: (1008, "too many messages"),
    Ending.TOO_LONG: (1009, "message too long"),
    Ending.LOGGED_OUT: (4401, "login needed"),
    Ending.FULL: (1013, "too many connections, try again later"),
    Ending.BROKEN: (1011, "internal error"),
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

    def __init__(self, socket: WebSocket, wire: Wire, client: Client, limits: Limits) -> None:
        self.client = client
        self._socket = socket
        self._wire = wire
        self._limits = limits
        self._outbox = Outbox()
        self._allowance = Allowance(limits, time.monotonic())
        self._ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._edition: Edition | None = None
        self._seen: dict[str, object] = {}
        self.sent = 0

    @property
    def is_gone(self) -> bool:
        """Whether nobody reads any more."""
        return self._wire.is_closing

    def show(self, edition: Edition) -> None:
        """Have sent what is new in this edition."""
        self._edition = edition
        shown = (
            (COINS, edition.coins_key, edition.coins.get(self.client.language)),
            (STATUS, edition.status_key, edition.status),
            (ERROR, (edition.coins_key, edition.problem), edition.problem),
        )
        for kind, key, text in shown:
            if text and self._seen.get(kind, UNSEEN) != key:
                self._outbox.put(text, kind)
            if text or kind == ERROR:
                self._seen[kind] = key

    def end(self, why: Ending) -> None:
        """End it; the first reason holds."""
        if not self._ending.done():
            self._ending.set_result(why)

    async def run(self) -> Ending:
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
            self.end(Ending.BROKEN)

    async def _send(self) -> None:
        """Send one text after the other; whoever does not take one in time is slow."""
        try:
            while True:
                text = await self._outbox.take()
                async with asyncio.timeout(self._limits.send_seconds):
                    await self._socket.send_text(text)
                self.sent += 1
        except TimeoutError:
            self.end(Ending.SLOW)
        except (WebSocketDisconnect, RuntimeError):  # gone, or closed in between
            self.end(Ending.LEFT)

    async def _read(self) -> None:
        while not self._ending.done():
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                is_long = message.get("code") == CODES[Ending.TOO_LONG][0]
                self.end(Ending.TOO_LONG if is_long else Ending.LEFT)
                return
            self._take(message.get("text"), message.get("bytes"))
            await asyncio.sleep(0)  # let the answer go before the next question is read

    def _take(self, text: str | None, binary: bytes | None) -> None:
        size = len(binary) if text is None and binary is not None else len((text or "").encode())
        if size > self._limits.message_bytes:
            self.end(Ending.TOO_LONG)
        elif not self._allowance.spend(time.monotonic()):
            self._refuse()
        else:
            self._answer(text)

    def _refuse(self) -> None:
        if self._allowance.is_abused:
            self.end(Ending.FLOOD)
        self._outbox.put(error(TOO_MANY, f"{self._limits.per_second:g} a second are answered."))

    def _answer(self, text: str | None) -> None:
        try:
            wanted = asked_for(text)
        except Unreadable as exc:
            self._outbox.put(error(NOT_UNDERSTOOD, str(exc)))
            return
        edition = self._edition
        if edition is None:  # its first one is on the way, and answers
            return
        if wanted == GET_STATUS:
            kind, answer = STATUS, edition.status
        else:
            kind, answer = COINS, edition.coins.get(self.client.language, "")
        if answer:
            self._outbox.put(answer, kind)


async def close(socket: WebSocket, wire: Wire, why: Ending, linger_seconds: float) -> None:
    """Tell the client why, where it can be told, and let go of the connection."""
    if why is Ending.SLOW:
        wire.cut()
        return
    if why in CODES:
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(linger_seconds):
                await socket.close(*CODES[why])
    wire.cut_after(linger_seconds)
