"""Settings from the environment: each has a default, takes what is good, and refuses the rest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cointracker.bootstrap.features import FEATURES
from cointracker.core import parsers
from cointracker.core.errors import ConfigError
from cointracker.core.settings import (
    NameOf,
    Rule,
    Secrecy,
    Section,
    Setting,
    Settings,
    SettingsCatalogue,
    variable_of,
)
from cointracker.features.accounts.settings import ADMIN_PASSWORD
from cointracker.markets.crypto import COINPAPRIKA_URL, PLAN, PRO_URL, PUBLIC_URL, URL

DEFAULTS = FEATURES.settings.defaults()
KEY = "CG-0123456789secret"


def settings(**variables: str) -> Settings:
    environment = {f"COINTRACKER_{name}": value for name, value in variables.items()}
    return FEATURES.settings.from_environment(environment)


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
    assert settings() == DEFAULTS
    values = {name: DEFAULTS[setting] for name, setting in FEATURES.settings.by_name.items()}
    assert values == {
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
    (
        "ALLOWED_ORIGINS",
        "http://[::1]:90, https://b:443,",
        "allowed_origins",
        ("http://[::1]:90", "https://b"),
    ),
    ("TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8", "trusted_proxies", ("127.0.0.1/32", "10.0.0.0/8")),
    ("CALLS_PER_HOUR_ANONYMOUS", "1", "calls_per_hour_anonymous", 1),
    ("CALLS_PER_HOUR_USER", "1000000", "calls_per_hour_user", 1_000_000),
]


@pytest.mark.parametrize(("name", "value", "field", "expected"), GOOD)
def test_a_good_value_is_taken(name: str, value: str, field: str, expected: Any) -> None:
    setting = FEATURES.settings.by_name[field]
    assert variable_of(setting) == f"COINTRACKER_{name}"
    assert settings(**{name: f" {value} "})[setting] == expected


@pytest.mark.parametrize("name", sorted({name for name, *_rest in GOOD}))
def test_an_empty_value_means_the_default(name: str) -> None:
    assert settings(**{name: ""}) == settings(**{name: "  "}) == DEFAULTS


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
        (
            "COINGECKO_URL",
            [
                "api.coingecko.com",
                "ftp://x",
                "http://",
                "https:///v3",
                "http://[::1",
                "http://host:port",
                "http://host:70000",
                "http://host:0",
                "http://host/?key=secret",
                "http://host/#secret",
                "http://secret@host",
                "http://:secret@host",
                "ftp://u:secret@host",
            ],
        ),
        ("COINPAPRIKA_URL", ["Off", "none", "ftp://x", "http://host/?key=secret"]),
        (
            "STANDING_URL_1",
            [
                "off",
                "x.y/s",
                "ftp://x/secret",
                "file:///etc/secret",
                "http://",
                "http://host:0/secret",
                "http://host/#secret",
                "http://u:secret@host",
                "http://host/a secret",
                "http://host/é-secret",
                "http://h/\nsecret",
            ],
        ),
        ("STANDING_URL_2", ["gopher://x/secret"]),
        ("ACCESS", ["public", "Private", "public-read,private"]),
        ("ADMIN_PASSWORD", ["secret7", "        "[:7], "secret\n-secret", "secret" * 13, "é" * 37]),
        (
            "ALLOWED_ORIGINS",
            [
                "*",
                "null",
                "a.example",
                "https://a/b",
                "https://a?secret",
                "https://secret@a",
                "https://a#",
                "ftp://a",
                "https://é.example",
            ],
        ),
        ("TRUSTED_PROXIES", ["*", "localhost", "10.0.0.1/8", "10.0.0.256"]),
        ("CALLS_PER_HOUR_ANONYMOUS", ["0", "-1", "1000001"]),
        ("CALLS_PER_HOUR_USER", ["0", "many"]),
        ("LUNARCRUSH_KEY", ["secret\nX: y", "é-secret"]),
    ],
)
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
        (
            {"COINGECKO_KEY": KEY, "COINGECKO_PLAN": "pro", "COINGECKO_URL": "http://x"},
            "pro",
            "http://x",
        ),
    ],
)
def test_the_plan_follows_the_key_and_the_host_the_plan(
    variables: dict[str, str], plan: str, url: str
) -> None:
    found = settings(**variables)
    assert (found[PLAN], found[URL]) == (plan, url)


@pytest.mark.parametrize("plan", ["demo", "pro"])
def test_a_plan_with_a_key_needs_one(plan: str) -> None:
    assert refusal(COINGECKO_PLAN=plan) == "COINGECKO_KEY"


@pytest.mark.parametrize("key", [f"{KEY}\nx", f"{KEY}é", f"کلید{KEY}", f"{KEY}\x00"])
def test_a_key_that_no_header_can_hold(key: str) -> None:
    assert refusal(COINGECKO_KEY=key) == "COINGECKO_KEY"


def test_a_password_is_taken_as_it_is_and_not_shown() -> None:
    given = settings(ADMIN_PASSWORD=" a b c d ")
    assert given[ADMIN_PASSWORD] == " a b c d "
    assert "a b c d" not in repr(given)
    assert settings(ADMIN_PASSWORD="é" * 36)[ADMIN_PASSWORD] == "é" * 36
    assert settings(ADMIN_PASSWORD="")[ADMIN_PASSWORD] == ""


def test_the_key_is_not_shown() -> None:
    assert KEY not in repr(settings(COINGECKO_KEY=KEY))
    asked = f"https://x.y/?key={KEY}"
    shown = settings(STANDING_URL_1=asked, STANDING_URL_2=asked, LUNARCRUSH_KEY=KEY)
    assert KEY not in repr(shown)
    assert refusal(COINGECKO_KEY=KEY, COINGECKO_PLAN="free") == "COINGECKO_PLAN"


def test_other_variables_are_nobodys_business() -> None:
    given = {"TOP_COINS": "5", "HOME": "/root", "COINTRACKER_NO_SUCH": "x"}
    assert FEATURES.settings.from_environment(given) == DEFAULTS
    assert FEATURES.settings.from_environment({"COINTRACKER_": "x"}) == DEFAULTS


def test_every_variable_is_tried_here() -> None:
    variables = {one.variable for one in FEATURES.settings.by_name.values() if one.variable}
    assert variables == {name for name, *_rest in GOOD} | {"ADMIN_PASSWORD"}
    assert len(variables) == sum(bool(one.variable) for one in FEATURES.settings.by_name.values())


# Values


SIZE = Setting("size", 5, parsers.whole(1, 9), "SIZE")
COLOUR = Setting("colour", "red", parsers.choice("red", "blue"))
SECRET = Setting("secret", "", parsers.password, "SECRET", Secrecy.PASSWORD)


def test_a_setting_without_a_value_is_at_its_default() -> None:
    given = Settings(size=7)
    assert (given[SIZE], given[COLOUR]) == (7, "red")


def test_what_is_replaced_leaves_the_rest_and_the_original() -> None:
    given = Settings(size=7, colour="blue")
    changed = given.replace({"size": 8})
    assert (changed[SIZE], changed[COLOUR]) == (8, "blue")
    assert (given[SIZE], given[COLOUR]) == (7, "blue")


def test_the_same_values_are_the_same_settings() -> None:
    assert Settings(size=7) == Settings(size=7)
    assert hash(Settings(size=7)) == hash(Settings(size=7))
    assert Settings(size=7) != Settings(size=8)
    assert Settings() != "settings"


def test_whether_some_of_them_differ() -> None:
    given = Settings(size=7)
    assert given.differs(Settings(), [COLOUR, SIZE])
    assert not given.differs(Settings(), [COLOUR])
    assert not Settings(size=5).differs(Settings(), [SIZE])


def test_values_are_not_shown() -> None:
    assert repr(Settings(secret="hidden", size=7)) == "Settings(secret, size)"


def test_which_are_secret() -> None:
    assert [SECRET.is_secret, SIZE.is_secret] == [True, False]


# A catalogue


def grow(_now: Settings, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """A blue one is of size 9."""
    return {"size": 9} if given.get("colour") == "blue" else {}


def small_is_red(values: Settings, name_of: NameOf) -> None:
    if values[SIZE] == 1 and values[COLOUR] != "red":
        raise ConfigError(name_of(SIZE), "is too small for that colour")


def mend(values: Settings) -> Mapping[str, Any]:
    return {"colour": "red"} if values[SIZE] == 1 else {}


def follow(_now: Settings, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The secret tells the size, whoever gave it."""
    return {"secret": f"secret {given['size']}"} if "size" in given else {}


