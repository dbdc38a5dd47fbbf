"""A price over time: the nearest value, falls, swings, a common base, and moving together."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointracker.analysis import series

NAN = float("nan")
prices = st.floats(1e-12, 1e12)
gappy = st.lists(st.one_of(prices, st.just(NAN)), max_size=30).map(np.array)


def nearest(
    wanted: Sequence[int], points: Sequence[tuple[int, float, bool]], tolerance: int
) -> list[float]:
    instants, values, marks = zip(*points, strict=True) if points else ((), (), ())
    found = series.nearest(
        np.array(wanted, dtype=np.int64),
        np.array(instants, dtype=np.int64),
        np.array(values, dtype=np.float64),
        np.array(marks, dtype=np.bool_),
        tolerance,
    )
    return found.tolist()


@pytest.mark.parametrize(
    ("wanted", "points", "due"),
    [
        (100, [], NAN),
        (100, [(100, 1.0, True)], 1.0),
        (100, [(98, 1.0, True)], 1.0),
        (100, [(102, 1.0, True)], 1.0),
        (100, [(97, 1.0, True)], NAN),
        (100, [(103, 1.0, True)], NAN),
        (100, [(99, 1.0, True), (101, 2.0, True)], 1.0),
        (100, [(98, 1.0, True), (101, 2.0, True)], 2.0),
        (100, [(98, 1.0, True), (100, 2.0, False)], 1.0),
        (100, [(97, 1.0, True), (100, 2.0, False)], 2.0),
        (100, [(99, 1.0, True), (100, NAN, True)], 1.0),
        (100, [(99, 1.0, False), (100, NAN, True)], 1.0),
        (100, [(99, 1.0, False), (101, 2.0, False)], 1.0),
    ],
)
def test_the_nearest_value(wanted: int, points: list[tuple[int, float, bool]], due: float) -> None:
    assert nearest([wanted], points, 2) == pytest.approx([due], nan_ok=True)


@given(
    st.lists(st.integers(-50, 50), max_size=6),
    st.dictionaries(
        st.integers(-50, 50), st.tuples(st.sampled_from([NAN, 1, 2, 3]), st.booleans())
    ),
    st.integers(0, 30),
)
def test_nearest_is_what_a_search_through_all_points_finds(
    wanted: list[int], points: dict[int, tuple[float, bool]], tolerance: int
) -> None:
    rows = [(at, float(value), mark) for at, (value, mark) in sorted(points.items())]
    for target, found in zip(wanted, nearest(wanted, rows, tolerance), strict=True):
        near = [
            (not mark, abs(at - target), at, value)
            for at, value, mark in rows
            if abs(at - target) <= tolerance and not math.isnan(value)
        ]
        assert found == pytest.approx(min(near)[3] if near else NAN, nan_ok=True)


def test_the_shape_of_what_is_wanted_is_kept() -> None:
    at = np.arange(6, dtype=np.int64)
    found = series.nearest(at.reshape(2, 3), at, at * 1.0, at > 9, 0)
    assert found.tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("given_prices", "due"),
    [
        ([], []),
        ([5.0], [0.0]),
        ([NAN, NAN], [NAN, NAN]),
        ([10.0, 5.0, 20.0, 15.0], [0.0, -50.0, 0.0, -25.0]),
        ([NAN, 10.0, NAN, 5.0], [NAN, 0.0, NAN, -50.0]),
        ([1e12, 1e-12], [0.0, -100.0]),
    ],
)
def test_drawdown(given_prices: list[float], due: list[float]) -> None:
    found = series.drawdown_pct(np.array(given_prices))
    assert found.tolist() == pytest.approx(due, nan_ok=True)


@given(gappy)
def test_drawdown_lies_between_a_total_loss_and_none(values: np.ndarray) -> None:
    found = series.drawdown_pct(values)
    known = ~np.isnan(values)
    assert (np.isnan(found) == ~known).all()
    assert ((found[known] <= 0) & (found[known] >= -100)).all()


@given(st.lists(st.one_of(st.floats(-90, 900), st.just(NAN)), min_size=1, max_size=12))
def test_volatility_is_the_sample_deviation_of_a_year(changes: list[float]) -> None:
    known = [change for change in changes if not math.isnan(change)]
    due = statistics.stdev(known) * math.sqrt(365) if len(known) > 1 else NAN
    found = series.volatility_pct(np.array([changes]))
    assert found.tolist() == pytest.approx([due], rel=1e-9, abs=1e-6, nan_ok=True)


def test_volatility_of_no_rows_and_of_no_days() -> None:
    assert series.volatility_pct(np.empty((0, 7))).tolist() == []
    assert np.isnan(series.volatility_pct(np.empty((2, 0)))).all()


@pytest.mark.parametrize(
    ("given_prices", "due"),
    [
        ([], []),
        ([NAN], [NAN]),
        ([4.0], [100.0]),
        ([4.0, 5.0, NAN, 2.0], [100.0, 125.0, NAN, 50.0]),
        ([NAN, 4.0, 5.0], [NAN, 100.0, 125.0]),
        ([1e-12, 1e12], [100.0, 1e26]),
    ],
)
def test_rebased(given_prices: list[float], due: list[float]) -> None:
    assert series.rebased(np.array(given_prices)).tolist() == pytest.approx(due, nan_ok=True)


@given(st.lists(st.lists(st.floats(-10, 10), min_size=5, max_size=5), min_size=1, max_size=6))
def test_correlations_are_those_of_numpy(rows: list[list[float]]) -> None:
    changes = np.array(rows)
    moves = changes.std(axis=1) > 1e-3
    found = series.correlations(changes)
    assert found.shape == (len(rows), len(rows))
    due = np.atleast_2d(np.corrcoef(changes[moves])) if moves.any() else np.empty((0, 0))
    assert found[np.ix_(moves, moves)] == pytest.approx(due, abs=1e-9)


def test_correlations_with_gaps_are_those_of_pandas() -> None:
    chance = np.random.default_rng(5)
    changes = chance.normal(size=(6, 40))
    changes[chance.random(changes.shape) < 0.3] = NAN
    due = pd.DataFrame(changes.T).corr(min_periods=3).to_numpy()
    assert series.correlations(changes) == pytest.approx(due, abs=1e-12)


def test_what_cannot_be_correlated() -> None:
    rows = np.array(
        [[1.0, 2.0, 3.0, 4.0], [7.0, 7.0, 7.0, 7.0], [1.0, 2.0, NAN, NAN], [-1.0, -2.0, -3.0, NAN]]
    )
    found = series.correlations(rows)
    assert found[0] == pytest.approx([1.0, NAN, NAN, -1.0], nan_ok=True)
    assert np.isnan(found[1]).all()
    assert np.isnan(found[2]).all()
    assert (found == found.T)[~np.isnan(found)].all()
    assert series.correlations(np.empty((0, 4))).shape == (0, 0)


@given(st.integers(-300, 300), st.sampled_from([3, 4, 9]))
def test_a_correlation_never_leaves_minus_one_to_one(power: int, count: int) -> None:
    step = 10.0 ** (power / 10)
    values = np.arange(count) * step
    found = series.correlations(np.array([values, -values * 3]))
    assert (np.abs(found[~np.isnan(found)]) <= 1).all()
