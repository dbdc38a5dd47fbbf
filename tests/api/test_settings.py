"""The settings under the names of the contract: any of them, all or none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cointracker.errors import SourceUnreachable, StorageError
from cointracker.ranking.weights import Weights
from tests.api.house import KEY, House, body_of, read

SETTINGS = "/api/settings/"
NOW = {
    "id": 1, "api_key": "…wxyz", "top_coins_count": 100, "update_interval": 300,
    "data_history_days": 7, "price_weight": 25.0, "volume_weight": 20.0, "stability_weight": 25.0,
    "market_cap_weight": 15.0, "social_weight": 15.0,
}  # fmt: skip


def put(home: House, body: dict[str, Any], status: int = 200) -> Any:
    client = home.client(headers=home.bearer("admin write"))
    return read(client.put(SETTINGS, json=body), status)


def now(home: House) -> Any:
    return read(home.client(headers=home.bearer("admin read")).get(SETTINGS))


def test_what_is_in_force(home: House) -> None:
    told = now(home)
    assert told == NOW
    assert list(told) == list(NOW)


@pytest.mark.parametrize(
    ("field", "value"),
    [("top_coins_count", 1), ("top_coins_count", 1_000), ("update_interval", 60),
     ("update_interval", 86_400), ("data_history_days", 3), ("price_weight", 0),
     ("volume_weight", 0.5), ("stability_weight", 1e6), ("market_cap_weight", 33),
     ("social_weight", 100)],
)  # fmt: skip
def test_each_can_be_changed_alone(home: House, field: str, value: float) -> None:
    assert put(home, {field: value}) == NOW | {field: value}
    assert now(home) == NOW | {field: value}


def test_all_together(home: House) -> None:
    wanted = {
        "api_key": "CG-another-key-1234", "top_coins_count": 250, "update_interval": 600,
        "data_history_days": 14, "price_weight": 1, "volume_weight": 2, "stability_weight": 3,
        "market_cap_weight": 4, "social_weight": 5,
    }  # fmt: skip
    assert put(home, wanted) == NOW | wanted | {"api_key": "…1234"}
    current = home.services.settings.current()
    assert current.coingecko_key == "CG-another-key-1234"
    assert (current.top_coins, current.update_interval_seconds) == (250, 600)
    assert current.history_days == 14
    assert home.services.weights.default() == Weights(1, 2, 3, 4, 5)
    assert len(home.applied) == 1


def test_what_was_read_can_be_sent_back(home: House) -> None:
    assert put(home, NOW) == NOW
    assert home.applied == []
    assert put(home, NOW | {"update_interval": 900}) == NOW | {"update_interval": 900}
    assert home.services.settings.current().coingecko_key == KEY


def test_a_key_is_removed_by_an_empty_one(home: House) -> None:
    assert put(home, {"api_key": ""})["api_key"] == ""
    current = home.services.settings.current()
    assert (current.coingecko_key, current.coingecko_plan) == ("", "keyless")


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
    home: House, bad: list[tuple[str, Any]]
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
def test_a_weight_is_a_finite_number(home: House, number: str) -> None:
    headers = home.bearer("admin write") | {"Content-Type": "application/json"}
    body = f'{{"price_weight": {number}}}'.encode()
    answer = read(home.client().put(SETTINGS, content=body, headers=headers), 400)
    assert body_of(answer) == ["price_weight"]


def test_all_that_is_wrong_is_told_at_once(home: House) -> None:
    answer = put(home, {"top_coins_count": 0, "update_interval": 1, "price_weight": -1}, 400)
    assert sorted(body_of(answer)) == ["price_weight", "top_coins_count", "update_interval"]


def test_weights_that_rank_nothing_together(home: House) -> None:
    none = dict.fromkeys(
        ("price_weight", "volume_weight", "stability_weight", "market_cap_weight"), 0
    )
    answer = put(home, none | {"social_weight": 0}, 400)
    assert len(body_of(answer)) == 5
    assert put(home, none)["social_weight"] == 15.0
    assert body_of(put(home, {"social_weight": 0}, 400)) == ["social_weight"]


def test_what_cannot_be_applied_is_not_stored(home: House) -> None:
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


def test_settings_are_taken_back_when_the_weights_cannot_be_stored(home: House) -> None:
    full: Any = FullDisk(home.services.weights)
    home.services = replace(home.services, weights=full)
    put(home, {"top_coins_count": 5, "price_weight": 50, "api_key": "CG-another-key-1234"}, 503)
    assert now(home) == NOW
    current = home.services.settings.current()
    assert (current.coingecko_key, current.coingecko_plan) == (KEY, "demo")
