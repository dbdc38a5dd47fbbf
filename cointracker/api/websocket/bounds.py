"""What the WebSocket allows its clients."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from cointracker.core.web.limits import Refill

if sys.platform != "win32":
    import resource

MAX_CONNECTIONS = 1_000
HOUR_SECONDS = 3_600


def _connections() -> int:
    """1,000, or half of the files that the process may open, as each connection is one."""
    if sys.platform == "win32":
        return MAX_CONNECTIONS // 2
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS if files < 0 else min(MAX_CONNECTIONS, files // 2)


@dataclass(frozen=True)
class Limits:
    """Bounds of connections, messages and patience; docs/websocket.md tells them.

    connections: of all clients, per_address: of those at one address. message_bytes: of what a
    client sends. burst: messages it may send at once, per_second: how many more come free each
    second, excess: how many beyond that are refused before the connection ends. send_seconds: how
    long a message may wait for its reader. look_seconds: how often everything is looked at though
    nothing was told. linger_seconds: what a closed connection has to take its last bytes.
    """

    connections: int = field(default_factory=_connections)
    per_address: int = 100
    message_bytes: int = 4_096
    burst: int = 20
    per_second: float = 2.0
    excess: int = 100
    send_seconds: float = 10.0
    look_seconds: float = 5.0
    linger_seconds: float = 5.0


class Allowance:
    """How many messages a connection may still send; refills with time (seconds, monotonic)."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._messages = Refill(limits.burst, round(limits.per_second * HOUR_SECONDS), HOUR_SECONDS)
        self._refused = 0

    def spend(self, now: float) -> bool:
        """Whether one more message is allowed."""
        is_allowed = self._messages.take(now)
        self._refused += not is_allowed
        return is_allowed

    @property
    def is_abused(self) -> bool:
        """Whether so much was refused that the connection is not worth keeping."""
        return self._refused > self._limits.excess
