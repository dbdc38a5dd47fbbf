"""Settings that are saved: checked each by itself, all or none, over the environment's."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cointracker.bootstrap.features import FEATURES
from cointracker.core.errors import (
    DatabaseClosed,
    InvalidSettings,
    LoginNeeded,
    NotAllowed,
    SourceUnreachable,
    StorageError,
)
from cointracker.core.rights import NOBODY, Means
from cointracker.core.settings import Settings
from cointracker.features.settings import store
from cointracker.features.settings.service import (
    SettingsService,
    masked_address,
    masked_key,
    stored,
)
from cointracker.markets.crypto import KEY as COINGECKO_KEY
from cointracker.markets.crypto import PLAN, PRO_URL, PUBLIC_URL, URL, call_plan
from cointracker.markets.settings import HISTORY_DAYS, TOP_COINS
from cointracker.storage.database import Database
from tests.databases import app_database
from tests.fakes import ADMIN, NOON, VIEWER, FakeClock, Notes

KEY = "CG-0123456789wxyz"
ADDRESS = "https://api.example.org/v1?token=hidden"
CATALOGUE = FEATURES.settings
EDITABLE = tuple(CATALOGUE.editable)
DEFAULTS = CATALOGUE.defaults()


class Applied(list[Settings]):
    """What was applied, in order; `error` refuses it."""

    error: Exception | None = None

    def __call__(self, settings: Settings) -> None:
        if self.error is not None:
            raise self.error
        self.append(settings)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Database]:
    database = app_database(tmp_path / "app.duckdb")
    yield database
    database.close()


@pytest.fixture
def applied() -> Applied:
    return Applied()


def service_of(
    kept: Database, applied: Applied, given: Settings | None = None, notes: Any = None
) -> SettingsService:
    return SettingsService(
        kept,
        given or DEFAULTS,
        FakeClock(),
        catalogue=CATALOGUE,
        call_plan=call_plan,
        apply=applied,
        audit=Notes() if notes is None else notes,
    )


@pytest.fixture
def service(kept: Database, applied: Applied) -> SettingsService:
    return service_of(kept, applied)


def texts(kept: Database) -> dict[str, str]:
    with kept.reading() as session:
        return store.saved(session)


GOOD: dict[str, tuple[object, Any]] = {
    "source": ("simulated", "simulated"),
    "coingecko_key": (f" {KEY} ", KEY),
    "coingecko_plan": ("keyless", "keyless"),
    "top_coins": (1000, 1000),
    "update_interval_seconds": ("86400", 86_400),
    "quote_currency": ("EUR", "eur"),
    "history_days": ("3", 3),
    "stability_model": ("robust", "robust"),
    "standing_url_1": (ADDRESS, ADDRESS),
    "standing_url_2": ("http://127.0.0.1:9/", "http://127.0.0.1:9/"),
    "lunarcrush_key": (KEY, KEY),
    "language": ("fa", "fa"),
    "access": ("private", "private"),
}
BAD: dict[str, list[object]] = {
    "source": ["", "binance"],
    "coingecko_key": ["sécret", "a\nb"],
    "coingecko_plan": ["", "free"],
    "top_coins": ["", 0, 1001, "ten", True, 5.0, None],
    "update_interval_seconds": ["59", "86401", "5 min"],
    "quote_currency": ["", "xyz", "vef"],
    "history_days": ["2", "366", "-7"],
    "stability_model": ["", "best"],
    "standing_url_1": ["ftp://x", "http://u:p@host/", "http://host/#x"],
    "standing_url_2": ["no address"],
    "lunarcrush_key": ["é"],
    "language": ["de"],
    "access": ["public", "Private"],
}


def test_all_that_can_be_set_is_tried_here() -> None:
    assert set(GOOD) == set(BAD) == set(EDITABLE)
    assert set(EDITABLE) <= set(CATALOGUE.by_name)


@pytest.mark.parametrize("name", EDITABLE)
def test_a_good_value_is_applied_and_outlives_the_process(
    kept: Database, service: SettingsService, applied: Applied, name: str
) -> None:
    given, value = GOOD[name]
    assert service.check({name: given}) == {}
    service.save({name: given}, by=ADMIN)
    assert service.current()[CATALOGUE.by_name[name]] == value
    assert [service.current()] == (applied or [DEFAULTS])
    assert stored(kept, DEFAULTS, CATALOGUE) == service.current()
    assert service_of(kept, Applied()).current() == service.current()


@pytest.mark.parametrize("name", EDITABLE)
def test_a_bad_value_is_told_at_its_name_and_nothing_is_stored(
    kept: Database, service: SettingsService, applied: Applied, name: str
) -> None:
    other = "language" if name != "language" else "history_days"
    for value in BAD[name]:
        changes = {name: value, other: GOOD[other][0]}
        assert set(service.check(changes)) == {name}, value
        with pytest.raises(InvalidSettings) as caught:
            service.save(changes, by=ADMIN)
        assert set(caught.value.problems) == {name}
    assert (texts(kept), applied, service.current()) == ({}, [], DEFAULTS)


def test_what_cannot_be_set_here_is_refused(service: SettingsService) -> None:
    for name in ("data_dir", "coingecko_url", "coinpaprika_url", "no_such", "access"):
        assert set(service.check({name: "x"})) == {name}


def test_only_what_changes_is_stored(
    kept: Database, service: SettingsService, applied: Applied
) -> None:
    assert service.save({"top_coins": "100", "language": "", "history_days": "9"}, by=ADMIN) == {
        "history_days"
    }
    assert texts(kept) == {"history_days": "9"}
    assert service.save({"history_days": 9}, by=ADMIN) == frozenset()
    assert len(applied) == 1


def test_the_environment_counts_where_nothing_was_saved(kept: Database) -> None:
    given = DEFAULTS.replace({"top_coins": 50, "history_days": 30})
    service_of(kept, Applied(), given).save({"top_coins": 70}, by=ADMIN)
    later = service_of(kept, Applied(), given.replace({"top_coins": 60, "history_days": 40}))
    assert (later.current()[TOP_COINS], later.current()[HISTORY_DAYS]) == (70, 40)


def test_what_cannot_be_applied_is_not_stored(
    kept: Database, service: SettingsService, applied: Applied
) -> None:
    applied.error = SourceUnreachable("coingecko", "no connection")
    with pytest.raises(SourceUnreachable):
        service.save({"source": "coingecko"}, by=ADMIN)
    assert (texts(kept), service.current()) == ({}, DEFAULTS)


def test_what_cannot_be_stored_is_taken_back(
    kept: Database, service: SettingsService, applied: Applied
) -> None:
    kept.close()
    with pytest.raises(DatabaseClosed):
        service.save({"top_coins": 5}, by=ADMIN)
    assert [each[TOP_COINS] for each in applied] == [5, 100]
    assert service.current() == DEFAULTS
    with pytest.raises(StorageError):
        stored(kept, DEFAULTS, CATALOGUE)


# The key and its plan


def test_a_key_brings_a_plan_along_and_takes_it_away(service: SettingsService) -> None:
    assert service.save({"coingecko_key": KEY}, by=ADMIN) == {"coingecko_key", "coingecko_plan"}
    assert service.current()[PLAN] == "demo"
    service.save({"coingecko_plan": "pro"}, by=ADMIN)
    assert service.current()[URL] == PRO_URL
    service.save({"coingecko_key": KEY + "2"}, by=ADMIN)
    assert service.current()[PLAN] == "pro"
    service.save({"coingecko_key": ""}, by=ADMIN)
    now = service.current()
    assert (now[COINGECKO_KEY], now[PLAN], now[URL]) == ("", "keyless", PUBLIC_URL)


def test_a_plan_needs_a_key(service: SettingsService) -> None:
    assert set(service.check({"coingecko_plan": "pro"})) == {"coingecko_key"}
    assert service.check({"coingecko_plan": "pro", "coingecko_key": KEY}) == {}


def test_a_host_of_ones_own_stays(kept: Database) -> None:
    given = DEFAULTS.replace({"coingecko_url": "http://127.0.0.1:9"})
    service = service_of(kept, Applied(), given)
    service.save({"coingecko_key": KEY, "coingecko_plan": "pro"}, by=ADMIN)
    assert service.current()[URL] == "http://127.0.0.1:9"


def test_a_saved_plan_without_its_key_is_no_plan(kept: Database) -> None:
    """The key was the environment's, and is gone."""
    given = DEFAULTS.replace({"coingecko_key": KEY, "coingecko_plan": "demo"})
    service_of(kept, Applied(), given).save({"coingecko_plan": "pro"}, by=ADMIN)
    assert stored(kept, given, CATALOGUE)[PLAN] == "pro"
    assert stored(kept, DEFAULTS, CATALOGUE) == DEFAULTS


