"""Parts of a page that are drawn again by themselves, each time for a reader who still may."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from cointracker.ui import access

P = ParamSpec("P")


def fragment(
    run_every: float | None = None,
) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """As `st.fragment`, but it looks first whether the page's reader is still who it was."""

    def decorate(draw: Callable[P, None]) -> Callable[P, None]:
        @wraps(draw)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
            access.watch()
            draw(*args, **kwargs)

        return st.fragment(guarded, run_every=run_every)

    return decorate
