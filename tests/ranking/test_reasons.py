"""Which contributions are named as reasons."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointracker.ranking.factors import FACTOR_KEYS
from cointracker.ranking.reasons import Reason, reasons

NAN = float("nan")


@pytest.mark.parametrize(
    ("contributions", "named"),
    [
        ([21, 18, 20, 1, 2], ["price_change", "stability", "volume_change"]),
        ([1, 2, 3, 4, 5], ["social", "market_cap", "stability"]),
        ([5, 5, 5, 5, 5], ["price_change", "volume_change", "stability"]),
        ([0, 0, 9, 0, 0], ["stability"]),
        ([NAN, 7, NAN, 8, NAN], ["market_cap", "volume_change"]),
        ([NAN, 0, NAN, 0, NAN], []),
        ([NAN] * 5, []),
    ],
)
def test_the_three_largest_contributions(contributions, named):
    factors = [10.0, 20.0, 30.0, 40.0, 50.0]
    value = dict(zip(FACTOR_KEYS, factors, strict=True))
    assert reasons(factors, contributions) == tuple(Reason(name, value[name]) for name in named)


@given(st.lists(st.floats(0, 100) | st.just(NAN), min_size=5, max_size=5))
def test_no_reason_is_smaller_than_what_is_left_out(contributions):
    named = [reason.factor for reason in reasons(contributions, contributions)]
    points = dict(zip(FACTOR_KEYS, contributions, strict=True))
    given_points = [points[name] for name in named]
    left_out = [value for name, value in points.items() if name not in named and value > 0]
    assert given_points == sorted(given_points, reverse=True)
    assert len(named) == min(3, sum(value > 0 for value in contributions))
    assert max(left_out, default=0) <= min(given_points, default=0)
