"""The settings under the names of the contract: any of them, all or none."""

from __future__ import annotations

from typing import Any

import pytest

from cointracker.core.errors import SourceUnreachable, StorageError
from cointracker.features.settings.service import SettingsService
from cointracker.features.weights.service import WeightsService
from cointracker.markets.crypto import KEY as COINGECKO_KEY
from cointracker.markets.crypto import PLAN
from cointracker.markets.settings import HISTORY_DAYS, TOP_COINS, UPDATE_INTERVAL
from cointracker.ranking.weights import Weights
from tests.api.api_fixture import KEY, ApiFixture, body_of, read
from tests.serving import with_stand_in

SETTINGS = "/api/settings/"
NOW = {
    "id": 1,
    "api_key": "…wxyz",
    "top_coins_count": 100,
    "update_interval": 300,
    "data_history_days": 7,
    "price_weight": 25.0,
    "volume_weight": 20.0,
    "stability_weight": 25.0,
    "market_cap_weight": 15.0,
    "social_weight": 15.0,
}


def put(home: ApiFixture, body: dict[str, Any], status: int = 200) -> Any:
    client = home.client(headers=home.bearer("admin write"))
    return read(client.put(SETTINGS, json=body), status)


def now(home: ApiFixture) -> Any:
    return read(home.client(headers=home.bearer("admin read")).get(SETTINGS))


def test_what_is_in_force(home: ApiFixture) -> None:
    told = now(home)
    assert told == NOW
    assert list(told) == list(NOW)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("top_coins_count", 1),
        ("top_coins_count", 1_000),
        ("update_interval", 60),
        ("update_interval", 86_400),
        ("data_history_days", 3),
        ("price_weight", 0),
        ("volume_weight", 0.5),
        ("stability_weight", 1e6),
        ("market_cap_weight", 33),
        ("social_weight", 100),
    ],
)
def test_each_can_be_changed_alone(home: ApiFixture, field: str, value: float) -> None:
    assert put(home, {field: value}) == NOW | {field: value}
    assert now(home) == NOW | {field: value}


def test_all_together(home: ApiFixture) -> None:
    wanted = {
        "api_key": "CG-another-key-1234",
        "top_coins_count": 250,
        "update_interval": 600,
        "data_history_days": 14,
        "price_weight": 1,
        "volume_weight": 2,
        "stability_weight": 3,
        "market_cap_weight": 4,
        "social_weight": 5,
    }
    assert put(home, wanted) == NOW | wanted | {"api_key": "…1234"}
    current = home.services[SettingsService].current()
    assert current[COINGECKO_KEY] == "CG-another-key-1234"
    assert (current[TOP_COINS], current[UPDATE_INTERVAL]) == (250, 600)
    assert current[HISTORY_DAYS] == 14
    assert home.services[WeightsService].default() == Weights(1, 2, 3, 4, 5)
    assert len(home.applied) == 1


def test_what_was_read_can_be_sent_back(home: ApiFixture) -> None:
    assert put(home, NOW) == NOW
    assert home.applied == []
    assert put(home, NOW | {"update_interval": 900}) == NOW | {"update_interval": 900}
    assert home.services[SettingsService].current()[COINGECKO_KEY] == KEY


def test_a_key_is_removed_by_an_empty_one(home: ApiFixture) -> None:
    assert put(home, {"api_key": ""})["api_key"] == ""
    current = home.services[SettingsService].current()
    assert (current[COINGECKO_KEY], current[PLAN]) == ("", "keyless")


BAD: dict[str, list[Any]] = {
    "id": [2, "1", None],
    "api_key": [None, 5, "CG-\n-key", "ключ", "a" * 1_001, []],
    "top_coins_count": [0, 1_001, -1, 1.5, "50", True, None, 10**30, {}],
    "update_interval": [59, 86_401, "600", None],
    "data_history_days": [2, 366, None],
    "price_weight": [-1, "40", None, True],
    "volume_weight": [-0.001],
    "stability_weight": [[]],
    "market_cap_weight": [-5],
    "social_weight": ["high"],
    "standing_url_1": ["https://a.example"],
    "coingecko_url": ["http://127.0.0.1"],
}


@pytest.fixture(scope="module")
def bad() -> list[tuple[str, Any]]:
    return [(field, value) for field, values in BAD.items() for value in values]


def test_a_bad_value_is_told_at_its_field_and_nothing_is_stored(
    home: ApiFixture, bad: list[tuple[str, Any]]
) -> None:
    for field, value in bad:
        good = {"data_history_days": 30, "social_weight": 50} | {field: value}
        answer = put(home, good, 400)
        assert body_of(answer) == [field], value
        assert all(isinstance(said, str) and said for said in answer["errors"][field])
        assert list(answer) == ["status", "message", "errors"]
    assert now(home) == NOW
    assert home.applied == []


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_a_weight_is_a_finite_number(home: ApiFixture, number: str) -> None:
    headers = home.bearer("admin write") | {"Content-Type": "application/json"}
    body = f'{{"price_weight": {number}}}'.encode()
    answer = read(home.client().put(SETTINGS, content=body, headers=headers), 400)
    assert body_of(answer) == ["price_weight"]


def test_all_that_is_wrong_is_told_at_once(home: ApiFixture) -> None:
    answer = put(home, {"top_coins_count": 0, "update_interval": 1, "price_weight": -1}, 400)
    assert sorted(body_of(answer)) == ["price_weight", "top_coins_count", "update_interval"]


def test_weights_that_rank_nothing_together(home: ApiFixture) -> None:
    none = dict.fromkeys(
        ("price_weight", "volume_weight", "stability_weight", "market_cap_weight"), 0
    )
    answer = put(home, none | {"social_weight": 0}, 400)
    assert len(body_of(answer)) == 5
    assert put(home, none)["social_weight"] == 15.0
    assert body_of(put(home, {"social_weight": 0}, 400)) == ["social_weight"]


def test_what_cannot_be_applied_is_not_stored(home: ApiFixture) -> None:
    home.applied.error = SourceUnreachable("coingecko", "no answer")
    answer = put(home, {"api_key": "CG-another-key-1234", "price_weight": 50}, 502)
    assert answer == {"detail": "coingecko: no answer"}
    assert now(home) == NOW


class FullDisk:
    """Weights that can be read and not be saved."""

    def __init__(self, real: Any) -> None:
        self.default = real.default

    def save_default(self, *_args: Any, **_named: Any) -> None:
        raise StorageError("no space left")


def test_settings_are_taken_back_when_the_weights_cannot_be_stored(home: ApiFixture) -> None:
    full: Any = FullDisk(home.services[WeightsService])
    home.services = with_stand_in(home.services, WeightsService, full)
    put(home, {"top_coins_count": 5, "price_weight": 50, "api_key": "CG-another-key-1234"}, 503)
    assert now(home) == NOW
    current = home.services[SettingsService].current()
    assert (current[COINGECKO_KEY], current[PLAN]) == (KEY, "demo")
