"""A coin's past as one table: what was observed, and how it was ranked by it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import pandas as pd

from cointracker.analysis.time_ranges import BEGINNING, TimeRange
from cointracker.core.errors import InvalidTimeRange
from cointracker.core.i18n import N_
from cointracker.ranking.score import UNRANKED

Interval = Literal["raw", "1h", "1d"]
DAY = timedelta(days=1)
LONGEST: dict[Interval, timedelta] = {"raw": 7 * DAY, "1h": 90 * DAY, "1d": 3_660 * DAY}
"""How long a span of each interval may be: some ten thousand points at most."""
USUAL: dict[Interval, timedelta] = {"raw": DAY, "1h": 7 * DAY, "1d": 90 * DAY}
BINS = {"1h": "h", "1d": "D"}
FIGURES, PLACES = ["price", "volume_24h", "market_cap"], ["stability", "rank"]
COLUMNS = ["timestamp", *FIGURES, *PLACES]


def span(
    since: datetime | None, until: datetime | None, interval: Interval, now: datetime
) -> TimeRange:
    """The span that is meant: up to now without an end, of a usual length without a beginning.

    Raises InvalidSpan when it is too long for the interval, ends before it starts, or lies
    outside the time of crypto assets.
    """
    end = until or now
    if end < BEGINNING or (since and since < BEGINNING):
        raise InvalidTimeRange(N_("it is outside the years of crypto assets"))
    start = since or max(BEGINNING, end - USUAL[interval])
    if start > end:
        raise InvalidTimeRange(N_("it ends before it starts"))
    if end - start > LONGEST[interval]:
        raise InvalidTimeRange(N_("it is too long for this interval"))
    return TimeRange(start, end)


def timeline(history: pd.DataFrame, ranks: pd.DataFrame, interval: Interval) -> pd.DataFrame:
    """One row an observation (`raw`), or an hour or day (UTC) with what was last known in it.

    history: one coin's rows of `storage.observations.history`. rank_history: its rows of
    `snapshots.rank_history`, within the same span. Returns `COLUMNS`, oldest first: timestamp
    is the observation's, or where the hour or day begins; stability 0 to 100 and rank as the
    snapshots held them, NaN where there was none, or none known.
    """
    figures = history.set_index("observed_at")[FIGURES]
    ranked = ranks.assign(
        stability=ranks["factor_stability"], rank=ranks["rank"].where(ranks["rank"] != UNRANKED)
    ).set_index("snapshot_at")[PLACES]
    if interval == "raw":
        ranked = _at_observations(ranked, figures.index)
    else:
        figures, ranked = (_last_in(frame, BINS[interval]) for frame in (figures, ranked))
    joined = figures.join(ranked.astype("float64"), how="outer").sort_index()
    return joined.rename_axis("timestamp").reset_index()[COLUMNS]


def _last_in(frame: pd.DataFrame, length: str) -> pd.DataFrame:
    """What was last known in each hour or day, by where that begins (UTC)."""
    return frame.groupby(pd.DatetimeIndex(frame.index).floor(length)).last()


def _at_observations(ranked: pd.DataFrame, instants: pd.Index) -> pd.DataFrame:
    """The ranks at the last instant at or before each; of several at one the last."""
    row = instants.searchsorted(ranked.index, side="right") - 1
    known = ranked[row >= 0].set_axis(instants[row[row >= 0]])
    return known[~known.index.duplicated(keep="last")]
