"""What a WebSocket pushes and is asked for, as JSON, whatever it is about."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from cointracker.api.shared import Shared
from cointracker.core.i18n import Language
from cointracker.core.services import Services

ERROR = "error"
NOT_UNDERSTOOD = "The message was not understood."
NO_JSON = "It must be a text message that holds a JSON object."
NO_TYPE = 'Its "type" must be {types}.'


@dataclass(frozen=True)
class Part:
    """One kind of message: it is new to a connection when the key differs from what it saw last.

    texts: in each language that was asked for, or one under None for all.
    """

    key: object
    texts: Mapping[Language | None, str]

    def text(self, language: Language) -> str:
        """The message for a reader; empty when there is none."""
        return self.texts.get(language) or self.texts.get(None, "")

    def is_for(self, language: Language) -> bool:
        """Whether there is a message for a reader of this language."""
        return language in self.texts or None in self.texts


@dataclass(frozen=True)
class Update:
    """What all connections are shown from one look at the services: messages by their kind.

    problem: an error as JSON, None when there is none; it is told again when `problem_key` differs.
    """

    parts: Mapping[str, Part]
    problem: str | None = None
    problem_key: object = None

    def is_for(self, language: Language) -> bool:
        """Whether every part is there in a language."""
        return all(part.is_for(language) for part in self.parts.values())


Make = Callable[[Services, Shared, Iterable[Language], Update | None], Update]
"""The update now, for readers of some languages, given the one before."""


@dataclass(frozen=True)
class Feed:
    """What a socket pushes. requests: the kind of message that each request is answered with."""

    make: Make
    requests: Mapping[str, str]


class InvalidMessage(ValueError):
    """A message of a client that asks for nothing we know; its text says why."""


def parse_request(text: str | None, types: Collection[str]) -> str:
    """Which of the types a client's message is. Raises InvalidMessage."""
    try:
        message = json.loads(text or "")
    except (ValueError, RecursionError) as exc:
        raise InvalidMessage(NO_JSON) from exc
    if not isinstance(message, dict):
        raise InvalidMessage(NO_JSON)
    if message.get("type") not in list(types):
        raise InvalidMessage(NO_TYPE.format(types=" or ".join(f'"{one}"' for one in types)))
    return str(message["type"])


def error(message: str, details: str | None = None) -> str:
    """An error as text."""
    return json.dumps({"type": ERROR, "message": message, "error_details": details})