def test_a_key_that_was_saved_without_a_plan_stays_without_one(
    kept: Database, service: SettingsService
) -> None:
    service.save({"coingecko_key": KEY, "coingecko_plan": "keyless"}, by=ADMIN)
    again = service_of(kept, Applied()).current()
    assert again == service.current()
    assert (again[COINGECKO_KEY], again[PLAN]) == (KEY, "keyless")


def test_a_saved_value_that_is_no_longer_any_is_passed_over(
    kept: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with kept.transaction() as session:
        store.save(session, {"top_coins": "5000", "history_days": "9", "gone": "x"}, NOON)
    assert stored(kept, DEFAULTS, CATALOGUE) == DEFAULTS.replace({"history_days": 9})
    assert caplog.text.count("is not used") == 2


# Secrets


def test_secrets_are_masked_and_never_told(
    service: SettingsService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert service.masked() == dict.fromkeys(
        ("coingecko_key", "standing_url_1", "standing_url_2", "lunarcrush_key"), ""
    )
    secrets = {
        "coingecko_key": KEY,
        "lunarcrush_key": KEY,
        "standing_url_1": ADDRESS,
        "standing_url_2": "http://127.0.0.1:9/hidden",
    }
    service.save(secrets, by=ADMIN)
    told = service.masked()
    assert told == {
        "coingecko_key": "…wxyz",
        "lunarcrush_key": "…wxyz",
        "standing_url_1": "https://…example.org/…",
        "standing_url_2": "http://127.0.0.1/…",
    }
    for text in (caplog.text, repr(service.current()), repr(told)):
        assert KEY not in text
        assert "hidden" not in text


@pytest.mark.parametrize(
    ("key", "mask"), [("", ""), ("abcd", "…"), ("a" * 11, "…"), ("a" * 8 + "bcde", "…bcde")]
)
def test_how_a_key_is_masked(key: str, mask: str) -> None:
    assert masked_key(key) == mask


@pytest.mark.parametrize(
    ("address", "mask"),
    [
        ("", ""),
        ("http://localhost:9/x", "http://localhost/…"),
        ("https://example.org", "https://example.org/…"),
        ("https://s3cret.nodes.example.org/a", "https://…example.org/…"),
        ("http://[::1]:9/x", "http://::1/…"),
        ("http://10.0.0.1/x", "http://10.0.0.1/…"),
    ],
)
def test_how_an_address_is_masked(address: str, mask: str) -> None:
    assert masked_address(address) == mask


def test_a_removed_secret_is_gone_from_the_database(
    kept: Database, service: SettingsService
) -> None:
    for key in (KEY, KEY + "2", ""):
        service.save({"coingecko_key": key}, by=ADMIN)
    with kept.reading() as session:
        values = session.frame("SELECT value FROM settings WHERE name = 'coingecko_key'")["value"]
    assert values.tolist() == [""]


# What it costs


def test_the_defaults_are_within_the_plan(service: SettingsService) -> None:
    found = service.forecast({})
    assert (found.calls_per_refresh, found.calls_a_month, found.is_stretched) == (1, 8_640, False)
    assert found.plan.per_month == 10_000


def test_what_the_plan_does_not_sustain_is_stretched(service: SettingsService) -> None:
    found = service.forecast({"top_coins": "1000", "update_interval_seconds": 60})
    assert (found.calls_per_refresh, found.asked_calls_a_month) == (4, 172_800)
    assert (found.is_stretched, found.interval_seconds) == (True, 1175)
    assert found.calls_a_month <= found.plan.per_month
    paid = service.forecast(
        {"update_interval_seconds": 60, "coingecko_key": KEY, "coingecko_plan": "pro"}
    )
    assert (paid.is_stretched, paid.plan.per_month) == (False, 500_000)


def test_what_cannot_be_used_costs_nothing(service: SettingsService) -> None:
    assert service.forecast({"top_coins": "many", "update_interval_seconds": 600}) == (
        service.forecast({"update_interval_seconds": 600})
    )


# Who may


def test_saving_takes_an_admin(kept: Database, service: SettingsService, applied: Applied) -> None:
    reader = replace(ADMIN, means=Means.TOKEN, may_write=False)
    for by, error in ((NOBODY, LoginNeeded), (VIEWER, NotAllowed), (reader, NotAllowed)):
        with pytest.raises(error):
            service.save({"top_coins": 5}, by=by)
    assert (texts(kept), applied, service.current()) == ({}, [], DEFAULTS)
    service.save({"top_coins": 5}, by=replace(reader, may_write=True))
    assert service.current()[TOP_COINS] == 5


def test_what_was_saved_is_recorded_without_secrets(kept: Database, applied: Applied) -> None:
    notes = Notes()
    service = service_of(kept, applied, notes=notes)
    service.save({"top_coins": 5, "access": "private", "lunarcrush_key": KEY}, by=ADMIN)
    service.save({"top_coins": 5, "standing_url_1": ADDRESS}, by=ADMIN)
    service.save({"lunarcrush_key": "", "access": ""}, by=ADMIN)
    service.save({"top_coins": 5}, by=ADMIN)
    applied.error = SourceUnreachable("coingecko", "no connection")
    with pytest.raises(SourceUnreachable):
        service.save({"top_coins": 6}, by=ADMIN)
    assert [note[:2] for note in notes] == [("admin", "settings.save")] * 3
    assert [note[2:] for note in notes] == [
        (
            "access, lunarcrush_key, top_coins",
            "access: – → private; lunarcrush_key set; top_coins: 100 → 5",
        ),
        ("standing_url_1", "standing_url_1 set"),
        ("access, lunarcrush_key", "access: private → –; lunarcrush_key removed"),
    ]
