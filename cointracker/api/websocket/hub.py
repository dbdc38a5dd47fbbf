"""All connections of the WebSocket, and the one task that shows them what is new."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from anyio import CapacityLimiter, to_thread

from cointracker.api.shared import Shared
from cointracker.api.websocket.bounds import Limits
from cointracker.api.websocket.connection import CloseReason, Connection
from cointracker.api.websocket.updates import Feed, Update
from cointracker.core.events import Events
from cointracker.core.i18n import Language
from cointracker.core.services import Services

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Counts:
    """How many connections are open, how many ended and why, how many messages were sent."""

    open: int
    ended: Mapping[CloseReason, int]
    sent: int


class Hub:
    """Shows every connection what the services say, at once when they tell of news.

    It looks while somebody is connected, on a thread of its own, and puts what it finds into text
    once for all. Besides, it looks every few seconds: for what nothing tells of, and for those who
    may not stay.
    """

    def __init__(
        self,
        services: Callable[[], Services],
        shared: Shared,
        feed: Feed,
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.feed = feed
        self._shared = shared
        self._services = services
        self._connections: set[Connection] = set()
        self._at: Counter[str] = Counter()
        self._ended: Counter[CloseReason] = Counter()
        self._sent = 0
        self._update: Update | None = None
        self._task: asyncio.Task[None] | None = None
        self._told: asyncio.Event | None = None

    def counts(self) -> Counts:
        """The counts now."""
        connections = list(self._connections)
        sent = self._sent + sum(connection.sent for connection in connections)
        return Counts(len(connections), dict(self._ended), sent)

    def is_full(self, address: str) -> bool:
        """Whether no connection more is taken, or none more from this address."""
        too_many = len(self._connections) >= self.limits.connections
        return too_many or self._at[address] >= self.limits.per_address

    def count_refused(self) -> None:
        """Count one that was not taken."""
        self._ended[CloseReason.FULL] += 1

    async def serve(self, connection: Connection) -> None:
        """Serve a connection until it ends."""
        self._add(connection)
        try:
            why = await connection.run()
            self._ended[why] += 1
        finally:
            self._remove(connection)

    def _add(self, connection: Connection) -> None:
        self._connections.add(connection)
        self._at[connection.client.address] += 1
        if self._task is None:
            self._told = asyncio.Event()
            self._update = None
            self._task = asyncio.create_task(self._watch(self._told))
            self._task.add_done_callback(self._watched)
        elif self._update and self._update.is_for(connection.client.language):
            connection.show(self._update)
        elif self._told is not None:
            self._told.set()

    def _remove(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._sent += connection.sent
        self._at[connection.client.address] -= 1
        if not self._at[connection.client.address]:
            del self._at[connection.client.address]
        if not self._connections and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _watch(self, changed: asyncio.Event) -> None:
        """Show each update to all; begins with a look, ends by being cancelled."""
        unsubscribe = _listen(self._services().events, changed)
        limiter = CapacityLimiter(1)
        try:
            while True:
                changed.clear()
                previous, everyone = self._update, list(self._connections)
                update, unwanted = await to_thread.run_sync(
                    self._look, everyone, previous, limiter=limiter
                )
                self._update = update
                self._show(update, unwanted)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.limits.look_seconds):
                        await changed.wait()
        finally:
            unsubscribe()

    def _look(
        self, connections: Iterable[Connection], previous: Update | None
    ) -> tuple[Update, list[Connection]]:
        """What there is to show to these connections, and which of them may not stay."""
        languages: set[Language] = {connection.client.language for connection in connections}
        update = self.feed.make(self._services(), self._shared, languages, previous)
        return update, [one for one in connections if not one.client.may_stay()]

    def _show(self, update: Update, unwanted: Iterable[Connection]) -> None:
        for connection in unwanted:
            connection.end(CloseReason.LOGGED_OUT)
        for connection in self._connections - set(unwanted):
            if connection.is_gone:
                connection.end(CloseReason.LEFT)
            elif update.is_for(connection.client.language) or update.problem:
                connection.show(update)
            elif self._told is not None:  # it came while we looked
                self._told.set()

    def _watched(self, task: asyncio.Task[None]) -> None:
        """Nobody looks any more: of an error, the connections hear too."""
        if task.cancelled() or task.exception() is None:
            return
        self._task = None
        log.error("the WebSocket cannot look at the ranking", exc_info=task.exception())
        for connection in self._connections:
            connection.end(CloseReason.BROKEN)


def _listen(events: Events, changed: asyncio.Event) -> Callable[[], None]:
    """Have `told` set, on this loop, by whatever thread tells; returns what ends that."""
    loop = asyncio.get_running_loop()

    def tell() -> None:
        with suppress(RuntimeError):  # the loop has ended: nobody waits
            loop.call_soon_threadsafe(changed.set)

    return events.subscribe(tell)