SMALL = SettingsCatalogue(
    (SIZE, COLOUR, SECRET),
    (Rule(grow, small_is_red, mend), Rule(imply=follow)),
    (Section("Second", (SIZE,), order=2), Section("First", (COLOUR,), order=1)),
)


def test_every_setting_has_its_default() -> None:
    assert SMALL.defaults() == Settings(size=5, colour="red", secret="")


def test_what_can_be_edited_stands_in_the_order_of_the_sections() -> None:
    assert [section.title for section in SMALL.sections] == ["First", "Second"]
    assert list(SMALL.editable) == ["colour", "size"]


def test_what_follows_from_a_value_is_set_with_it_and_what_follows_from_that() -> None:
    changed = SMALL.overlaid(SMALL.defaults(), {"colour": "blue"})
    assert (changed[SIZE], changed[COLOUR], changed[SECRET]) == (9, "blue", "secret 9")


def test_what_is_given_outright_counts_before_what_follows() -> None:
    changed = SMALL.overlaid(SMALL.defaults(), {"colour": "blue", "size": 3})
    assert (changed[SIZE], changed[SECRET]) == (3, "secret 3")


def test_what_does_not_go_together_is_refused_by_the_name_in_use() -> None:
    wrong = Settings(size=1, colour="blue")
    with pytest.raises(ConfigError) as caught:
        SMALL.check(wrong)
    assert caught.value.setting == "size"
    with pytest.raises(ConfigError) as caught:
        SMALL.check(wrong, variable_of)
    assert caught.value.setting == "COINTRACKER_SIZE"


