"""Stability of a price, 0 (wild) to 100 (calm), by two models.

Price histories come as (coins, points) arrays on an even grid that ends at each coin's own
observation instant, oldest first, NaN where no price is known near enough to the grid point.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from cointracker.ranking.factors import FloatArray, relative_change_pct

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DAY_TOLERANCE, HOUR_TOLERANCE = timedelta(hours=2), timedelta(minutes=30)
"""How near a stored price must be to the boundary of a 24 h block, or to a whole hour."""
MIN_DAILY_CHANGES = 3
MIN_HOURLY_POINTS = 48
MIN_PEG_POINTS = 4
RECENT_DAYS = 3
PEG_TOLERANCE = 0.02
HOURS_PER_YEAR = 365 * 24
WINSOR_PERCENTILES = (1.0, 99.0)

CountArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Stability:
    """One model's result: arrays of shape (coins,).

    score: 0..100, NaN where missing. samples: how many daily changes (classic) or hourly points
    (robust) the score rests on.
    """

    score: FloatArray
    samples: CountArray


def daily_changes_pct(boundary_prices: FloatArray) -> FloatArray:
    """Changes between consecutive 24 h boundaries: (coins, days) percent points, oldest first.

    boundary_prices: (coins, days + 1), oldest first. A change with an unknown or non-positive
    boundary is NaN.
    """
    prices = _positive_or_nan(boundary_prices)
    return relative_change_pct(now=prices[:, 1:], then=prices[:, :-1])


def variance_score(daily_changes: FloatArray) -> FloatArray:
    """100 at no variance, 0 from a deviation of 7.07 % a day on: 100 - 2 * sample variance.

    daily_changes: (coins, days) percent points, NaN where unknown. Returns (coins,), NaN with
    fewer than 3 known days. Source: docs/ranking.md.
    """
    squares = (daily_changes - _mean(daily_changes)[:, None]) ** 2
    degrees = np.maximum(_known(daily_changes) - 1, 1)
    variance = np.nansum(squares, axis=1) / degrees
    return _enough(daily_changes, np.maximum(0.0, 100.0 - 2.0 * variance))


def trend_score(daily_changes: FloatArray) -> FloatArray:
    """100 when all known days go the same way, 0 when as many rise as fall.

    Shapes and missing values as in `variance_score`. An unchanged day counts for neither side.
    """
    known = _known(daily_changes)
    balance = np.abs((daily_changes > 0).sum(axis=1) - (daily_changes < 0).sum(axis=1))
    return _enough(daily_changes, balance / np.maximum(known, 1) * 100.0)


def reversion_score(daily_changes: FloatArray) -> FloatArray:
    """100 when the last 3 known days go on as the window did: 100 - 3 * |mean(3) - mean(all)|.

    Shapes and missing values as in `variance_score`.
    """
    gap = np.abs(_mean(_last_known(daily_changes, RECENT_DAYS)) - _mean(daily_changes))
    return _enough(daily_changes, np.maximum(0.0, 100.0 - 3.0 * gap))


def classic(daily_changes: FloatArray) -> Stability:
    """Model `classic`: 0.4 variance + 0.3 trend + 0.3 reversion score.

    daily_changes: (coins, days) percent points over non-overlapping 24 h blocks, oldest first,
    NaN where unknown. Missing with fewer than 3 known days. Source: docs/ranking.md.
    """
    score = (
        0.4 * variance_score(daily_changes)
        + 0.3 * trend_score(daily_changes)
        + 0.3 * reversion_score(daily_changes)
    )
    return Stability(score=score, samples=_known(daily_changes))


def robust(hourly_prices: FloatArray) -> Stability:
    """Model `robust`: the percentile among the coins of calm in three risk measures.

    hourly_prices: (coins, hours) on an hourly grid, oldest first, NaN where unknown. The mean of
    annualised realised volatility, annualised downside deviation and maximum drawdown is
    winsorised at 1 % and 99 % across the coins; the score is the share of the other coins that
    are riskier (ties count half), 100 for the calmest. Missing with fewer than 48 hourly points;
    50 when no other coin can be compared. Source: docs/ranking.md.
    """
    prices = _positive_or_nan(hourly_prices)
    points = _known(prices)
    risk = np.where(points >= MIN_HOURLY_POINTS, _risk(prices), np.nan)
    return Stability(score=_calm_percentile(_winsorised(risk)), samples=points)


def is_pegged(prices: FloatArray) -> BoolArray:
    """True for coins whose every known price lies within 2 % of 1, given at least 4 of them.

    prices: (coins, points) in the quote currency over the window. Source: docs/ranking.md.
    """
    known = _known(prices)
    strays = ((prices < 1.0 - PEG_TOLERANCE) | (prices > 1.0 + PEG_TOLERANCE)).any(axis=1)
    return (known >= MIN_PEG_POINTS) & ~strays


def realised_volatility(log_returns: FloatArray) -> FloatArray:
    """Annualised root mean square of hourly log returns (coins, hours) -> (coins,)."""
    return np.sqrt(_mean(log_returns**2) * HOURS_PER_YEAR)


def downside_deviation(log_returns: FloatArray) -> FloatArray:
    """Annualised root mean square of the falls alone, rises counting as 0: (coins,)."""
    return np.sqrt(_mean(np.minimum(log_returns, 0.0) ** 2) * HOURS_PER_YEAR)


def max_drawdown(prices: FloatArray) -> FloatArray:
    """Deepest fall from an earlier high as a share of that high, 0..1.

    prices: (coins, points), oldest first. Returns (coins,), NaN without a known price.
    """
    highs = np.fmax.accumulate(prices, axis=1)
    deepest: FloatArray = np.fmax.reduce(1.0 - prices / highs, axis=1, initial=np.nan)
    return deepest


def _risk(prices: FloatArray) -> FloatArray:
    returns = np.diff(np.log(prices), axis=1)
    measures = (realised_volatility(returns), downside_deviation(returns), max_drawdown(prices))
    mean: FloatArray = np.mean(np.vstack(measures), axis=0)
    return mean


def _winsorised(values: FloatArray) -> FloatArray:
    if np.isnan(values).all():
        return values
    low, high = np.nanpercentile(values, WINSOR_PERCENTILES)
    clipped: FloatArray = np.clip(values, low, high)
    return clipped


def _calm_percentile(risk: FloatArray) -> FloatArray:
    """Share of the other known coins with more risk, ties half, in 0..100."""
    known = np.sort(risk[~np.isnan(risk)])
    if known.size <= 1:
        return np.where(np.isnan(risk), np.nan, 50.0)
    riskier = known.size - np.searchsorted(known, risk, side="right")
    as_risky = known.size - riskier - np.searchsorted(known, risk, side="left") - 1
    score = (riskier + as_risky / 2.0) / (known.size - 1) * 100.0
    return np.where(np.isnan(risk), np.nan, score)


def _mean(values: FloatArray) -> FloatArray:
    """Mean of each row's known values, NaN for a row without any."""
    known = _known(values)
    mean: FloatArray = np.nansum(values, axis=1) / np.where(known > 0, known, np.nan)
    return mean


def _last_known(daily_changes: FloatArray, days: int) -> FloatArray:
    """The rows with all but their last `days` known values blanked out."""
    known_from_here = np.cumsum(~np.isnan(daily_changes[:, ::-1]), axis=1)[:, ::-1]
    return np.where(known_from_here <= days, daily_changes, np.nan)


def _known(values: FloatArray) -> CountArray:
    return np.asarray((~np.isnan(values)).sum(axis=1), dtype=np.int64)


def _enough(daily_changes: FloatArray, score: FloatArray) -> FloatArray:
    return np.where(_known(daily_changes) >= MIN_DAILY_CHANGES, score, np.nan)


def _positive_or_nan(prices: FloatArray) -> FloatArray:
    prices = np.asarray(prices, dtype=np.float64)
    return np.where(prices > 0, prices, np.nan)
