"""How long all calls together may take that are made inside a block, by one thread."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ends_at: ContextVar[float] = ContextVar("ends_at", default=math.inf)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """No call in the block waits or is waited for beyond so many seconds from its begin.

    A block inside another one ends with it at the latest.
    """
    token = _ends_at.set(min(_ends_at.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _ends_at.reset(token)


def left() -> float:
    """Seconds that this thread's calls may still take; infinite outside any block."""
    return _ends_at.get() - time.monotonic()
