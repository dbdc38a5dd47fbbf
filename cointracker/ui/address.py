"""Widgets whose values are kept in the page's address, in codes that no language changes.

The value itself lives beside the widget: a widget whose labels change with the language is a new
one to Streamlit, and takes its value from here.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from cointracker.ui import state

BETWEEN = ","
LEFT = "_left_address"
SETTLED_SECONDS = 1.5
"""How long after a change of ours the browser may still bring the address of before it."""


def keep(
    key: str,
    default: Any,
    options: Sequence[Any] | None = None,
    *,
    many: bool = False,
    variant: str = "",
) -> dict[str, Any]:
    """Arguments that make a widget begin as the address says, and tell the address its changes.

    options: what may be chosen, None for any text; many: whether several may be. What the address
    holds and is no option counts as `default`, which the address never holds. variant: changes
    with the widget's labels.
    """
    widget = f"{key}-{variant}" if variant else key
    state.put(widget, value(key, default, options, many=many))
    tell(key, default)
    return {"key": widget, "on_change": _take, "args": (key, widget, default)}


def value(
    key: str, default: Any, options: Sequence[Any] | None = None, *, many: bool = False
) -> Any:
    """What a kept widget stands at, before it was drawn too; arguments as in `keep`."""
    kept = state.value(_kept(key))
    if kept is None:
        kept = _read(st.query_params.get(key), default, options, many=many)
        state.put(_kept(key), kept)
    return kept


def put(key: str, new: Any, default: Any) -> None:
    """Set a kept value and the address; for callbacks, before the widget is drawn again."""
    hold(key, new)
    tell(key, default)


def hold(key: str, new: Any) -> None:
    """Set a kept value for a page that is to come; the address is left to that page."""
    state.put(_kept(key), new)


def follow() -> None:
    """Take the values of an address that the reader went to: back, forward, or by a link.

    Call it once a run, before any value is read. On another page than before only what the
    address holds is taken; the other values stay as they were left.
    """
    path, query = urlsplit(st.context.url or "").path, st.query_params.to_dict()
    left_path, left_query, changed_at = state.value(LEFT, (path, query, 0.0))
    is_settled = time.monotonic() - changed_at > SETTLED_SECONDS
    if path != left_path:
        _forget(query)
    elif query != left_query and is_settled:
        state.reset(*state.keys_with(_kept("")))
    _leave(path, query, changed_at)


def tell(key: str, default: Any) -> None:
    """Let the address hold the kept value, again if need be.

    A run that begins before the browser heard of the last change brings the older address along.
    """
    kept = state.value(_kept(key))
    text = BETWEEN.join(kept) if isinstance(kept, list) else str(kept)
    before = st.query_params.get(key)
    if kept == default:
        st.query_params.pop(key, None)
    elif before != text:
        st.query_params[key] = text
    if st.query_params.get(key) != before:
        path = urlsplit(st.context.url or "").path
        _leave(path, st.query_params.to_dict(), time.monotonic())


def _take(key: str, widget: str, default: Any) -> None:
    put(key, state.value(widget), default)


def _leave(path: str, query: dict[str, str], changed_at: float) -> None:
    """Remember the address as this run leaves it, and when we changed it last."""
    state.put(LEFT, (path, query, changed_at))


def _forget(keys: Iterable[str]) -> None:
    state.reset(*map(_kept, keys))


def _kept(key: str) -> str:
    return f"kept-{key}"


def _read(text: str | None, default: Any, options: Sequence[Any] | None, *, many: bool) -> Any:
    if text is None:
        return default
    if options is None:
        return text
    known = {str(option): option for option in options}
    if many:
        return [known[part] for part in text.split(BETWEEN) if part in known]
    return known.get(text, default)
