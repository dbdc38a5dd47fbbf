"""The past of a market that starts today: hourly figures, then the snapshots they make."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pandas as pd

from cointracker.analysis import series
from cointracker.core.clock import Clock
from cointracker.features.market.store import observations, snapshots
from cointracker.features.monitoring.refresh import HISTORY, RefreshService
from cointracker.providers.base import HistorySource
from cointracker.storage.database import Database

log = logging.getLogger(__name__)

DAYS, WARM_UP_DAYS = 90, 8
HOURLY_FOR = timedelta(hours=26)


def seed(
    database: Database,
    source: HistorySource,
    refresher: Callable[[Clock], RefreshService],
    *,
    now: datetime,
) -> None:
    """Fill an empty database with 90 days of hourly history, ranked daily, of late hourly.

    refresher: makes the refresh whose clock stands at a past instant. Does nothing when the
    database holds a snapshot.
    """
    with database.transaction() as session:
        if not snapshots.at(session).empty:
            return
        log.info("building %d days of history; this takes about 15 s", DAYS)
        rows = source.fetch_history(DAYS * 24)
        rows = rows.assign(source=source.name, kind=series.HISTORY)
        observations.load(session, rows)
    for instant in _instants(now):
        refresher(partial(_same, instant)).run(HISTORY)


def _same(instant: datetime) -> datetime:
    return instant


def _instants(now: datetime) -> list[datetime]:
    """The whole hours to be ranked, oldest first: each day's, then each of the last 26 hours."""
    last = pd.Timestamp(now).floor("h")
    daily = pd.date_range(end=last - HOURLY_FOR, periods=DAYS - WARM_UP_DAYS, freq="D")
    hourly = pd.date_range(last - HOURLY_FOR, last, freq="h", inclusive="right")
    return [instant.to_pydatetime() for instant in daily.append(hourly)]
