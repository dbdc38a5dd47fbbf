"""What one connection is still to be sent, bounded."""

from __future__ import annotations

import asyncio

MAX_ANSWERS = 8


class Outbox:
    """Texts in the order they came; of each kind only the newest waits, in the older one's place.

    Texts without a kind answer one message each; of them at most `MAX_ANSWERS` wait, and the
    oldest gives way. A text is shared by all outboxes that hold it.
    """

    def __init__(self) -> None:
        self._waiting: dict[str | int, str] = {}
        self._number = 0
        self._is_filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, text: str, kind: str | None = None) -> None:
        """Have `text` sent, in place of what waits of its kind."""
        if kind is None:
            self._number += 1
            self._waiting[self._number] = text
            self._forget_old_answers()
        else:
            self._waiting[kind] = text
        self._is_filled.set()

    async def take(self) -> str:
        """The text that waits longest, as soon as there is one."""
        while not self._waiting:
            self._is_filled.clear()
            await self._is_filled.wait()
        return self._waiting.pop(next(iter(self._waiting)))

    def _forget_old_answers(self) -> None:
        answers = [key for key in self._waiting if isinstance(key, int)]
        for key in answers[:-MAX_ANSWERS]:
            del self._waiting[key]
