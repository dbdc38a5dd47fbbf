"""Both models by hand-worked cases, and what holds for any prices."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cointracker.ranking import stability

NAN = float("nan")
ROOT50 = math.sqrt(50)  # 7.07: the deviation from which on the variance score is 0
DAY_SCORES = (stability.variance_score, stability.trend_score, stability.reversion_score)
YEAR = math.sqrt(365 * 24)

changes = st.floats(min_value=-100, max_value=2000) | st.just(NAN)
prices = st.floats(min_value=1e-9, max_value=1e6) | st.just(NAN)
some_days = st.tuples(st.integers(0, 6), st.integers(0, 9)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=changes)
)
some_hours = st.tuples(st.integers(0, 6), st.integers(46, 52)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=prices)
)


def score_of(score, row):
    return score(np.array([row], dtype=np.float64))[0]


@pytest.mark.parametrize(
    ("boundaries", "expected"),
    [
        ([100, 110, 99], [10, -10]),
        ([100, 100], [0]),
        ([100, NAN, 99, 198], [NAN, NAN, 100]),
        ([100, 0, 50], [NAN, NAN]),
        ([100, -1, 50], [NAN, NAN]),
        ([100], []),
    ],
)
def test_daily_changes(boundaries, expected):
    found = stability.daily_changes_pct(np.array([boundaries], dtype=np.float64))
    assert found.tolist() == [pytest.approx(expected, nan_ok=True)]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([1, 2, 3], 98),
        ([5, 5, 5], 100),
        ([-5, 0, 5], 50),
        ([-ROOT50, 0, ROOT50], 0),
        ([-10, 0, 10], 0),
        ([NAN, 1, NAN, 2, 3, NAN], 98),
        ([1, 2, NAN], NAN),
        ([NAN, NAN, NAN], NAN),
        ([], NAN),
    ],
)
def test_variance_score(days, expected):
    assert score_of(stability.variance_score, days) == pytest.approx(
        expected, abs=1e-12, nan_ok=True
    )


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([1, 2, 3], 100),
        ([-1, -2, -3], 100),
        ([1, -1, 1], 100 / 3),
        ([1, -1, 1, -1], 0),
        ([-1, -1, -1, 1], 50),
        ([0, 0, 0], 0),
        ([1, 1, 0], 200 / 3),
        ([NAN, 1, 1, NAN, -1], 100 / 3),
        ([1, 1, NAN], NAN),
        ([], NAN),
    ],
)
def test_trend_score(days, expected):
    assert score_of(stability.trend_score, days) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([1, 2, 3], 100),
        ([0, 0, 0, 0, 7, 7, 7], 88),  # mean of the last three 7, of all 3
        ([7, 7, 7, 0, 0, 0, 0], 91),  # 0 against 3
        ([0, 0, 0, 0, 70, 70, 70], 0),  # 70 against 30: -20, so 0
        ([0, 0, 0, NAN, 3, 3, NAN, 3], 95.5),  # 3 against 1.5: the last three known
        ([1, 2, NAN], NAN),
        ([], NAN),
    ],
)
def test_reversion_score(days, expected):
    assert score_of(stability.reversion_score, days) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("days", "expected", "samples"),
    [
        ([1, 2, 3], 0.4 * 98 + 30 + 30, 3),
        ([5, -5, 5, -5], 0.4 * 100 / 3 + 0 + 0.3 * 95, 4),
        ([2, 2, 2, 2, 2, 2, 2], 100, 7),
        ([0, 0, 0, 0, 0, 0, 0], 70, 7),
        ([0, 0, 0, 0, 70, 70, 70], 0.3 * 300 / 7, 7),
        ([NAN, 1, 2, NAN, 3], 0.4 * 98 + 30 + 30, 3),
        ([1, 2], NAN, 2),
        ([NAN, NAN, 1, 2, NAN], NAN, 2),
        ([NAN] * 7, NAN, 0),
        ([], NAN, 0),
    ],
)
def test_classic(days, expected, samples):
    found = stability.classic(np.array([days], dtype=np.float64))
    assert found.score == pytest.approx([expected], nan_ok=True)
    assert found.samples.tolist() == [samples]


def test_classic_takes_each_coin_by_itself():
    days = np.array([[1, 2, 3, NAN], [5, -5, 5, -5], [NAN] * 4])
    together = stability.classic(days)
    alone = [stability.classic(days[[row]]).score[0] for row in range(3)]
    assert together.score == pytest.approx(alone, nan_ok=True)
    assert together.samples.tolist() == [3, 4, 0]


@pytest.mark.parametrize("shape", [(0, 7), (0, 0), (2, 0)])
def test_classic_of_nothing(shape):
    found = stability.classic(np.empty(shape))
    assert np.isnan(found.score).all()
    assert found.samples.tolist() == [0] * shape[0]


@given(days=some_days)
def test_classic_lies_in_0_to_100_and_is_known_from_3_days_on(days):
    found = stability.classic(days)
    known = ~np.isnan(found.score)
    assert np.array_equal(known, found.samples >= 3)
    assert ((found.score >= 0) & (found.score <= 100 + 1e-9))[known].all()
    for score in DAY_SCORES:
        assert np.array_equal(~np.isnan(score(days)), known)


@pytest.mark.parametrize(
    ("returns", "volatility", "downside"),
    [
        ([0.01, -0.01], 0.01 * YEAR, 0.01 * YEAR / math.sqrt(2)),
        ([0.03, 0.04], math.sqrt(0.00125) * YEAR, 0),
        ([0, 0], 0, 0),
        ([NAN, -0.02], 0.02 * YEAR, 0.02 * YEAR),
        ([NAN, NAN], NAN, NAN),
        ([], NAN, NAN),
    ],
)
def test_volatility_and_its_lower_half(returns, volatility, downside):
    assert score_of(stability.realised_volatility, returns) == pytest.approx(
        volatility, nan_ok=True
    )
    assert score_of(stability.downside_deviation, returns) == pytest.approx(downside, nan_ok=True)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ([1, 2, 3], 0),
        ([1, 2, 1, 4, 3], 0.5),
        ([4, 3, 2, 5, 1], 0.8),
        ([2, NAN, 1, NAN], 0.5),
        ([3], 0),
        ([NAN, NAN], NAN),
        ([], NAN),
    ],
)
def test_max_drawdown(line, expected):
    assert score_of(stability.max_drawdown, line) == pytest.approx(expected, nan_ok=True)


def swinging(swing, hours=48):
    """Prices that go between 100 and 100 + swing, hour by hour."""
    return [100.0 + swing * (hour % 2) for hour in range(hours)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([swinging(0), swinging(2), swinging(1)], [100, 0, 50]),
        ([swinging(0), swinging(0), swinging(9)], [75, 75, 0]),
        ([swinging(1), swinging(1), swinging(1)], [50, 50, 50]),
        ([swinging(1), [NAN, *swinging(2)[1:]], swinging(3)], [100, NAN, 0]),
        ([[NAN] * 48, swinging(3)], [NAN, 50]),
        ([swinging(3)], [50]),
        ([[NAN] * 48], [NAN]),
    ],
)
def test_robust_is_the_share_of_the_others_that_are_riskier(lines, expected):
    found = stability.robust(np.array(lines))
    assert found.score == pytest.approx(expected, nan_ok=True)
    assert found.samples.tolist() == (~np.isnan(lines)).sum(axis=1).tolist()


@pytest.mark.parametrize(("hours", "known"), [(0, False), (47, False), (48, True), (169, True)])
def test_robust_wants_48_hours(hours, known):
    found = stability.robust(np.array([swinging(1, hours), swinging(2, hours)]))
    assert found.score == pytest.approx([100, 0] if known else [NAN, NAN], nan_ok=True)
    assert found.samples.tolist() == [hours, hours]


def test_robust_of_no_coins():
    found = stability.robust(np.empty((0, 169)))
    assert found.score.shape == found.samples.shape == (0,)


def test_a_zero_price_is_no_price():
    line = swinging(1, 49)
    found = stability.robust(np.array([[0.0, *line[1:]], [-1.0, *line[1:]], [0.0, 0.0, *line[2:]]]))
    assert found.samples.tolist() == [48, 48, 47]


def test_one_hundredth_at_either_end_counts_alike():
    # 301 coins: the 1st and the 99th percentile are the risks of the fourth from either end.
    score = stability.robust(np.array([swinging(swing / 10) for swing in range(301)])).score
    assert len(set(score[:4])) == len(set(score[-4:])) == 1
    assert (np.diff(score[3:-3]) < 0).all()
    assert score[0] == pytest.approx((297 + 3 / 2) / 300 * 100)
    assert score[-1] == pytest.approx(3 / 2 / 300 * 100)


@given(lines=some_hours, order=st.randoms(use_true_random=False))
def test_robust_lies_in_0_to_100_about_50_and_knows_no_order(lines, order):
    found = stability.robust(lines)
    known = ~np.isnan(found.score)
    assert np.array_equal(known, found.samples >= 48)
    assert ((found.score >= 0) & (found.score <= 100))[known].all()
    assert not known.any() or found.score[known].mean() == pytest.approx(50)
    rows = order.sample(range(len(lines)), len(lines))
    again = stability.robust(lines[rows])
    assert np.array_equal(again.score, found.score[rows], equal_nan=True)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ([1, 1, 1, 1], True),
        ([0.98, 1.02, 1, 1], True),
        ([0.9799, 1, 1, 1], False),
        ([1, 1, 1, 1.0201], False),
        ([1, NAN, 1, 1, 1, NAN], True),
        ([1, NAN, 1, 1], False),
        ([NAN] * 4, False),
        ([50, 50, 50, 50], False),
    ],
)
def test_pegged_is_within_2_percent_of_1_all_the_time(line, expected):
    assert stability.is_pegged(np.array([line])).tolist() == [expected]


def test_no_coin_is_pegged_among_none():
    assert stability.is_pegged(np.empty((0, 8))).shape == (0,)
