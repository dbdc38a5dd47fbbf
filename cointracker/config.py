"""Settings from the environment, checked; the only reader of it beside `bootstrap`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cointracker.errors import ConfigError

PUBLIC_URL = "https://api.coingecko.com/api/v3"
PRO_URL = "https://pro-api.coingecko.com/api/v3"
COINPAPRIKA_URL = "https://api.coinpaprika.com/v1"
OFF = "off"
SOURCES = ("auto", "coingecko", "simulated")
PLANS = ("keyless", "demo", "pro")
LANGUAGES = ("en", "fa")
STABILITY_MODELS = ("classic", "robust")


@dataclass(frozen=True)
class Settings:
    """What the dashboard runs with; docs/settings.md explains each for its user.

    Calls per minute and month are 0 where those of the plan hold; coinpaprika_url is empty when
    there is to be no second source. Raises ConfigError, naming the environment variable, for a
    value that cannot be used.
    """

    data_dir: Path = Path("data")
    source: str = "auto"
    coingecko_url: str = PUBLIC_URL
    coingecko_key: str = field(default="", repr=False)
    coingecko_plan: str = "keyless"
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

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Settings from `COINTRACKER_*` variables; an unset or empty one means its default."""
        read = _Reader(env)
        key = read.key("COINGECKO_KEY")
        plan = read.choice("COINGECKO_PLAN", "demo" if key else "keyless", PLANS)
        if plan != "keyless" and not key:
            raise ConfigError("COINTRACKER_COINGECKO_KEY", f"is needed for the plan {plan!r}")
        return cls(
            data_dir=Path(read.text("DATA_DIR", "data")),
            source=read.choice("SOURCE", "auto", SOURCES),
            coingecko_url=read.url("COINGECKO_URL", PRO_URL if plan == "pro" else PUBLIC_URL),
            coingecko_key=key,
            coingecko_plan=plan,
            coingecko_calls_per_minute=read.integer("COINGECKO_CALLS_PER_MINUTE", 0, 0, 10_000),
            coingecko_calls_per_month=read.integer(
                "COINGECKO_CALLS_PER_MONTH", 0, 0, 1_000_000_000
            ),
            coinpaprika_url=read.url("COINPAPRIKA_URL", COINPAPRIKA_URL, can_be_off=True),
            standing_url_1=read.address("STANDING_URL_1"),
            standing_url_2=read.address("STANDING_URL_2"),
            lunarcrush_key=read.key("LUNARCRUSH_KEY"),
            update_interval_seconds=read.integer("UPDATE_INTERVAL", 300, 60, 86_400),
            top_coins=read.integer("TOP_COINS", 100, 1, 1_000),
            language=read.choice("LANGUAGE", "", ("", *LANGUAGES)),
        )


@dataclass(frozen=True)
class _Reader:
    env: Mapping[str, str]

    def text(self, name: str, default: str) -> str:
        return self.env.get(f"COINTRACKER_{name}", "").strip() or default

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in allowed:
            options = ", ".join(option for option in allowed if option)
            raise ConfigError(f"COINTRACKER_{name}", f"must be one of {options}; got {value!r}")
        return value

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        text = self.text(name, str(default))
        is_number = text.isascii() and text.isdigit() and len(text) <= len(str(high))
        if not is_number or not low <= int(text) <= high:
            raise ConfigError(
                f"COINTRACKER_{name}", f"must be a whole number {low} to {high}; got {text!r}"
            )
        return int(text)

    def key(self, name: str) -> str:
        """A secret that goes into a header; empty when there is none."""
        key = self.text(name, "")
        if not key.isascii() or not key.isprintable():
            raise ConfigError(f"COINTRACKER_{name}", "holds characters that no key has")
        return key

    def url(self, name: str, default: str, *, can_be_off: bool = False) -> str:
        """A base URL, without a slash at its end; empty when it is `off` and can be."""
        value = self.text(name, default).rstrip("/")
        if can_be_off and value == OFF:
            return ""
        if any(sign in value for sign in "?#@"):
            raise ConfigError(f"COINTRACKER_{name}", "must hold neither a query nor a user name")
        if not _is_url(value):
            raise ConfigError(f"COINTRACKER_{name}", f"must be an http or https URL; got {value!r}")
        return value

    def address(self, name: str) -> str:
        """A whole URL, which may hold a query and so a key: it is not told again. May be empty."""
        value = self.text(name, "")
        if not value:
            return ""
        if "#" in value or "@" in value.partition("?")[0]:
            raise ConfigError(f"COINTRACKER_{name}", "must hold neither a user name nor a #")
        if not _is_url(value) or not value.isascii() or not value.isprintable() or " " in value:
            raise ConfigError(f"COINTRACKER_{name}", "must be an http or https URL")
        return value


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return bool(parts.scheme in ("http", "https") and parts.hostname and parts.port != 0)
    except ValueError:
        return False
