"""What the calls and sockets of one server share, such as a cache: one of each class."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

T = TypeVar("T")


class Shared:
    """`shared[CoinJsonCache]` is the one of that class, made when it is first asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_class: dict[type[Any], Any] = {}

    def __getitem__(self, kind: type[T]) -> T:
        with self._lock:
            if kind not in self._by_class:
                self._by_class[kind] = kind()
            made: T = self._by_class[kind]
            return made
