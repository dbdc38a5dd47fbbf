"""How often something may be done: the one place that counts, over pyrate-limiter's algorithms.

All seconds are those of a clock that never jumps.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import Any, cast

from pyrate_limiter import GCRA, InMemoryBucket, Rate, RateItem

MAX_KEYS = 10_000
MARGIN_SECONDS = 0.002
"""What rounding takes away: to milliseconds, and of the sum of a clock and a wait."""


class Window:
    """An exact log: no stretch of `seconds` holds more than `limit`. Not safe to share."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._bucket = InMemoryBucket([Rate(limit, _ms(seconds))])

    def count(self, now: float) -> int:
        """How many the stretch that ends now holds."""
        self._bucket.leak(_ms(now))
        return self._bucket.count()

    def wait(self, now: float, limit: int | None = None) -> float:
        """Seconds until one more fits, 0 if it does now. limit: fewer than the window allows."""
        allowed = self.limit if limit is None else limit
        if self.count(now) < allowed:
            return 0.0
        leaving = cast(RateItem, self._bucket.peek(allowed - 1))
        return (leaving.timestamp - _ms(now)) / 1000 + self.seconds + MARGIN_SECONDS

    def add(self, now: float) -> None:
        """Count one that `wait` allows."""
        self._bucket.put(RateItem("", _ms(now)))

    def take_back(self) -> None:
        """Let the last one not have been."""
        if self._bucket.items:
            self._bucket.items.pop()

    def ages(self, now: float) -> list[float]:
        """How many seconds ago each was, the oldest first."""
        return [now - item.timestamp / 1000 for item in self._bucket.items]

    def insert(self, ages: Iterable[float], now: float) -> None:
        """Add what was done before, beside what is counted already."""
        own = list(self._bucket.items)
        before = [RateItem("", _ms(now - max(0.0, age))) for age in ages]
        self._bucket.flush()
        for item in sorted([*before, *own], key=lambda item: item.timestamp):
            self._bucket.put(item)


class Refill:
    """A stock of `burst` that refills evenly, `amount` in `seconds`. Not safe to share."""

    def __init__(self, burst: int, amount: int, seconds: float) -> None:
        self.burst = burst
        self._rates = [Rate(amount, _ms(seconds), burst=burst)]
        self._max_owed_seconds = burst * seconds / amount
        self._whole_at_us = 0

    def wait(self, now: float, kept: int = 0) -> float:
        """Seconds until one can be taken that leaves `kept`; 0 if it can be now."""
        _state, decision = self._step(now, 1 + kept)
        return (decision.retry_after_ms or 0) / 1000

    def take(self, now: float) -> bool:
        """Take one if there is one; whether there was."""
        if self.wait(now):
            return False
        (self._whole_at_us,), _decision = self._step(now, 1)
        return True

    def left(self, now: float) -> int:
        """How many there are."""
        used = GCRA().consumed(self._rates, (self._whole_at_us,), _ms(now))
        return max(0, self.burst - used)

    def owed_seconds(self, now: float) -> float:
        """How long until the stock is whole again, if nothing more is taken."""
        return max(0.0, (self._whole_at_us - _ms(now) * 1000) / 1e6)

    def owe(self, seconds: float, now: float) -> None:
        """Let the stock be whole so much later."""
        owed = self.owed_seconds(now) + max(0.0, seconds)
        self._whole_at_us = _ms(now) * 1000 + int(min(owed, self._max_owed_seconds) * 1e6)

    def _step(self, now: float, weight: int) -> Any:
        return GCRA().step(self._rates, (self._whole_at_us,), _ms(now), weight)


class KeyedLimit:
    """Counts by key, exactly: no `seconds` hold more than `limit` of one; safe to share.

    monotonic: the clock. Beyond `max_keys` the key that was taken longest ago is forgotten, so
    that made-up keys do not fill the memory.
    """

    def __init__(
        self,
        limit: int,
        seconds: float,
        monotonic: Callable[[], float],
        max_keys: int = MAX_KEYS,
    ) -> None:
        self._limit = limit
        self._seconds = seconds
        self._monotonic = monotonic
        self._max_keys = max_keys
        self._windows: OrderedDict[Hashable, Window] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._windows)

    def take(self, key: Hashable) -> float:
        """Count one and return 0; or count nothing and return the seconds to wait."""
        with self._lock:
            now = self._monotonic()
            window = self._windows.setdefault(key, Window(self._limit, self._seconds))
            self._windows.move_to_end(key)
            if len(self._windows) > self._max_keys:
                self._windows.popitem(last=False)
            wait = window.wait(now)
            if not wait:
                window.add(now)
            return wait

    def give_back(self, key: Hashable) -> None:
        """Let the last one of a key not have been."""
        with self._lock:
            if key in self._windows:
                self._windows[key].take_back()

    def forget(self, key: Hashable) -> None:
        """Let a key not have been taken at all."""
        with self._lock:
            self._windows.pop(key, None)


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
