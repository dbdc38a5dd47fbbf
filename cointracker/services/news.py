"""Word that something changed, for those who do not want to keep looking."""

from __future__ import annotations

import threading
from collections.abc import Callable

Listener = Callable[[], None]


class News:
    """Tells its listeners, on the thread that tells, that there may be something new to show.

    Listeners return at once and raise nothing; what is new they look up for themselves. One news
    outlives a change of the services that serve.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` from now on, until the returned function is called."""
        with self._guard:
            self._listeners = (*self._listeners, listener)

        def unsubscribe() -> None:
            with self._guard:
                self._listeners = tuple(one for one in self._listeners if one is not listener)

        return unsubscribe

    def tell(self) -> None:
        """Tell every listener."""
        for listener in self._listeners:
            listener()
