"""How the texts of settings are read, wherever they come from. Each raises ConfigError."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from cointracker.core.errors import ConfigError

OFF = "off"
MIN_PASSWORD_CHARS, MAX_PASSWORD_BYTES = 8, 72
"""The least of a password, and what bcrypt takes of one."""

ONE_OF = "must be one of {options}; got {value}"
WHOLE = "must be a whole number {low} to {high}; got {value}"
NO_CURRENCY = "must be a supported currency; got {value}"
NO_KEY = "holds characters that no key has"
NOT_A_BASE = "must hold neither a query nor a user name"
NOT_A_URL = "must be an http or https URL; got {value}"
NOT_AN_ADDRESS = "must be an http or https URL"
USER_IN_ADDRESS = "must hold neither a user name nor a #"
TOO_SHORT = "must have at least {low} characters"
TOO_LONG = "must have at most {high} bytes; a non-Latin letter takes two to four"
NO_PASSWORD = "must be text without control characters"  # noqa: S105
NOT_ORIGINS = "must be origins like https://coins.example.com, separated by commas"
KEY_NEEDED = "is needed for the plan {plan}"
NOT_PROXIES = "must be addresses or networks, separated by commas; got {value}"


def folder(_name: str, text: str) -> Path:
    """A path."""
    return Path(text)


def choice(*allowed: str) -> Callable[[str, str], str]:
    """One of a few; an empty one is not named in the message."""

    def parse(name: str, text: str) -> str:
        if text not in allowed:
            options = ", ".join(option for option in allowed if option)
            raise ConfigError(name, ONE_OF, options=options, value=repr(text))
        return text

    return parse


def whole(low: int, high: int) -> Callable[[str, str], int]:
    """A whole number within bounds, in Latin digits."""

    def parse(name: str, text: str) -> int:
        is_number = text.isascii() and text.isdigit() and len(text) <= len(str(high))
        if not is_number or not low <= int(text) <= high:
            raise ConfigError(name, WHOLE, low=low, high=high, value=repr(text))
        return int(text)

    return parse


def currency(*known: str) -> Callable[[str, str], str]:
    """A currency's code, in any case."""

    def parse(name: str, text: str) -> str:
        if text.lower() not in known:
            raise ConfigError(name, NO_CURRENCY, value=repr(text))
        return text.lower()

    return parse


def key(name: str, text: str) -> str:
    """A secret that goes into a header; empty when there is none."""
    if not text.isascii() or not text.isprintable():
        raise ConfigError(name, NO_KEY)
    return text


def url(name: str, text: str) -> str:
    """A base URL, without a slash at its end."""
    value = text.rstrip("/")
    if any(sign in value for sign in "?#@"):
        raise ConfigError(name, NOT_A_BASE)
    if not _is_url(value):
        raise ConfigError(name, NOT_A_URL, value=repr(value))
    return value


def url_or_off(name: str, text: str) -> str:
    """A base URL, or `off`, which is empty."""
    return "" if text.rstrip("/") == OFF else url(name, text)


def address(name: str, text: str) -> str:
    """A whole URL, which may hold a query and so a key: it is never repeated. May be empty."""
    if "#" in text or "@" in text.partition("?")[0]:
        raise ConfigError(name, USER_IN_ADDRESS)
    if text and (not _is_url(text) or not text.isascii() or not text.isprintable() or " " in text):
        raise ConfigError(name, NOT_AN_ADDRESS)
    return text


def origins(name: str, text: str) -> tuple[str, ...]:
    """Origins of pages, as browsers name them: in small letters, without a default port."""
    return tuple(_origin(name, part) for part in _parts(text))


def networks(name: str, text: str) -> tuple[str, ...]:
    """Addresses and networks."""
    try:
        return tuple(str(ip_network(part)) for part in _parts(text))
    except ValueError as exc:
        raise ConfigError(name, NOT_PROXIES, value=repr(text)) from exc


def password(name: str, text: str) -> str:
    """A password; it is never repeated."""
    try:
        size = len(unicodedata.normalize("NFC", text).encode())
    except UnicodeEncodeError as exc:
        raise ConfigError(name, NO_PASSWORD) from exc
    if any(unicodedata.category(char) == "Cc" for char in text):
        raise ConfigError(name, NO_PASSWORD)
    if len(text) < MIN_PASSWORD_CHARS:
        raise ConfigError(name, TOO_SHORT, low=MIN_PASSWORD_CHARS)
    if size > MAX_PASSWORD_BYTES:
        raise ConfigError(name, TOO_LONG, high=MAX_PASSWORD_BYTES)
    return text


def _origin(name: str, text: str) -> str:
    value = text.lower().removesuffix("/")
    is_bare = value.isascii() and "@" not in value and value.count("/") == 2
    if not is_bare or any(sign in value for sign in "?#") or not _is_url(value):
        raise ConfigError(name, NOT_ORIGINS)
    default_port = ":443" if value.startswith("https") else ":80"
    return value.removesuffix(default_port)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return bool(parts.scheme in ("http", "https") and parts.hostname and parts.port != 0)
    except ValueError:
        return False
