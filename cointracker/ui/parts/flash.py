"""What came of something that a click did: left for the next drawing, at a place of its own.

The one way to leave a message for the next run. A place draws its messages where it wants them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

from cointracker.core.errors import CoinTrackerError
from cointracker.ui import error_messages, state

SECONDS = 60.0
PAGE = "page"
"""The place below a page's head."""


@dataclass(frozen=True)
class Flash:
    """A message, as Markdown; whether it tells that something went well, and since when."""

    text: str
    is_good: bool = True
    at: float = field(default_factory=time.monotonic)


def put(text: str, *, is_good: bool = True, place: str = PAGE) -> None:
    """Leave a message at a place, instead of the one before."""
    state.put(_key(place), Flash(text, is_good))


def attempt(action: Callable[[], object], done: str, *, place: str = PAGE) -> bool:
    """Do something for a click; leave that it is done, or what kept it from that."""
    try:
        action()
    except CoinTrackerError as exc:
        put(error_messages.in_words(exc), is_good=False, place=place)
        return False
    put(done, place=place)
    return True


def take(place: str) -> str:
    """The message of a place, once."""
    left: Flash | None = state.value(_key(place), None)
    state.reset(_key(place))
    return left.text if left else ""


def show(place: str = PAGE, seconds: float = SECONDS) -> None:
    """Draw the message of a place, as long as it is not older than that."""
    left: Flash | None = state.value(_key(place), None)
    if left is None or not left.text or time.monotonic() - left.at > seconds:
        return
    if left.is_good:
        st.success(left.text, icon=":material/check:")
    else:
        st.error(left.text, icon=":material/error:")


def _key(place: str) -> str:
    return f"_flash-{place}"
