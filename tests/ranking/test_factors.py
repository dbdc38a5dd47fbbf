"""The factors by hand-worked cases, and what holds for any figures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointracker.ranking import factors

NAN = float("nan")
INF = float("inf")
SCALES = (factors.price_change, factors.volume_change, factors.market_cap, factors.social)

figures = st.lists(st.floats(width=64, min_value=-1e15, max_value=1e15) | st.just(NAN), max_size=8)


@pytest.mark.parametrize(
    ("change_pct", "expected"),
    [
        (-100, 0),
        (-50.001, 0),
        (-50, 0),
        (-49.75, 0.1),
        (0, 20),
        (5.88, 22.352),
        (75, 50),
        (200, 100),
        (1191, 100),
        (INF, 100),
        (-INF, 0),
        (NAN, NAN),
    ],
)
def test_price_change(change_pct, expected):
    assert factors.price_change(np.array([change_pct])) == pytest.approx([expected], nan_ok=True)


@pytest.mark.parametrize(
    ("change_pct", "expected"),
    [
        (-100, 0),
        (-80, 0),
        (-79.42, 0.1),
        (0, 8000 / 580),
        (210, 50),
        (500, 100),
        (1e9, 100),
        (NAN, NAN),
    ],
)
def test_volume_change(change_pct, expected):
    assert factors.volume_change(np.array([change_pct])) == pytest.approx([expected], nan_ok=True)


@pytest.mark.parametrize(
    ("cap", "expected"),
    [
        (-5, 0),
        (0, 0),
        (1, 0),
        (999_999, 0),
        (1e6, 0),
        (1e7, 100 / 6),
        (1e9, 50),
        (1e12, 100),
        (3e12, 100),
        (INF, 100),
        (NAN, NAN),
    ],
)
def test_market_cap(cap, expected):
    assert factors.market_cap(np.array([cap])) == pytest.approx([expected], nan_ok=True)


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (-3, 0),
        (0, 0),
        (0.5, 99.95),
        (1, 99.9),
        (500, 50),
        (999, 0.1),
        (1000, 0),
        (5000, 0),
        (NAN, NAN),
    ],
)
def test_social(standing, expected):
    assert factors.social(np.array([standing])) == pytest.approx([expected], nan_ok=True)


@pytest.mark.parametrize(
    ("now", "then", "expected"),
    [
        (110, 100, 10),
        (50, 100, -50),
        (0, 100, -100),
        (100, 100, 0),
        (3e-9, 1e-9, 200),
        (100, 0, NAN),
        (100, -1, NAN),
        (0, 0, NAN),
        (NAN, 100, NAN),
        (100, NAN, NAN),
    ],
)
def test_relative_change(now, then, expected):
    change = factors.relative_change_pct(np.array([now]), np.array([then]))
    assert change == pytest.approx([expected], nan_ok=True)


@pytest.mark.parametrize("scale", SCALES)
def test_no_coins(scale):
    assert scale(np.array([])).shape == (0,)


@pytest.mark.parametrize("scale", SCALES)
@given(values=figures)
def test_factors_lie_in_0_to_100_and_are_missing_where_the_figure_is(scale, values):
    factor = scale(np.array(values, dtype=np.float64))
    assert np.array_equal(np.isnan(factor), np.isnan(values))
    assert ((factor >= 0) & (factor <= 100))[~np.isnan(factor)].all()


@pytest.mark.parametrize(
    ("scale", "direction"),
    [
        (factors.price_change, 1),
        (factors.volume_change, 1),
        (factors.market_cap, 1),
        (factors.social, -1),
    ],
)
@given(values=st.lists(st.floats(min_value=1e-6, max_value=1e15), min_size=2, max_size=8))
def test_more_is_better_but_for_standings(scale, direction, values):
    factor = scale(np.sort(np.array(values)))
    assert (np.diff(factor) * direction >= 0).all()


def test_matrix_has_the_factors_in_the_order_of_their_names():
    matrix = factors.factor_matrix(
        {
            "change_24h_pct": np.array([75.0, NAN]),
            "volume_change_24h_pct": np.array([500.0, NAN]),
            "stability": np.array([33.0, NAN]),
            "market_cap": np.array([1e9, NAN]),
            "standing": np.array([900.0, NAN]),
        }
    )
    named = dict(zip(factors.FACTOR_KEYS, matrix[0], strict=True))
    assert named == pytest.approx(
        {"price_change": 50, "volume_change": 100, "stability": 33, "market_cap": 50, "social": 10}
    )
    assert np.isnan(matrix[1]).all()


def test_matrix_of_no_coins():
    matrix = factors.factor_matrix(dict.fromkeys(factors.FIGURES, np.array([])))
    assert matrix.shape == (0, len(factors.FACTOR_KEYS))
