"""The weights in force, and presets under names of their own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cointracker.core.errors import DiskFull, InvalidPresetName, LoginNeeded, NotAllowed
from cointracker.core.rights import NOBODY, Means
from cointracker.features.market.rankings import MarketService
from cointracker.features.weights.service import (
    BUILT_IN,
    MAX_PRESETS,
    NAME_CHARS,
    WeightsService,
    may_change,
)
from cointracker.ranking.weights import DEFAULT_WEIGHTS, Weights
from cointracker.storage.database import Database
from tests.databases import market_database
from tests.fakes import ADMIN, VIEWER, FakeClock, Notes, Pipeline, row

OTHER = Weights(1, 2, 3, 4, 5)


@pytest.fixture
def weights(database: Database, clock: FakeClock) -> WeightsService:
    return WeightsService(database, clock, Notes())


def own(weights: WeightsService) -> dict[str, Weights]:
    return {preset.name: preset.weights for preset in weights.presets() if preset.is_own}


def test_the_default_is_the_one_saved_last(weights: WeightsService, clock: FakeClock) -> None:
    assert weights.default() == DEFAULT_WEIGHTS
    weights.save_default(OTHER, by=ADMIN)
    assert weights.default() == OTHER
    clock.move(minutes=5)
    weights.save_default(DEFAULT_WEIGHTS, by=ADMIN)
    assert weights.default() == DEFAULT_WEIGHTS


def test_presets_are_kept_replaced_and_deleted(weights: WeightsService) -> None:
    assert tuple(weights.presets()) == BUILT_IN
    weights.save_preset("  mine ", OTHER, by=ADMIN)
    weights.save_preset("also", DEFAULT_WEIGHTS, by=ADMIN)
    assert list(own(weights)) == ["also", "mine"]
    weights.save_preset("mine", DEFAULT_WEIGHTS, by=ADMIN)
    assert own(weights)["mine"] == DEFAULT_WEIGHTS
    weights.delete_preset("mine", by=ADMIN)
    weights.delete_preset("never there", by=ADMIN)
    assert list(own(weights)) == ["also"]


def test_a_preset_outlives_the_process(weights: WeightsService, database: Database) -> None:
    weights.save_preset("<b>شتاب</b> = 1", OTHER, by=ADMIN)
    weights.save_default(OTHER, by=ADMIN)
    database.close()
    again = market_database(database.path)
    assert own(WeightsService(again, FakeClock(), Notes())) == {"<b>شتاب</b> = 1": OTHER}
    assert WeightsService(again, FakeClock(), Notes()).default() == OTHER
    again.close()


@pytest.mark.parametrize("name", ["", "   ", "x" * (NAME_CHARS + 1), "a\nb", "a\x00b", "Default"])
def test_a_name_that_cannot_be_kept(weights: WeightsService, name: str) -> None:
    with pytest.raises(InvalidPresetName):
        weights.save_preset(name, OTHER, by=ADMIN)
    assert own(weights) == {}


def test_there_is_room_for_so_many_presets(weights: WeightsService) -> None:
    for number in range(MAX_PRESETS):
        weights.save_preset(f"preset {number}", OTHER, by=ADMIN)
    with pytest.raises(InvalidPresetName):
        weights.save_preset("one more", OTHER, by=ADMIN)
    weights.save_preset("preset 0", DEFAULT_WEIGHTS, by=ADMIN)
    assert own(weights)["preset 0"] == DEFAULT_WEIGHTS


def test_a_new_default_ranks_now_and_the_past_keeps_its_own(
    database: Database, clock: FakeClock, pipeline: Pipeline
) -> None:
    then = clock.now
    pipeline.take(row("calm", 1.0, market_cap=1e12), row("wild", 1.0, market_cap=1e7))
    WeightsService(database, clock, Notes()).save_default(OTHER, by=ADMIN)
    market = MarketService(database)
    assert market.ranking().weights == OTHER
    assert market.ranking(then).weights == DEFAULT_WEIGHTS
    clock.move(minutes=5)
    pipeline.take(row("calm", 1.0, market_cap=1e12))
    assert market.snapshot().weights == OTHER


# Whose it is


def test_saving_the_default_takes_an_admin_and_is_recorded(
    database: Database, clock: FakeClock
) -> None:
    notes = Notes()
    weights = WeightsService(database, clock, notes)
    with pytest.raises(LoginNeeded):
        weights.save_default(OTHER, by=NOBODY)
    with pytest.raises(NotAllowed):
        weights.save_default(OTHER, by=VIEWER)
    assert (weights.default(), notes) == (DEFAULT_WEIGHTS, [])
    weights.save_default(OTHER, by=ADMIN)
    assert notes == [("admin", "weights.save", "", "1, 2, 3, 4, 5")]


def test_what_cannot_be_recorded_is_not_saved(database: Database, clock: FakeClock) -> None:
    class Full(Notes):
        def record(self, *_entry: object, **_more: object) -> None:
            raise DiskFull("no room", 0)

    weights = WeightsService(database, clock, Full())
    for change in (
        lambda: weights.save_default(OTHER, by=ADMIN),
        lambda: weights.save_preset("mine", OTHER, by=ADMIN),
    ):
        with pytest.raises(DiskFull):
            change()
    assert (weights.default(), own(weights)) == (DEFAULT_WEIGHTS, {})


def test_a_preset_is_its_owners_and_an_admins(database: Database, clock: FakeClock) -> None:
    notes, other = Notes(), replace(VIEWER, name="other")
    weights = WeightsService(database, clock, notes)
    with pytest.raises(LoginNeeded):
        weights.save_preset("mine", OTHER, by=NOBODY)
    with pytest.raises(NotAllowed):
        weights.save_preset("mine", OTHER, by=replace(VIEWER, means=Means.TOKEN))
    weights.save_preset("mine", OTHER, by=VIEWER)
    with pytest.raises(InvalidPresetName):
        weights.save_preset("mine", DEFAULT_WEIGHTS, by=other)
    with pytest.raises(NotAllowed):
        weights.delete_preset("mine", by=other)
    assert own(weights) == {"mine": OTHER}
    weights.save_preset("mine", DEFAULT_WEIGHTS, by=ADMIN)
    (preset,) = weights.presets()[len(BUILT_IN) :]
    assert (preset.owner, preset.weights) == ("viewer", DEFAULT_WEIGHTS)
    weights.save_preset("mine", OTHER, by=VIEWER)
    weights.delete_preset("mine", by=VIEWER)
    weights.save_preset("theirs", OTHER, by=other)
    weights.delete_preset("theirs", by=ADMIN)
    assert own(weights) == {}
    assert [note[:3] for note in notes] == [
        ("viewer", "preset.save", "mine"),
        ("admin", "preset.save", "mine"),
        ("viewer", "preset.save", "mine"),
        ("viewer", "preset.delete", "mine"),
        ("other", "preset.save", "theirs"),
        ("admin", "preset.delete", "theirs"),
    ]


def test_a_preset_that_nobody_owns_is_the_admins() -> None:
    assert may_change("", ADMIN)
    assert not may_change("", VIEWER)
    assert not may_change("", NOBODY)
    assert not may_change("admin", replace(VIEWER, name="Admin"))
