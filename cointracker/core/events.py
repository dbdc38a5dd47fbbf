"""Word that something changed, for those who do not want to keep looking."""

from __future__ import annotations

import threading
from collections.abc import Callable

Listener = Callable[[], None]


class Events:
    """Tells its listeners, on the thread that notifies, that there may be something new to show.

    Listeners return at once and raise nothing; what is new they look up for themselves. The same
    events outlive a change of the services that serve.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Notify `listener` from now on, until the returned function is called."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

        def unsubscribe() -> None:
            with self._lock:
                self._listeners = tuple(one for one in self._listeners if one is not listener)

        return unsubscribe

    def notify(self) -> None:
        """Call every listener."""
        for listener in self._listeners:
            listener()
