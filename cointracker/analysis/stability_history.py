"""A coin's stability over time, and what moved it: the same rules as the ranking's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from cointracker.analysis import series
from cointracker.analysis.series import OBSERVED, InstantArray
from cointracker.ranking import stability
from cointracker.ranking.factors import FloatArray
from cointracker.ranking.stability import DAY, DAY_TOLERANCE, HOUR, HOUR_TOLERANCE

MAX_ENDS = 800
COMPONENT_COLUMNS = (
    "observed_at",
    "score",
    "variance",
    "trend",
    "reversion",
    "samples",
    "volatility_pct",
)


@dataclass(frozen=True)
class RobustInputs:
    """What the robust model sees of one coin, over the window that ends at its last price.

    volatility_pct and downside_pct: annualised, percent. drawdown_pct: the deepest fall from an
    earlier high, percent. points: how many hourly prices these rest on. NaN where none is known.
    """

    volatility_pct: float
    downside_pct: float
    drawdown_pct: float
    points: int


class PriceGrid:
    """A coin's stored prices, asked for at the instants that the stability rules want."""

    def __init__(self, history: pd.DataFrame) -> None:
        """history: one coin's rows of `CoinService.history`, oldest first."""
        known = history.dropna(subset=["price"])
        self.instants = _microseconds(known["observed_at"])
        self._prices = known["price"].to_numpy(dtype=np.float64)
        self._is_observed = (known["kind"] == OBSERVED).to_numpy()

    def at(
        self, ends: InstantArray, step: timedelta, steps: int, tolerance: timedelta
    ) -> FloatArray:
        """Prices at `steps` steps before each end and at the end: (ends, steps + 1), oldest first.

        ends: microseconds since 1970. NaN where no price is stored within the tolerance.
        """
        back = np.arange(steps, -1, -1, dtype=np.int64) * _ticks(step)
        wanted = np.asarray(ends, dtype=np.int64)[:, None] - back
        return series.nearest(
            wanted, self.instants, self._prices, self._is_observed, _ticks(tolerance)
        )


def components(grid: PriceGrid, since: datetime, days: int) -> pd.DataFrame:
    """The classic model and its parts at the coin's own instants from `since` on.

    Columns `COMPONENT_COLUMNS`: scores 0..100, NaN with fewer than 3 daily changes; samples, how
    many daily changes they rest on; the volatility of those changes. At most 800 rows, the last
    of each equal stretch of time; the last row is the coin's last price.
    """
    ends = _spread(grid.instants[grid.instants >= _tick(since)])
    changes = stability.daily_changes_pct(grid.at(ends, DAY, days, DAY_TOLERANCE))
    scores = stability.classic(changes)
    columns = (
        pd.to_datetime(ends, unit="us", utc=True),
        scores.score,
        stability.variance_score(changes),
        stability.trend_score(changes),
        stability.reversion_score(changes),
        scores.samples,
        np.where(
            scores.samples >= stability.MIN_DAILY_CHANGES, series.volatility_pct(changes), np.nan
        ),
    )
    return pd.DataFrame(dict(zip(COMPONENT_COLUMNS, columns, strict=True)))


def daily_changes(grid: PriceGrid, since: datetime) -> pd.DataFrame:
    """The coin's changes over 24 h blocks back from its last price to `since`, oldest first.

    Columns: observed_at (the block's end), change_pct (NaN where a boundary has no price).
    """
    if grid.instants.size == 0 or grid.instants[-1] < _tick(since):
        return pd.DataFrame({"observed_at": pd.to_datetime([], utc=True), "change_pct": []})
    last = grid.instants[-1:]
    blocks = max(1, int(-(-(last[0] - _tick(since)) // _ticks(DAY))))
    prices = grid.at(last, DAY, blocks, DAY_TOLERANCE)
    ends = last[0] - np.arange(blocks - 1, -1, -1, dtype=np.int64) * _ticks(DAY)
    return pd.DataFrame(
        {
            "observed_at": pd.to_datetime(ends, unit="us", utc=True),
            "change_pct": stability.daily_changes_pct(prices)[0],
        }
    )


def robust_inputs(grid: PriceGrid, days: int) -> RobustInputs:
    """The measures of the robust model over the window that ends at the coin's last price."""
    prices = grid.at(grid.instants[-1:], HOUR, days * 24, HOUR_TOLERANCE)
    if prices.size == 0:
        return RobustInputs(np.nan, np.nan, np.nan, 0)
    returns = np.diff(np.log(prices), axis=1)
    return RobustInputs(
        volatility_pct=float(stability.realised_volatility(returns)[0] * 100),
        downside_pct=float(stability.downside_deviation(returns)[0] * 100),
        drawdown_pct=float(stability.max_drawdown(prices)[0] * 100),
        points=int((~np.isnan(prices)).sum()),
    )


def _spread(ends: InstantArray) -> InstantArray:
    """At most `MAX_ENDS` of ascending instants: the last of each equal stretch of time."""
    if len(ends) <= MAX_ENDS:
        return ends
    stretch = (ends - ends[0]) * MAX_ENDS // (ends[-1] - ends[0] + 1)
    spread: InstantArray = ends[np.append(np.diff(stretch) > 0, True)]
    return spread


def _microseconds(instants: pd.Series) -> InstantArray:
    return np.asarray(instants.astype("datetime64[us, UTC]"), dtype="datetime64[us]").view(np.int64)


def _tick(instant: datetime) -> int:
    return int(pd.Timestamp(instant).timestamp() * 1_000_000)


def _ticks(length: timedelta) -> int:
    return length // timedelta(microseconds=1)