def test_what_was_saved_is_mended_with_all_that_follows() -> None:
    found = SMALL.mended(SMALL.defaults(), {"size": 1, "colour": "blue"})
    assert (found[SIZE], found[COLOUR]) == (1, "red")
    SMALL.check(found)


def test_what_a_saved_value_would_bring_along_is_not_brought_again() -> None:
    found = SMALL.mended(SMALL.defaults(), {"colour": "blue"})
    assert (found[SIZE], found[COLOUR]) == (5, "blue")


def test_a_setting_without_a_variable_is_not_the_environment_s() -> None:
    found = SMALL.from_environment({"COINTRACKER_COLOUR": "blue", "COINTRACKER_": "blue"})
    assert found == SMALL.defaults()


def test_blanks_around_a_password_are_its_own() -> None:
    environment = {"COINTRACKER_SECRET": "  secret  ", "COINTRACKER_SIZE": " 7 "}
    found = SettingsCatalogue((SIZE, SECRET)).from_environment(environment)
    assert (found[SECRET], found[SIZE]) == ("  secret  ", 7)


@pytest.mark.parametrize(("given", "value"), [("7", 7), (" 7\n", 7), (7, 7)])
def test_a_text_or_a_number_is_read(given: object, value: int) -> None:
    assert SMALL.parse("size", given) == value


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("size", True),
        ("size", 7.0),
        ("size", None),
        ("size", ["7"]),
        ("size", "10"),
        ("colour", ""),
        ("secret", "long enough"),
        ("gone", "x"),
    ],
)
def test_nothing_else_is_and_nothing_that_cannot_be_edited(name: str, given: object) -> None:
    with pytest.raises(ConfigError) as caught:
        SMALL.parse(name, given)
    assert caught.value.setting == name
