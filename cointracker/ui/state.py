"""What one reader's session remembers: the only module that touches Streamlit's session state."""

from __future__ import annotations

from typing import Any, TypeVar, overload

import streamlit as st

T = TypeVar("T")


@overload
def value(key: str, default: None = None) -> Any: ...
@overload
def value(key: str, default: T) -> T: ...
def value(key: str, default: Any = None) -> Any:
    """What is kept under a key, a widget's too; `default` where there is nothing."""
    return st.session_state.get(key, default)


def put(key: str, value: object) -> None:
    """Keep something under a key; of a widget, before it is drawn."""
    st.session_state[key] = value


def reset(*keys: str) -> None:
    """Forget what is kept under keys; widgets show again what they show at first."""
    for key in keys:
        st.session_state.pop(key, None)


def keys_with(prefix: str) -> list[str]:
    """Every key that begins so."""
    return [key for key in map(str, st.session_state) if key.startswith(prefix)]
