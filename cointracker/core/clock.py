"""The instant now, handed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The instant now, UTC; what every `Clock` is outside tests and replays."""
    return datetime.now(UTC)
