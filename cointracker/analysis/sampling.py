"""Long series made short enough to draw: extremes stay, gaps stay gaps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from tsdownsample import MinMaxDownsampler

from cointracker.ranking.factors import FloatArray

MAX_POINTS = 800
GAP_STEPS = 1.85
MIN_GAP_SECONDS = 20 * 60
NEIGHBOURS = 5
RHYTHM_OF_TWO_SECONDS = 86_400


def gaps(instants: pd.Series) -> npt.NDArray[np.bool_]:
    """Which points come after a gap: (points,), False for the first.

    instants: ascending. A step is a gap when it is over 20 min and over 1.85 times the rhythm
    around it: the median of the five steps before it or of the five behind, whichever is longer;
    two points alone are taken for daily ones. So a missing day shows among days, a missing hour
    among hours, and where daily points give way to hourly ones there is no gap. Recorded hourly
    points lie up to 1.86 hours apart with no hour missing.
    """
    steps = pd.to_datetime(instants, utc=True).diff().dt.total_seconds()
    before = steps.shift().rolling(NEIGHBOURS, min_periods=1).median()
    behind = steps[::-1].shift().rolling(NEIGHBOURS, min_periods=1).median()[::-1]
    rhythm = np.fmax(before.to_numpy(), behind.to_numpy())
    rhythm = np.where(np.isnan(rhythm), RHYTHM_OF_TWO_SECONDS, rhythm)
    longest = np.maximum(GAP_STEPS * rhythm, MIN_GAP_SECONDS)
    return np.asarray(steps.to_numpy() > longest)


def thinned(values: FloatArray, max_points: int = MAX_POINTS) -> npt.NDArray[np.int64]:
    """Positions of at most `max_points` known values that draw the same line, ascending.

    The first, the last, and the smallest and the largest of each part stay. max_points: 4 or more.
    """
    known = np.flatnonzero(~np.isnan(values))
    if known.size <= max_points:
        return known
    extremes = MinMaxDownsampler().downsample(values[known], n_out=(max_points - 2) // 2 * 2)  # type: ignore[no-untyped-call]
    chosen = np.unique([0, *extremes.astype(np.int64), known.size - 1])
    return np.asarray(known[chosen], dtype=np.int64)


def outline(
    instants: pd.Series, values: FloatArray
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """The places of the points that draw a line, and before which of them it is broken.

    A line breaks at gaps between the instants, thinned or not, and where values are missing.
    """
    pieces = np.cumsum(gaps(instants) | np.isnan(values))
    kept = thinned(values)
    return kept, np.diff(pieces[kept], prepend=0) > 0
