"""One coin's prices over time: what moves, falls and swings, and how coins move together.

Prices come oldest first, NaN where unknown.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cointracker.ranking.factors import FloatArray

DAYS_PER_YEAR = 365
MIN_PAIRS = 3
OBSERVED, SPARKLINE, HISTORY = "observed", "sparkline", "history"
"""How a price came: told by a provider at the time, filled in from a sparkline, or back-filled."""

InstantArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def nearest(
    wanted: InstantArray,
    instants: InstantArray,
    values: FloatArray,
    goes_first: BoolArray,
    tolerance: int,
) -> FloatArray:
    """The value nearest to each wanted instant, NaN where none lies within `tolerance` of it.

    wanted: any shape, the result has the same. instants: (points,) ascending, in the unit of
    `tolerance`. goes_first: (points,) marks values that are taken before nearer ones without the
    mark. Of two equally near the older is taken. Source: docs/ranking.md; as storage does it.
    """
    values_at = np.full(wanted.shape, np.nan)
    for mark in (False, True):
        chosen = (goes_first == mark) & ~np.isnan(values)
        value = _nearest(wanted, instants[chosen], values[chosen], tolerance)
        values_at = np.where(np.isnan(value), values_at, value)
    return values_at


def _nearest(
    wanted: InstantArray, instants: InstantArray, values: FloatArray, tolerance: int
) -> FloatArray:
    if instants.size == 0:
        return np.full(wanted.shape, np.nan)
    after = np.clip(np.searchsorted(instants, wanted), 0, instants.size - 1)
    before = np.maximum(after - 1, 0)
    is_older_near = np.abs(wanted - instants[before]) <= np.abs(instants[after] - wanted)
    place = np.where(is_older_near, before, after)
    return np.where(np.abs(instants[place] - wanted) <= tolerance, values[place], np.nan)


def drawdown_pct(prices: FloatArray) -> FloatArray:
    """How far each price lies below the highest one before it: (points,) percent, 0 or less."""
    with np.errstate(invalid="ignore"):
        return (prices / np.fmax.accumulate(prices) - 1.0) * 100.0


def volatility_pct(daily_changes: FloatArray) -> FloatArray:
    """Sample deviation of daily changes, annualised by the root of 365: (rows,) percent.

    daily_changes: (rows, days) percent points, NaN where unknown; NaN with fewer than 2 known.
    """
    known = (~np.isnan(daily_changes)).sum(axis=1)
    mean = np.nansum(daily_changes, axis=1) / np.maximum(known, 1)
    squares = np.nansum((daily_changes - mean[:, None]) ** 2, axis=1)
    deviation = np.sqrt(squares / np.maximum(known - 1, 1) * DAYS_PER_YEAR)
    return np.where(known >= 2, deviation, np.nan)


def rebased(prices: FloatArray, base: float = 100.0) -> FloatArray:
    """Prices as multiples of the first known one, which becomes `base`."""
    known = prices[~np.isnan(prices)]
    if known.size == 0:
        return prices
    rebased: FloatArray = prices / known[0] * base
    return rebased


def correlations(changes: FloatArray) -> FloatArray:
    """Pearson's correlation of each two coins: (coins, coins), -1 to 1.

    changes: (coins, points), NaN where unknown. A pair is compared where both are known; NaN with
    fewer than 3 such points, and for a coin that does not move.
    """
    count = len(changes)
    matrix = np.full((count, count), np.nan)
    for one in range(count):
        for other in range(one, count):
            matrix[one, other] = matrix[other, one] = _correlation(changes[one], changes[other])
    return matrix


def _correlation(one: FloatArray, other: FloatArray) -> float:
    both = ~np.isnan(one) & ~np.isnan(other)
    if both.sum() < MIN_PAIRS:
        return float("nan")
    left, right = one[both] - one[both].mean(), other[both] - other[both].mean()
    spread = float(np.sqrt((left**2).sum() * (right**2).sum()))
    return float(np.clip((left * right).sum() / spread, -1.0, 1.0)) if spread > 0 else float("nan")
