"""Widgets whose values are kept in the page's address, in codes that no language changes.

The value itself lives beside the widget: a widget whose labels change with the language is a new
one to Streamlit, and takes its value from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

BETWEEN = ","


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
    st.session_state[widget] = value(key, default, options, many=many)
    tell(key, default)
    return {"key": widget, "on_change": _take, "args": (key, widget, default)}


def value(
    key: str, default: Any, options: Sequence[Any] | None = None, *, many: bool = False
) -> Any:
    """What a kept widget stands at, before it was drawn too; arguments as in `keep`."""
    if _kept(key) not in st.session_state:
        st.session_state[_kept(key)] = _read(st.query_params.get(key), default, options, many=many)
    return st.session_state[_kept(key)]


def put(key: str, new: Any, default: Any) -> None:
    """Set a kept value and the address; for callbacks, before the widget is drawn again."""
    st.session_state[_kept(key)] = new
    tell(key, default)


def tell(key: str, default: Any) -> None:
    """Let the address hold the kept value, again if need be.

    A run that begins before the browser heard of the last change brings the older address along.
    """
    kept = st.session_state[_kept(key)]
    text = BETWEEN.join(kept) if isinstance(kept, list) else str(kept)
    if kept == default:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != text:
        st.query_params[key] = text


def _take(key: str, widget: str, default: Any) -> None:
    put(key, st.session_state[widget], default)


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
