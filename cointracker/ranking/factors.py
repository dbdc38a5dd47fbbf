"""The factors: market figures normalised to 0..100, where NaN means unknown (SPEC 2.1).

All functions take and return float arrays of shape (coins,); an unknown input stays NaN and is
never taken for 0.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

FACTORS = ("price_change", "volume_change", "stability", "market_cap", "social")
"""Names of the factors, in the order of every factor matrix (coins, 5) and weight vector (5,)."""

PRICE_CHANGE_RANGE_PCT = (-50.0, 200.0)
VOLUME_CHANGE_RANGE_PCT = (-80.0, 500.0)
MARKET_CAP_RANGE_LOG10 = (6.0, 12.0)
STANDINGS_PER_POINT = 10.0


def price_change(change_24h_pct: FloatArray) -> FloatArray:
    """0 at a 24 h price change of -50 % or less, 100 at +200 % or more, linear between."""
    return _scaled(change_24h_pct, *PRICE_CHANGE_RANGE_PCT)


def volume_change(volume_change_24h_pct: FloatArray) -> FloatArray:
    """0 at a 24 h volume change of -80 % or less, 100 at +500 % or more, linear between."""
    return _scaled(volume_change_24h_pct, *VOLUME_CHANGE_RANGE_PCT)


def market_cap(cap: FloatArray) -> FloatArray:
    """0 up to a cap of 10^6, 100 from 10^12, linear in its logarithm; 0 for a cap of 0 or less."""
    cap = np.asarray(cap, dtype=np.float64)
    log_cap = np.log10(cap, out=np.full_like(cap, -np.inf), where=cap > 0)
    return np.where(np.isnan(cap), np.nan, _scaled(log_cap, *MARKET_CAP_RANGE_LOG10))


def social(standing: FloatArray) -> FloatArray:
    """100 - standing / 10, not below 0; standing 1 is the best; 0 for a standing of 0 or less."""
    standing = np.asarray(standing, dtype=np.float64)
    score = np.clip(100.0 - standing / STANDINGS_PER_POINT, 0.0, 100.0)
    return np.where(standing <= 0, 0.0, score)


def factor_matrix(
    *,
    change_24h_pct: FloatArray,
    volume_change_24h_pct: FloatArray,
    stability: FloatArray,
    cap: FloatArray,
    standing: FloatArray,
) -> FloatArray:
    """All factors side by side: (coins, 5) in the order of `FACTORS`, NaN where unknown."""
    columns = (
        price_change(change_24h_pct),
        volume_change(volume_change_24h_pct),
        np.asarray(stability, dtype=np.float64),
        market_cap(cap),
        social(standing),
    )
    return np.column_stack(columns)


def relative_change_pct(now: FloatArray, then: FloatArray) -> FloatArray:
    """(now - then) / then in percent points; NaN where either is unknown or `then` is 0 or less,
    and where the change is too large for a number.

    Source: SPEC 3.4.
    """
    now, then = np.asarray(now, dtype=np.float64), np.asarray(then, dtype=np.float64)
    base = np.where(then > 0, then, np.nan)
    with np.errstate(over="ignore"):
        change = (now - base) / base * 100.0
    return np.where(np.isfinite(change), change, np.nan)


def _scaled(values: FloatArray, low: float, high: float) -> FloatArray:
    """`values` mapped linearly from low..high to 0..100 and clipped; NaN stays NaN."""
    values = np.asarray(values, dtype=np.float64)
    return np.clip((values - low) / (high - low) * 100.0, 0.0, 100.0)
