"""Settings from the environment and their values, checked; the only reader of the environment
beside `bootstrap`."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cointracker.errors import ConfigError

PUBLIC_URL = "https://api.coingecko.com/api/v3"
PRO_URL = "https://pro-api.coingecko.com/api/v3"
COINPAPRIKA_URL = "https://api.coinpaprika.com/v1"
OFF = "off"
SOURCES = ("auto", "coingecko", "simulated")
KEYLESS = "keyless"
PLANS = (KEYLESS, "demo", "pro")
LANGUAGES = ("en", "fa")
STABILITY_MODELS = ("classic", "robust")
CURRENCIES = (
    "usd", "aed", "ars", "aud", "bdt", "bhd", "bmd", "brl", "btc", "cad", "chf", "clp", "cny",
    "czk", "dkk", "eth", "eur", "gbp", "gel", "hkd", "huf", "idr", "ils", "inr", "jpy", "krw",
    "kwd", "lkr", "mmk", "mxn", "myr", "ngn", "nok", "nzd", "php", "pkr", "pln", "rub", "sar",
    "sek", "sgd", "thb", "try", "twd", "uah", "vnd", "zar",
)  # fmt: skip
"""What CoinGecko quotes in, the usual one first; source: its documentation's list of currencies."""

ACCESS_MODES = ("public-read", "private")
PASSWORD_CHARS, PASSWORD_BYTES = 8, 72
"""The least of a password, and what bcrypt takes of one."""

ONE_OF = "must be one of {options}; got {value}"
WHOLE = "must be a whole number {low} to {high}; got {value}"
NO_CURRENCY = "must be a currency that CoinGecko quotes in; got {value}"
NO_KEY = "holds characters that no key has"
NOT_A_BASE = "must hold neither a query nor a user name"
NOT_A_URL = "must be an http or https URL; got {value}"
NOT_AN_ADDRESS = "must be an http or https URL"
USER_IN_ADDRESS = "must hold neither a user name nor a #"
TOO_SHORT = "must have at least {low} characters"
TOO_LONG = "must have at most {high} bytes; a letter that is not Latin takes two to four"
NO_PASSWORD = "must be text without control characters"  # noqa: S105
NOT_ORIGINS = "must be origins like https://coins.example.com, separated by commas"
NOT_PROXIES = "must be addresses or networks, separated by commas; got {value}"
KEY_NEEDED = "is needed for the plan {plan}"

Parser = Callable[[str, str], Any]
"""The value that a text means, or a ConfigError about the setting of that name."""


@dataclass(frozen=True)
class Settings:
    """What the dashboard runs with; docs/settings.md explains each for its user.

    Calls per minute and month are 0 where those of the plan hold; coinpaprika_url is empty when
    there is to be no second source; access is empty where it goes by the server's address. Raises
    ConfigError, naming the environment variable, for a value that cannot be used.
    """

    data_dir: Path = Path("data")
    source: str = "auto"
    coingecko_url: str = PUBLIC_URL
    coingecko_key: str = field(default="", repr=False)
    coingecko_plan: str = KEYLESS
    coingecko_calls_per_minute: int = 0
    coingecko_calls_per_month: int = 0
    coinpaprika_url: str = COINPAPRIKA_URL
    standing_url_1: str = field(default="", repr=False)
    standing_url_2: str = field(default="", repr=False)
    lunarcrush_key: str = field(default="", repr=False)
    update_interval_seconds: int = 300
    top_coins: int = 100
    history_days: int = 7
    stability_model: str = "classic"
    quote_currency: str = "usd"
    language: str = ""
    access: str = ""
    admin_password: str = field(default="", repr=False)
    allowed_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    calls_per_hour_anonymous: int = 100
    calls_per_hour_user: int = 1000

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Settings from `COINTRACKER_*` variables; an unset or empty one means its default."""
        given = {
            name: PARSERS[name](variable, text)
            for name, variable in VARIABLES.items()
            if (text := _text(name, env.get(variable, "")))
        }
        if given.get("coingecko_key"):
            given = {"coingecko_plan": "demo"} | given
        if given.get("coingecko_plan") == "pro":
            given = {"coingecko_url": PRO_URL} | given
        found = cls(**given)
        found.check_plan(VARIABLES["coingecko_key"])
        return found

    def check_plan(self, name: str = "coingecko_key") -> None:
        """Raise ConfigError about the key, under that name, when the plan needs one."""
        if self.coingecko_plan != KEYLESS and not self.coingecko_key:
            raise ConfigError(name, KEY_NEEDED, plan=repr(self.coingecko_plan))

    def overlaid(self, values: Mapping[str, Any]) -> Settings:
        """These settings with some values in place of theirs; CoinGecko's host follows the plan."""
        plan = values.get("coingecko_plan", self.coingecko_plan)
        if plan != self.coingecko_plan and self.coingecko_url in (PUBLIC_URL, PRO_URL):
            values = {"coingecko_url": PRO_URL if plan == "pro" else PUBLIC_URL} | dict(values)
        return replace(self, **values)


