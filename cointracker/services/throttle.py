"""How often something may be tried in a stretch of time."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable

MOST_KEYS = 10_000


class Throttle:
    """Counts tries by key; safe to use from many threads.

    monotonic: seconds of a clock that never jumps. What was not tried for longest is forgotten
    when there are more than `most_keys`.
    """

    def __init__(
        self,
        most: int,
        window_seconds: float,
        monotonic: Callable[[], float],
        most_keys: int = MOST_KEYS,
    ) -> None:
        self._most = most
        self._window_seconds = window_seconds
        self._monotonic = monotonic
        self._most_keys = most_keys
        self._tries: OrderedDict[Hashable, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: Hashable) -> float:
        """Count a try and return 0; or count nothing and return the seconds to wait."""
        with self._lock:
            now = self._monotonic()
            tries = self._tries.setdefault(key, deque(maxlen=self._most))
            self._tries.move_to_end(key)
            while tries and now - tries[0] >= self._window_seconds:
                tries.popleft()
            if len(tries) == self._most:
                return self._window_seconds - (now - tries[0])
            tries.append(now)
            if len(self._tries) > self._most_keys:
                self._tries.popitem(last=False)
            return 0.0

    def give_back(self, key: Hashable) -> None:
        """Let the last try of a key not have been one."""
        with self._lock:
            if self._tries.get(key):
                self._tries[key].pop()

    def forget(self, key: Hashable) -> None:
        """Let a key not have been tried at all."""
        with self._lock:
            self._tries.pop(key, None)
