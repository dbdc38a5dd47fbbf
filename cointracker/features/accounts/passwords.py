"""Passwords: what may be one, and their hashes."""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass

import bcrypt

from cointracker.core import parsers
from cointracker.core.errors import ConfigError, InvalidAccount
from cointracker.core.i18n import N_
from cointracker.core.parsers import MAX_PASSWORD_BYTES

ROUNDS = 12
RANDOM_BYTES = 15
"""Of a password that we make up: 20 characters."""

PROBLEMS = (
    N_("must have at least {low} characters"),
    N_("must have at most {high} bytes; a non-Latin letter takes two to four"),
    N_("must be text without control characters"),
)
"""What `parsers.password` may say, so that the catalogues have it."""


@dataclass(frozen=True)
class Passwords:
    """Hashes by bcrypt; rounds: the logarithm of the work that each takes."""

    rounds: int = ROUNDS

    def hash(self, password: str) -> str:
        """The hash of a new password. Raises InvalidAccount when it cannot be one."""
        try:
            parsers.password("password", password)
        except ConfigError as exc:
            raise InvalidAccount("password", exc.template, **exc.values) from exc
        return bcrypt.hashpw(_bytes(password), bcrypt.gensalt(self.rounds)).decode()

    def holds(self, password: str, hashed: str | None) -> bool:
        """Whether a password is the one that was hashed; takes as long where there is no hash."""
        raw = _bytes(password)
        is_possible = hashed is not None and 0 < len(raw) <= MAX_PASSWORD_BYTES
        is_same = self.matches(raw[:MAX_PASSWORD_BYTES], hashed or self._nothing())
        return is_same and is_possible

    def matches(self, password: bytes, hashed: str) -> bool:
        """Whether bytes have a hash."""
        return bcrypt.checkpw(password, hashed.encode())

    def _nothing(self) -> str:
        """A hash that no password has."""
        return bcrypt.gensalt(self.rounds).decode() + "." * 31


def random_password() -> str:
    """A new one that nobody guesses."""
    return secrets.token_urlsafe(RANDOM_BYTES)


def _bytes(password: str) -> bytes:
    """The same bytes however a keyboard composes its letters; none for what is no text."""
    try:
        return unicodedata.normalize("NFC", password).encode()
    except UnicodeEncodeError:
        return b""
