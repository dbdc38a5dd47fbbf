"""The weights in force, and presets under names of their own."""

from __future__ import annotations

import pytest

from cointracker.errors import InvalidPresetName
from cointracker.ranking.weights import DEFAULT_WEIGHTS, Weights
from cointracker.services.market import MarketService
from cointracker.services.weights import BUILT_IN, MOST_PRESETS, NAME_CHARS, WeightsService
from cointracker.storage.database import Database
from tests.fakes import FakeClock, Pipeline, row

OTHER = Weights(1, 2, 3, 4, 5)


@pytest.fixture
def weights(database: Database, clock: FakeClock) -> WeightsService:
    return WeightsService(database, clock)


def own(weights: WeightsService) -> dict[str, Weights]:
    return {preset.name: preset.weights for preset in weights.presets() if preset.is_own}


def test_the_default_is_the_one_saved_last(weights: WeightsService, clock: FakeClock) -> None:
    assert weights.default() == DEFAULT_WEIGHTS
    weights.save_default(OTHER)
    assert weights.default() == OTHER
    clock.move(minutes=5)
    weights.save_default(DEFAULT_WEIGHTS)
    assert weights.default() == DEFAULT_WEIGHTS


def test_presets_are_kept_replaced_and_deleted(weights: WeightsService) -> None:
    assert tuple(weights.presets()) == BUILT_IN
    weights.save_preset("  mine ", OTHER)
    weights.save_preset("also", DEFAULT_WEIGHTS)
    assert list(own(weights)) == ["also", "mine"]
    weights.save_preset("mine", DEFAULT_WEIGHTS)
    assert own(weights)["mine"] == DEFAULT_WEIGHTS
    weights.delete_preset("mine")
    weights.delete_preset("never there")
    assert list(own(weights)) == ["also"]


def test_a_preset_outlives_the_process(weights: WeightsService, database: Database) -> None:
    weights.save_preset("<b>شتاب</b> = 1", OTHER)
    weights.save_default(OTHER)
    database.close()
    again = Database(database.path)
    assert own(WeightsService(again, FakeClock())) == {"<b>شتاب</b> = 1": OTHER}
    assert WeightsService(again, FakeClock()).default() == OTHER
    again.close()


@pytest.mark.parametrize("name", ["", "   ", "x" * (NAME_CHARS + 1), "a\nb", "a\x00b", "Default"])
def test_a_name_that_cannot_be_kept(weights: WeightsService, name: str) -> None:
    with pytest.raises(InvalidPresetName):
        weights.save_preset(name, OTHER)
    assert own(weights) == {}


def test_there_is_room_for_so_many_presets(weights: WeightsService) -> None:
    for number in range(MOST_PRESETS):
        weights.save_preset(f"preset {number}", OTHER)
    with pytest.raises(InvalidPresetName):
        weights.save_preset("one more", OTHER)
    weights.save_preset("preset 0", DEFAULT_WEIGHTS)
    assert own(weights)["preset 0"] == DEFAULT_WEIGHTS


def test_a_new_default_ranks_now_and_the_past_keeps_its_own(
    database: Database, clock: FakeClock, pipeline: Pipeline
) -> None:
    then = clock.now
    pipeline.take(row("calm", 1.0, market_cap=1e12), row("wild", 1.0, market_cap=1e7))
    WeightsService(database, clock).save_default(OTHER)
    market = MarketService(database)
    assert market.ranking().weights == OTHER
    assert market.ranking(then).weights == DEFAULT_WEIGHTS
    clock.move(minutes=5)
    pipeline.take(row("calm", 1.0, market_cap=1e12))
    assert market.snapshot().weights == OTHER
