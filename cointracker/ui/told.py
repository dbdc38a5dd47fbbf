"""What came of something that a click did, for a short while below the page's head."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from cointracker.errors import CoinTrackerError
from cointracker.ui import problems, session

KEPT, SECONDS = "_told", 60.0


def of(action: Callable[[], object], done: str) -> bool:
    """Do something for a click; tell that it is done, or what kept it from that. Both Markdown."""
    try:
        action()
    except CoinTrackerError as exc:
        put(False, problems.in_words(exc))
        return False
    put(True, done)
    return True


def put(went_well: bool, text: str) -> None:
    """Tell something from the next drawing on."""
    session.put(KEPT, (went_well, text, time.monotonic()))


def show() -> None:
    """Draw what there is to tell."""
    went_well, text, at = session.value(KEPT, (False, "", 0.0))
    if not text or time.monotonic() - at > SECONDS:
        return
    if went_well:
        st.success(text, icon=":material/check:")
    else:
        st.error(text, icon=":material/error:")
