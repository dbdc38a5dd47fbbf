"""Weights: what is let in, and that only their proportions matter."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cointracker.core.errors import InvalidWeights
from cointracker.ranking.factors import FACTOR_KEYS
from cointracker.ranking.weights import DEFAULT_WEIGHTS, Weights

NAN, INF = float("nan"), float("inf")

weight = st.just(0.0) | st.floats(min_value=1e-3, max_value=1e3)


def test_default():
    assert dict(zip(FACTOR_KEYS, DEFAULT_WEIGHTS, strict=True)) == {
        "price_change": 25,
        "volume_change": 20,
        "stability": 25,
        "market_cap": 15,
        "social": 15,
    }


@pytest.mark.parametrize(
    ("values", "shares"),
    [
        ([25, 20, 25, 15, 15], [0.25, 0.2, 0.25, 0.15, 0.15]),
        ([1, 1, 1, 1, 1], [0.2] * 5),
        ([0, 0, 7, 0, 0], [0, 0, 1, 0, 0]),
        ([0.5, 0, 1.5, 0, 0], [0.25, 0, 0.75, 0, 0]),
        ([1e300, 0, 0, 0, 1e300], [0.5, 0, 0, 0, 0.5]),
    ],
)
def test_shares(values, shares):
    assert Weights.of(values).shares() == pytest.approx(shares)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ([0, 0, 0, 0, 0], "weights"),
        ([-0.0, 0, 0, 0, 0], "weights"),
        ([1e308] * 5, "weights"),
        ([-1, 2, 3, 4, 5], "price_change"),
        ([25, -1e-9, 25, 15, 15], "volume_change"),
        ([1, 1, NAN, 1, 1], "stability"),
        ([1, 1, 1, INF, 1], "market_cap"),
        ([1, 1, 1, 1, -INF], "social"),
        ([], "weights"),
        ([1, 1, 1, 1], "weights"),
        ([1, 1, 1, 1, 1, 1], "weights"),
    ],
)
def test_weights_that_cannot_rank_are_named(values, field):
    with pytest.raises(InvalidWeights) as caught:
        Weights.of(values)
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")


@pytest.mark.parametrize("text", ["25,20,25,15,15", " 25 , 20.0,25,1.5e1,15 "])
def test_parsed(text):
    assert Weights.parse(text) == DEFAULT_WEIGHTS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "25",
        "25,20,25,15",
        "25,20,25,15,15,0",
        "25,20,25,15,x",
        "25;20;25;15;15",
        "25,20,,15,15",
        "nan,1,1,1,1",
        "1,1,1,1,inf",
        "-1,1,1,1,1",
        "0,0,0,0,0",
    ],
)
def test_text_that_is_no_weights(text):
    with pytest.raises(InvalidWeights):
        Weights.parse(text)


@given(values=st.lists(weight, min_size=5, max_size=5), factor=st.floats(1e-3, 1e3))
def test_only_proportions_matter(values, factor):
    assume(any(values))
    shares = Weights.of(values).shares()
    assert shares.sum() == pytest.approx(1)
    assert Weights.of([value * factor for value in values]).shares() == pytest.approx(shares)
    assert np.array_equal(shares > 0, np.array(values) > 0)


@given(values=st.lists(st.floats(), max_size=7))
def test_any_numbers_are_weights_or_refused_by_name(values):
    with suppress(InvalidWeights):
        assert Weights.of(values).shares().sum() == pytest.approx(1)
