"""Score, coverage, contributions and rank."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cointracker.ranking.factors import FACTOR_KEYS
from cointracker.ranking.score import UNRANKED, rank_coins
from cointracker.ranking.weights import DEFAULT_WEIGHTS, Weights

NAN = float("nan")
EQUAL = Weights(1, 1, 1, 1, 1)
PRICE, VOLUME, STABILITY, CAP, SOCIAL = range(len(FACTOR_KEYS))


def ranked(factors, weights=DEFAULT_WEIGHTS, caps=None, ids=None):
    factors = np.array(factors, dtype=np.float64).reshape(-1, len(FACTOR_KEYS))
    caps = np.full(len(factors), NAN) if caps is None else np.array(caps, dtype=np.float64)
    ids = [f"coin-{row:03}" for row in range(len(factors))] if ids is None else ids
    return rank_coins(factors, weights, cap=caps, coin_ids=np.array(ids, dtype=np.str_))


@pytest.mark.parametrize(
    ("row", "weights", "score", "coverage"),
    [
        ([20, 40, 60, 80, 100], EQUAL, 60, 1),
        ([20, 40, 60, 80, 100], DEFAULT_WEIGHTS, 5 + 8 + 15 + 12 + 15, 1),
        ([100, 100, 100, 100, 100], DEFAULT_WEIGHTS, 100, 1),
        ([0, 0, 0, 0, 0], DEFAULT_WEIGHTS, 0, 1),
        ([100, 0, 50, NAN, NAN], DEFAULT_WEIGHTS, 3750 / 70, 0.7),
        ([NAN, NAN, NAN, NAN, 42], DEFAULT_WEIGHTS, 42, 0.15),
        ([10, 90, NAN, NAN, NAN], Weights(3, 1, 0, 0, 0), 30, 1),
        ([NAN, 90, 10, NAN, NAN], Weights(3, 1, 0, 0, 0), 90, 0.25),
        ([NAN, NAN, 10, 20, 30], Weights(3, 1, 0, 0, 0), NAN, 0),
        ([NAN] * 5, DEFAULT_WEIGHTS, NAN, 0),
    ],
)
def test_score_and_coverage(row, weights, score, coverage):
    found = ranked([row], weights)
    assert found.score == pytest.approx([score], nan_ok=True)
    assert found.coverage == pytest.approx([coverage])
    assert found.rank.tolist() == [UNRANKED if np.isnan(score) else 1]


def test_contributions():
    found = ranked([[100, 0, 50, NAN, NAN]])
    assert found.contributions[0] == pytest.approx([2500 / 70, 0, 1250 / 70, NAN, NAN], nan_ok=True)


def test_no_coins():
    found = ranked([])
    assert found.contributions.shape == (0, len(FACTOR_KEYS))
    for column in (found.score, found.coverage, found.rank, found.order):
        assert column.shape == (0,)


@pytest.mark.parametrize(
    ("scores", "caps", "ids", "rank"),
    [
        ([10, 30, 20], [1, 1, 1], "abc", [3, 1, 2]),
        ([10, 10, 10], [5, 7, 6], "abc", [3, 1, 2]),
        ([10, 10, 10], [7, NAN, 7], "cab", [2, 3, 1]),
        ([10, 10, 10], [NAN, NAN, 0], "bac", [3, 2, 1]),
        ([10, 20, 10], [9, 1, 9], "bca", [3, 1, 2]),
        ([NAN, 0, NAN], [9e9, 1, 9e9], "abc", [UNRANKED, 1, UNRANKED]),
        ([NAN, NAN, NAN], [1, 2, 3], "abc", [UNRANKED] * 3),
    ],
)
def test_rank_by_score_then_cap_then_id(scores, caps, ids, rank):
    factors = np.full((3, 5), NAN)
    factors[:, PRICE] = scores
    assert ranked(factors, caps=caps, ids=list(ids)).rank.tolist() == rank


def test_unranked_coins_come_last_in_the_same_order():
    factors = np.full((5, 5), NAN)
    factors[[1, 3], SOCIAL] = [20, 30]
    found = ranked(factors, caps=[1, 1, 5, 1, 5], ids=list("edcba"))
    assert found.order.tolist() == [3, 1, 4, 2, 0]


# Figures are whole, so that sums of them are no less distinct than they are.
factor = st.integers(0, 100).map(float) | st.just(NAN)
markets = st.integers(0, 8).flatmap(lambda rows: arrays(np.float64, (rows, 5), elements=factor))
one_or_more = markets.filter(len)
weights = st.lists(st.integers(0, 100), min_size=5, max_size=5).filter(any).map(Weights.of)
caps = st.lists(st.integers(0, 3).map(float) | st.just(NAN), min_size=8, max_size=8)
columns = st.integers(0, len(FACTOR_KEYS) - 1)


@given(markets, weights)
def test_bounds(factors, weights):
    found = ranked(factors, weights)
    scored = ~np.isnan(found.score)
    known = ~np.isnan(factors) & (np.array(tuple(weights)) > 0)
    assert np.array_equal(scored, known.any(axis=1))
    assert np.array_equal(scored, found.coverage > 0)
    assert (found.coverage <= 1 + 1e-12).all()
    for row in np.flatnonzero(scored):
        low, high = factors[row][known[row]].min(), factors[row][known[row]].max()
        assert low - 1e-9 <= found.score[row] <= high + 1e-9


@given(markets, weights)
def test_contributions_add_up_to_the_score(factors, weights):
    found = ranked(factors, weights)
    scored = ~np.isnan(found.score)
    assert np.nansum(found.contributions, axis=1)[scored] == pytest.approx(found.score[scored])
    assert np.isnan(found.contributions[~scored]).all()
    assert np.array_equal(np.isnan(found.contributions[scored]), np.isnan(factors[scored]))


@given(markets, weights)
def test_coverage_is_the_share_of_the_weights_that_are_known(factors, weights):
    total = sum(weights)
    shares = [
        sum(weight for weight, figure in zip(weights, row, strict=True) if not isnan(figure))
        / total
        for row in factors.tolist()
    ]
    assert ranked(factors, weights).coverage == pytest.approx(shares)


@given(markets, weights, caps)
def test_ranks_are_1_to_n_and_follow_the_order(factors, weights, caps):
    found = ranked(factors, weights, caps=caps[: len(factors)])
    scored = ~np.isnan(found.score)
    assert sorted(found.rank[scored]) == list(range(1, scored.sum() + 1))
    assert (found.rank[~scored] == UNRANKED).all()
    assert sorted(found.order) == list(range(len(factors)))
    assert found.rank[found.order][: scored.sum()].tolist() == list(range(1, scored.sum() + 1))
    assert (np.diff(found.score[found.order][: scored.sum()]) <= 0).all()


@given(one_or_more, weights, columns, st.integers(0, 100), st.data())
def test_a_better_factor_never_makes_a_worse_place(factors, weights, column, more, data):
    row = data.draw(st.integers(0, len(factors) - 1))
    assume(not np.isnan(factors[row, column]))
    better = factors.copy()
    better[row, column] = min(100, factors[row, column] + more)
    before, after = ranked(factors, weights), ranked(better, weights)
    assume(before.rank[row] != UNRANKED)
    assert after.score[row] >= before.score[row]
    assert after.rank[row] <= before.rank[row]
    others = np.arange(len(factors)) != row
    assert np.array_equal(after.score[others], before.score[others], equal_nan=True)
    if tuple(weights)[column] and better[row, column] > factors[row, column]:
        assert after.score[row] > before.score[row]


@given(markets, weights, st.integers(-8, 8), st.floats(0.01, 100))
def test_only_the_proportions_of_the_weights_matter(factors, weights, power, factor):
    found = ranked(factors, weights)
    doubled = ranked(factors, Weights.of([weight * 2.0**power for weight in weights]))
    assert np.array_equal(doubled.rank, found.rank)
    scaled = ranked(factors, Weights.of([weight * factor for weight in weights]))
    assert scaled.score == pytest.approx(found.score, nan_ok=True)
    assert scaled.coverage == pytest.approx(found.coverage)


@given(markets, weights, caps, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(factors, weights, caps, order):
    rows = order.sample(range(len(factors)), len(factors))
    ids = [f"coin-{row}" for row in range(len(factors))]
    found = ranked(factors, weights, caps=caps[: len(factors)], ids=ids)
    again = ranked(
        factors[rows], weights, caps=[caps[row] for row in rows], ids=[ids[row] for row in rows]
    )
    assert np.array_equal(again.rank, found.rank[rows])
    assert np.array_equal(again.score, found.score[rows], equal_nan=True)
    assert np.array_equal(again.contributions, found.contributions[rows], equal_nan=True)
    assert [rows[row] for row in again.order] == found.order.tolist()


@given(one_or_more, weights, columns)
def test_a_missing_factor_is_not_0(factors, weights, column):
    missing, zero = factors.copy(), factors.copy()
    missing[:, column], zero[:, column] = NAN, 0
    without, with_zero = ranked(missing, weights), ranked(zero, weights)
    counted = (without.score > 0) & (tuple(weights)[column] > 0)
    assert (without.score > with_zero.score)[counted].all()
    assert (without.coverage < with_zero.coverage)[counted].all()
    assert np.isnan(without.contributions[:, column]).all()


@given(markets, weights, columns)
def test_a_factor_without_weight_does_not_matter(factors, weights, column):
    values = list(weights)
    values[column] = 0
    assume(any(values))
    without = factors.copy()
    without[:, column] = NAN
    found = ranked(factors, Weights.of(values))
    again = ranked(without, Weights.of(values))
    assert np.array_equal(again.score, found.score, equal_nan=True)
    assert np.array_equal(again.rank, found.rank)
    assert np.array_equal(again.coverage, found.coverage)
