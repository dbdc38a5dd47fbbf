"""How many calls an hour somebody may make (SPEC 6)."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import cast

from pyrate_limiter import InMemoryBucket, Rate, RateItem

HOUR_MS = 3_600_000
MOST_CALLERS = 2_000
"""With a hundred calls each they take 28 MB."""
UNCOUNTED, PARTS = ("/health/", "/auth/ticket/"), "/static-offline-docs/"
"""What machines and our own pages ask for, and where the parts of the documents' page lie."""


class CallLimit:
    """Counts calls by caller, exactly: no hour holds more than `per_hour` of one; thread-safe.

    monotonic: seconds of a clock that never jumps. Beyond `most_callers` the one that called
    longest ago is forgotten, so that addresses cannot be made up to fill the memory.
    """

    def __init__(
        self,
        per_hour: int,
        monotonic: Callable[[], float] = time.monotonic,
        most_callers: int = MOST_CALLERS,
    ) -> None:
        self._rates = [Rate(per_hour, HOUR_MS)]
        self._monotonic = monotonic
        self._most_callers = most_callers
        self._calls: OrderedDict[str, InMemoryBucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, caller: str) -> float:
        """Count a call and return 0; or count nothing and return the seconds to wait."""
        with self._lock:
            now = int(self._monotonic() * 1000)
            calls = self._calls.setdefault(caller, InMemoryBucket(self._rates))
            self._calls.move_to_end(caller)
            if len(self._calls) > self._most_callers:
                self._calls.popitem(last=False)
            calls.leak(now)
            if calls.put(RateItem("", now)):
                return 0.0
            oldest = cast(RateItem, calls.peek(calls.count() - 1))
            return (oldest.timestamp + HOUR_MS - now + 1) / 1000
