"""Coins beside one another: their prices on one grid of instants, rebased, and how they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from cointracker.analysis import series
from cointracker.analysis.stability_history import PriceGrid
from cointracker.analysis.time_ranges import TimeRange
from cointracker.ranking.factors import FloatArray

MAX_OTHERS = 5
STEPS = (
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(days=7),
    timedelta(days=28),
)
MAX_POINTS = 550
BASE = 100.0


@dataclass(frozen=True)
class Comparison:
    """Coins on one grid of instants.

    coin_ids: those with a price in the span, in the order asked for; without: the others. instants:
    (points,) UTC, oldest first. rebased: (coins, points), 100 at `start`, NaN where no price is
    near; start is None where the coins never have a price at once: then each begins at 100 by
    itself. correlations: (coins, coins) of the log returns from point to point. change_pct,
    volatility_pct (annualised) and drawdown_pct (deepest, 0 or less): (coins,) over the span.
    """

    coin_ids: tuple[str, ...]
    without: tuple[str, ...]
    instants: pd.DatetimeIndex
    rebased: FloatArray
    start: datetime | None
    correlations: FloatArray
    change_pct: FloatArray
    volatility_pct: FloatArray
    drawdown_pct: FloatArray


def compare(history: pd.DataFrame, coin_ids: Sequence[str], span: TimeRange) -> Comparison:
    """The comparison of coins over a span; the last price of any of them ends the grid.

    history: the rows of `CoinService.history` for these coins.
    """
    rows = {coin: history[history["coin_id"] == coin].dropna(subset=["price"]) for coin in coin_ids}
    priced = tuple(coin for coin in coin_ids if not rows[coin].empty)
    grids = [PriceGrid(rows[coin]) for coin in priced]
    step = _step([grid.instants for grid in grids], span)
    ends, prices = _on_grid(grids, step)
    rebased, start = _rebased(prices, ends)
    returns = np.diff(np.log(prices), axis=1)
    with np.errstate(invalid="ignore"):
        falls = [np.fmin.reduce(series.drawdown_pct(row), initial=np.nan) for row in prices]
    return Comparison(
        coin_ids=priced,
        without=tuple(coin for coin in coin_ids if coin not in priced),
        instants=pd.to_datetime(ends, unit="us", utc=True),
        rebased=rebased,
        start=start,
        correlations=series.correlations(returns),
        change_pct=np.array([_change(row) for row in prices]),
        volatility_pct=_volatility(returns, step),
        drawdown_pct=np.array(falls),
    )


def _step(instants: Sequence[np.ndarray], span: TimeRange) -> timedelta:
    """The finest step that keeps the grid short and that the coins' own rhythm fills."""
    if not instants:
        return STEPS[-1]
    first, last = min(times[0] for times in instants), max(times[-1] for times in instants)
    length = min(span.length, timedelta(microseconds=int(last - first)))
    rhythms = [np.median(np.diff(times)) for times in instants if len(times) > 1]
    rhythm = timedelta(microseconds=float(max(rhythms, default=0.0)))
    for step in STEPS[:-1]:
        if length / step <= MAX_POINTS and rhythm <= step * 1.5:
            return step
    return STEPS[-1]


def _on_grid(grids: Sequence[PriceGrid], step: timedelta) -> tuple[np.ndarray, FloatArray]:
    """Instants (points,) in microseconds, and each coin's prices there: (coins, points).

    A price counts for the instant that it is nearest to, so that each coin has one somewhere.
    """
    if not grids:
        return np.array([], dtype=np.int64), np.empty((0, 0))
    width = step // timedelta(microseconds=1)
    last = max(grid.instants[-1] for grid in grids)
    steps = int((last - min(grid.instants[0] for grid in grids) + width // 2) // width)
    ends = last - np.arange(steps, -1, -1, dtype=np.int64) * width
    prices = [grid.at(ends, step, 0, step / 2)[:, 0] for grid in grids]
    return ends, np.vstack(prices)


def _rebased(prices: FloatArray, ends: np.ndarray) -> tuple[FloatArray, datetime | None]:
    together = np.flatnonzero(~np.isnan(prices).any(axis=0)) if prices.size else np.array([])
    if together.size == 0:
        return np.array([series.rebased(row, BASE) for row in prices]), None
    start = int(together[0])
    at: datetime = pd.Timestamp(int(ends[start]), unit="us", tz="UTC").to_pydatetime()
    return prices / prices[:, [start]] * BASE, at


def _change(prices: FloatArray) -> float:
    known = prices[~np.isnan(prices)]
    return float((known[-1] / known[0] - 1.0) * 100.0) if known.size > 1 else float("nan")


def _volatility(returns: FloatArray, step: timedelta) -> FloatArray:
    """Sample deviation of the log returns, annualised by the steps of a year: (coins,) percent."""
    per_day = timedelta(days=1) / step
    daily: FloatArray = series.volatility_pct(returns * 100.0) * np.sqrt(per_day)
    return daily
