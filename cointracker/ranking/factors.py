"""The factors: market figures normalised to 0..100, where NaN means unknown.

Each is declared once, in `FACTORS`; columns, weights, pages and API follow from that. All arrays
are floats of shape (coins,); an unknown input stays NaN and is never taken for 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cointracker.core.i18n import N_, NP_

FloatArray = npt.NDArray[np.float64]
Figures = Mapping[str, FloatArray]
"""What is known of the coins, by name: see `FIGURES`."""

FIGURES = (
    "price",
    "volume_24h",
    "volume_change_24h_pct",
    "market_cap",
    "change_1h_pct",
    "change_24h_pct",
    "change_7d_pct",
    "change_30d_pct",
    "stability",
    "standing",
)
"""What a factor can be made from: prices, volumes and caps in the quote currency, changes in
percent points, stability by the model in force, and social standing, 1 for the best."""

PRICE_CHANGE_RANGE_PCT = (-50.0, 200.0)
VOLUME_CHANGE_RANGE_PCT = (-80.0, 500.0)
MARKET_CAP_RANGE_LOG10 = (6.0, 12.0)
STANDINGS_PER_POINT = 10.0
SHORT = "short"
"""The context of short names in the catalogues."""


@dataclass(frozen=True)
class FactorNames:
    """What a factor is called; messages of the catalogues.

    title: alone. inside: within a sentence. reason: in the reason for a rank, before its value.
    short: there, where room is scarce; in the context `SHORT`.
    """

    title: str
    inside: str
    reason: str
    short: str


@dataclass(frozen=True)
class Factor:
    """One factor.

    key: part of the names of its columns: factor_KEY, weight_KEY, contribution_KEY. value: makes
    it from the figures of the market. unit: of the figure behind it, empty where it has none.
    api_weight: its weight's name in the settings of the API. why_missing: a message that says why
    a coin may lack it. light, dark: its colours on pages.
    """

    key: str
    value: Callable[[Figures], FloatArray]
    default_weight: float
    unit: str
    names: FactorNames
    api_weight: str
    why_missing: str
    light: str
    dark: str


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


def relative_change_pct(now: FloatArray, then: FloatArray) -> FloatArray:
    """(now - then) / then in percent points; NaN where either is unknown or `then` is 0 or less,
    and where the change is too large for a number.

    Source: docs/sources.md.
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


FACTORS = (
    Factor(
        key="price_change",
        value=lambda figures: price_change(figures["change_24h_pct"]),
        default_weight=25.0,
        unit="%",
        names=FactorNames(
            title=N_("Price change"),
            inside=N_("price change"),
            reason=N_("price change"),
            short=NP_("short", "price"),
        ),
        api_weight="price_weight",
        why_missing=N_("the provider gives no 24 h change"),
        light="#27468F",
        dark="#5F7FDB",
    ),
    Factor(
        key="volume_change",
        value=lambda figures: volume_change(figures["volume_change_24h_pct"]),
        default_weight=20.0,
        unit="%",
        names=FactorNames(
            title=N_("Volume change"),
            inside=N_("volume change"),
            reason=N_("volume"),
            short=NP_("short", "volume"),
        ),
        api_weight="volume_weight",
        why_missing=N_("no volume is stored within 2 h of 24 h earlier"),
        light="#3A97C9",
        dark="#6CC6EE",
    ),
    Factor(
        key="stability",
        value=lambda figures: figures["stability"],
        default_weight=25.0,
        unit="",
        names=FactorNames(
            title=N_("Stability"),
            inside=N_("stability"),
            reason=N_("stability"),
            short=NP_("short", "stability"),
        ),
        api_weight="stability_weight",
        why_missing=N_("fewer than 3 daily changes, or 48 hourly prices, are stored"),
        light="#C28300",
        dark="#F3C14B",
    ),
    Factor(
        key="market_cap",
        value=lambda figures: market_cap(figures["market_cap"]),
        default_weight=15.0,
        unit="quote currency",
        names=FactorNames(
            title=N_("Market cap"),
            inside=N_("market cap"),
            reason=N_("market cap"),
            short=NP_("short", "cap"),
        ),
        api_weight="market_cap_weight",
        why_missing=N_("the provider gives no market cap"),
        light="#A2498F",
        dark="#D673B4",
    ),
    Factor(
        key="social",
        value=lambda figures: social(figures["standing"]),
        default_weight=15.0,
        unit="",
        names=FactorNames(
            title=N_("Social standing"),
            inside=N_("social standing"),
            reason=N_("social standing"),
            short=NP_("short", "social"),
        ),
        api_weight="social_weight",
        why_missing=N_("no standing provider lists the coin"),
        light="#66771F",
        dark="#9DAA45",
    ),
)
"""The factors, in the order of every factor matrix (coins, factors) and weight vector."""

FACTOR_KEYS = tuple(factor.key for factor in FACTORS)
FACTOR_COLUMNS = tuple(f"factor_{key}" for key in FACTOR_KEYS)
WEIGHT_COLUMNS = tuple(f"weight_{key}" for key in FACTOR_KEYS)
CONTRIBUTION_COLUMNS = tuple(f"contribution_{key}" for key in FACTOR_KEYS)


def factor_matrix(figures: Figures) -> FloatArray:
    """All factors side by side: (coins, factors) in the order of `FACTORS`, NaN where unknown.

    figures: each of `FIGURES` that a factor is made from.
    """
    columns = [np.asarray(factor.value(figures), dtype=np.float64) for factor in FACTORS]
    return np.column_stack(columns)