def check_password(name: str, password: str) -> None:
    """Raise ConfigError under that name for what cannot be a password; it is not told again."""
    try:
        size = len(unicodedata.normalize("NFC", password).encode())
    except UnicodeEncodeError as exc:
        raise ConfigError(name, NO_PASSWORD) from exc
    if any(unicodedata.category(char) == "Cc" for char in password):
        raise ConfigError(name, NO_PASSWORD)
    if len(password) < PASSWORD_CHARS:
        raise ConfigError(name, TOO_SHORT, low=PASSWORD_CHARS)
    if size > PASSWORD_BYTES:
        raise ConfigError(name, TOO_LONG, high=PASSWORD_BYTES)


def _text(name: str, given: str) -> str:
    """What a variable says: without the blanks around it, unless they may be meant."""
    return given if name == "admin_password" else given.strip()


def _password(name: str, text: str) -> str:
    check_password(name, text)
    return text


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _origins(name: str, text: str) -> tuple[str, ...]:
    return tuple(_origin(name, part) for part in _listed(text))


def _origin(name: str, text: str) -> str:
    """Scheme, host and port as a browser tells them: in small letters, no port that is usual."""
    value = text.lower().removesuffix("/")
    is_bare = value.isascii() and "@" not in value and value.count("/") == 2
    if not is_bare or any(sign in value for sign in "?#") or not _is_url(value):
        raise ConfigError(name, NOT_ORIGINS)
    usual = ":443" if value.startswith("https") else ":80"
    return value.removesuffix(usual)


def _networks(name: str, text: str) -> tuple[str, ...]:
    try:
        return tuple(str(ip_network(part)) for part in _listed(text))
    except ValueError as exc:
        raise ConfigError(name, NOT_PROXIES, value=repr(text)) from exc


def _choice(allowed: tuple[str, ...], name: str, text: str) -> str:
    if text not in allowed:
        options = ", ".join(option for option in allowed if option)
        raise ConfigError(name, ONE_OF, options=options, value=repr(text))
    return text


def _currency(name: str, text: str) -> str:
    if text.lower() not in CURRENCIES:
        raise ConfigError(name, NO_CURRENCY, value=repr(text))
    return text.lower()


def _whole(low: int, high: int, name: str, text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(high))
    if not is_number or not low <= int(text) <= high:
        raise ConfigError(name, WHOLE, low=low, high=high, value=repr(text))
    return int(text)


def _key(name: str, text: str) -> str:
    """A secret that goes into a header; empty when there is none."""
    if not text.isascii() or not text.isprintable():
        raise ConfigError(name, NO_KEY)
    return text


def _url(name: str, text: str) -> str:
    """A base URL, without a slash at its end."""
    value = text.rstrip("/")
    if any(sign in value for sign in "?#@"):
        raise ConfigError(name, NOT_A_BASE)
    if not _is_url(value):
        raise ConfigError(name, NOT_A_URL, value=repr(value))
    return value


def _url_or_off(name: str, text: str) -> str:
    return "" if text.rstrip("/") == OFF else _url(name, text)


def _address(name: str, text: str) -> str:
    """A whole URL, which may hold a query and so a key: it is not told again. May be empty."""
    if "#" in text or "@" in text.partition("?")[0]:
        raise ConfigError(name, USER_IN_ADDRESS)
    if text and (not _is_url(text) or not text.isascii() or not text.isprintable() or " " in text):
        raise ConfigError(name, NOT_AN_ADDRESS)
    return text


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return bool(parts.scheme in ("http", "https") and parts.hostname and parts.port != 0)
    except ValueError:
        return False


PARSERS: dict[str, Parser] = {
    "data_dir": lambda _name, text: Path(text),
    "source": partial(_choice, SOURCES),
    "coingecko_url": _url,
    "coingecko_key": _key,
    "coingecko_plan": partial(_choice, PLANS),
    "coingecko_calls_per_minute": partial(_whole, 0, 10_000),
    "coingecko_calls_per_month": partial(_whole, 0, 1_000_000_000),
    "coinpaprika_url": _url_or_off,
    "standing_url_1": _address,
    "standing_url_2": _address,
    "lunarcrush_key": _key,
    "update_interval_seconds": partial(_whole, 60, 86_400),
    "top_coins": partial(_whole, 1, 1_000),
    "history_days": partial(_whole, 3, 365),
    "stability_model": partial(_choice, STABILITY_MODELS),
    "quote_currency": _currency,
    "language": partial(_choice, ("", *LANGUAGES)),
    "access": partial(_choice, ("", *ACCESS_MODES)),
    "admin_password": _password,
    "allowed_origins": _origins,
    "trusted_proxies": _networks,
    "calls_per_hour_anonymous": partial(_whole, 1, 1_000_000),
    "calls_per_hour_user": partial(_whole, 1, 1_000_000),
}
"""How the text of each setting is read, wherever it comes from."""

NOT_IN_THE_ENVIRONMENT = ("history_days", "stability_model", "quote_currency")
SHORTER = {"update_interval_seconds": "UPDATE_INTERVAL"}
VARIABLES = {
    name: f"COINTRACKER_{SHORTER.get(name, name.upper())}"
    for name in PARSERS
    if name not in NOT_IN_THE_ENVIRONMENT
}
"""The environment variable of each setting that has one."""
