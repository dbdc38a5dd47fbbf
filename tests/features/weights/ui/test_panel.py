"""What Python does with weights that come from a browser or from an address."""

from __future__ import annotations

import math
from typing import Any

import pytest

from cointracker.core.errors import InvalidWeights
from cointracker.features.weights.ui import actions, link, script
from cointracker.ranking.weights import DEFAULT_WEIGHTS, Weights


@pytest.mark.parametrize(
    "values",
    [
        None,
        {},
        [],
        [1, 2, 3],
        "25,20",
        [1, 2, 3, 4, 5, 6],
        [0, 0, 0, 0, 0],
        [1, 2, 3, 4, -5],
        [1, 2, 3, 4, None],
        [1, 2, 3, 4, "x"],
        [1, 2, 3, 4, math.nan],
        [1, 2, 3, 4, 10**400],
        [1, 2, 3, 4, [5]],
        7,
    ],
)
def test_what_a_browser_sends_is_checked(values: Any) -> None:
    assert actions.checked(values) is None


def test_good_weights_come_through_as_they_are() -> None:
    assert actions.checked([33.3, 16.7, 20, 15, 15]) == Weights(33.3, 16.7, 20, 15, 15)


def test_weights_are_brought_to_100_and_left_alone_when_they_are() -> None:
    assert link.on_hundred(DEFAULT_WEIGHTS) is DEFAULT_WEIGHTS
    tenths = Weights(33, 17.9, 22.3, 13.4, 13.4)
    assert link.on_hundred(tenths) is tenths
    assert list(link.on_hundred(Weights(1, 1, 2, 0, 0))) == pytest.approx([25, 25, 50, 0, 0])
    assert sum(link.on_hundred(Weights(1e-300, 0, 0, 0, 1e-300))) == pytest.approx(100)


@pytest.mark.parametrize(
    "text", ["x,1,1,1,1", "inf,1,1,1,1", "-1,1,1,1,1", "0,0,0,0,0", "1e308,1e308,1,1,1", "1,2"]
)
def test_every_fault_of_a_link_has_words_of_its_own(text: str) -> None:
    with pytest.raises(InvalidWeights) as caught:
        Weights.parse(text)
    assert (caught.value.problem in link.PROBLEMS) == (text != "1,2")


def test_every_script_is_in_the_whole_one() -> None:
    files = {file.name for file in script.HERE.glob("*.js")}
    assert files == {*script.MODULES, "line.js"}
