"""Settings from the environment: each has a default, takes what is good, and refuses the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cointracker.config import COINPAPRIKA_URL, PRO_URL, PUBLIC_URL, Settings
from cointracker.errors import ConfigError

KEY = "CG-0123456789secret"


def settings(**variables: str) -> Settings:
    return Settings.from_env({f"COINTRACKER_{name}": value for name, value in variables.items()})


def refusal(**variables: str) -> str:
    """The name of the variable that is refused; the message begins with it and holds no key."""
    with pytest.raises(ConfigError) as caught:
        settings(**variables)
    message = str(caught.value)
    assert message.startswith(f"{caught.value.setting}: ")
    assert KEY not in message
    assert "secret" not in message
    return caught.value.setting.removeprefix("COINTRACKER_")


def test_without_an_environment_all_is_at_its_default() -> None:
    assert settings() == Settings()
    assert vars(Settings()) == {
        "data_dir": Path("data"),
        "source": "auto",
        "coingecko_url": PUBLIC_URL,
        "coingecko_key": "",
        "coingecko_plan": "keyless",
        "coingecko_calls_per_minute": 0,
        "coingecko_calls_per_month": 0,
        "coinpaprika_url": COINPAPRIKA_URL,
        "standing_url_1": "",
        "standing_url_2": "",
        "lunarcrush_key": "",
        "update_interval_seconds": 300,
        "top_coins": 100,
        "history_days": 7,
        "stability_model": "classic",
        "quote_currency": "usd",
        "language": "",
        "access": "",
        "admin_password": "",
        "allowed_origins": (),
        "trusted_proxies": (),
        "calls_per_hour_anonymous": 100,
        "calls_per_hour_user": 1000,
    }


GOOD = [
    ("DATA_DIR", "/var/lib/coins", "data_dir", Path("/var/lib/coins")),
    ("SOURCE", "auto", "source", "auto"),
    ("SOURCE", "coingecko", "source", "coingecko"),
    ("SOURCE", "simulated", "source", "simulated"),
    ("COINGECKO_URL", "http://127.0.0.1:8000/api/", "coingecko_url", "http://127.0.0.1:8000/api"),
    ("COINGECKO_URL", "https://[::1]:8443", "coingecko_url", "https://[::1]:8443"),
    ("COINGECKO_KEY", KEY, "coingecko_key", KEY),
    ("COINGECKO_PLAN", "keyless", "coingecko_plan", "keyless"),
    ("COINGECKO_CALLS_PER_MINUTE", "1", "coingecko_calls_per_minute", 1),
    ("COINGECKO_CALLS_PER_MINUTE", "10000", "coingecko_calls_per_minute", 10_000),
    ("COINGECKO_CALLS_PER_MONTH", "0", "coingecko_calls_per_month", 0),
    ("COINGECKO_CALLS_PER_MONTH", "1000000000", "coingecko_calls_per_month", 1_000_000_000),
    ("COINPAPRIKA_URL", "http://127.0.0.1:8000/v1/", "coinpaprika_url", "http://127.0.0.1:8000/v1"),
    ("COINPAPRIKA_URL", "off", "coinpaprika_url", ""),
    ("STANDING_URL_1", "http://[::1]:9/s/", "standing_url_1", "http://[::1]:9/s/"),
    ("STANDING_URL_2", "https://x.y/s?key=a@b&n=1", "standing_url_2", "https://x.y/s?key=a@b&n=1"),
    ("LUNARCRUSH_KEY", KEY, "lunarcrush_key", KEY),
    ("UPDATE_INTERVAL", "60", "update_interval_seconds", 60),
    ("UPDATE_INTERVAL", "86400", "update_interval_seconds", 86_400),
    ("TOP_COINS", "1", "top_coins", 1),
    ("TOP_COINS", "1000", "top_coins", 1_000),
    ("LANGUAGE", "fa", "language", "fa"),
    ("LANGUAGE", "en", "language", "en"),
    ("ACCESS", "public-read", "access", "public-read"),
    ("ACCESS", "private", "access", "private"),
    ("ALLOWED_ORIGINS", "https://A.example/", "allowed_origins", ("https://a.example",)),
    ("ALLOWED_ORIGINS", "http://[::1]:90, https://b:443,", "allowed_origins",
     ("http://[::1]:90", "https://b")),
    ("TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8", "trusted_proxies",
     ("127.0.0.1/32", "10.0.0.0/8")),
    ("CALLS_PER_HOUR_ANONYMOUS", "1", "calls_per_hour_anonymous", 1),
    ("CALLS_PER_HOUR_USER", "1000000", "calls_per_hour_user", 1_000_000),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "field", "expected"), GOOD)
def test_a_good_value_is_taken(name: str, value: str, field: str, expected: Any) -> None:
    assert getattr(settings(**{name: f" {value} "}), field) == expected


@pytest.mark.parametrize("name", sorted({name for name, *_rest in GOOD}))
def test_an_empty_value_means_the_default(name: str) -> None:
    assert settings(**{name: ""}) == settings(**{name: "  "}) == Settings()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("SOURCE", ["binance", "Auto", "coingecko,simulated"]),
        ("COINGECKO_PLAN", ["free", "PRO"]),
        ("LANGUAGE", ["de", "fa-IR", "EN"]),
        ("UPDATE_INTERVAL", ["59", "86401", "0", "-60", "5m", "1e3", "300.0", "٣٠٠", "9" * 5000]),
        ("COINGECKO_CALLS_PER_MINUTE", ["10001", "-1", "ten"]),
        ("COINGECKO_CALLS_PER_MONTH", ["1000000001", "-1", "10k"]),
        ("TOP_COINS", ["0", "1001", "-1", "all", "1_0", "²", "0x10"]),
        ("COINGECKO_URL", ["api.coingecko.com", "ftp://x", "http://", "https:///v3", "http://[::1",
                           "http://host:port", "http://host:70000", "http://host:0",
                           "http://host/?key=secret", "http://host/#secret",
                           "http://secret@host", "http://:secret@host", "ftp://u:secret@host"]),
        ("COINPAPRIKA_URL", ["Off", "none", "ftp://x", "http://host/?key=secret"]),
        ("STANDING_URL_1", ["off", "x.y/s", "ftp://x/secret", "file:///etc/secret", "http://",
                            "http://host:0/secret", "http://host/#secret", "http://u:secret@host",
                            "http://host/a secret", "http://host/é-secret", "http://h/\nsecret"]),
        ("STANDING_URL_2", ["gopher://x/secret"]),
        ("ACCESS", ["public", "Private", "public-read,private"]),
        ("ADMIN_PASSWORD", ["secret7", "        "[:7], "secret\n-secret", "secret" * 13, "é" * 37]),
        ("ALLOWED_ORIGINS", ["*", "null", "a.example", "https://a/b", "https://a?secret",
                             "https://secret@a", "https://a#", "ftp://a", "https://é.example"]),
        ("TRUSTED_PROXIES", ["*", "localhost", "10.0.0.1/8", "10.0.0.256"]),
        ("CALLS_PER_HOUR_ANONYMOUS", ["0", "-1", "1000001"]),
        ("CALLS_PER_HOUR_USER", ["0", "many"]),
        ("LUNARCRUSH_KEY", ["secret\nX: y", "é-secret"]),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_by_name(name: str, values: list[str]) -> None:
    for value in values:
        assert refusal(**{name: value}) == name, value


# The key and its plan


@pytest.mark.parametrize(
    ("variables", "plan", "url"),
    [
        ({}, "keyless", PUBLIC_URL),
        ({"COINGECKO_KEY": KEY}, "demo", PUBLIC_URL),
        ({"COINGECKO_KEY": KEY, "COINGECKO_PLAN": "demo"}, "demo", PUBLIC_URL),
        ({"COINGECKO_KEY": KEY, "COINGECKO_PLAN": "pro"}, "pro", PRO_URL),
        ({"COINGECKO_KEY": KEY, "COINGECKO_PLAN": "keyless"}, "keyless", PUBLIC_URL),
        ({"COINGECKO_KEY": KEY, "COINGECKO_PLAN": "pro", "COINGECKO_URL": "http://x"}, "pro",
         "http://x"),
    ],
)  # fmt: skip
def test_the_plan_follows_the_key_and_the_host_the_plan(
    variables: dict[str, str], plan: str, url: str
) -> None:
    found = settings(**variables)
    assert (found.coingecko_plan, found.coingecko_url) == (plan, url)


@pytest.mark.parametrize("plan", ["demo", "pro"])
def test_a_plan_with_a_key_needs_one(plan: str) -> None:
    assert refusal(COINGECKO_PLAN=plan) == "COINGECKO_KEY"


@pytest.mark.parametrize("key", [f"{KEY}\nx", f"{KEY}é", f"کلید{KEY}", f"{KEY}\x00"])
def test_a_key_that_no_header_can_hold(key: str) -> None:
    assert refusal(COINGECKO_KEY=key) == "COINGECKO_KEY"


def test_a_password_is_taken_as_it_is_and_not_shown() -> None:
    given = settings(ADMIN_PASSWORD=" a b c d ")
    assert given.admin_password == " a b c d "
    assert "a b c d" not in repr(given)
    assert settings(ADMIN_PASSWORD="é" * 36).admin_password == "é" * 36
    assert settings(ADMIN_PASSWORD="").admin_password == ""


def test_the_key_is_not_shown() -> None:
    assert KEY not in repr(settings(COINGECKO_KEY=KEY))
    asked = f"https://x.y/?key={KEY}"
    shown = settings(STANDING_URL_1=asked, STANDING_URL_2=asked, LUNARCRUSH_KEY=KEY)
    assert KEY not in repr(shown)
    assert refusal(COINGECKO_KEY=KEY, COINGECKO_PLAN="free") == "COINGECKO_PLAN"


def test_other_variables_are_nobodys_business() -> None:
    assert Settings.from_env({"TOP_COINS": "5", "HOME": "/root"}) == Settings()
