"""How long history is kept, and how exactly.

Everything of the last seven days; then one row a coin and hour; after ninety days one a coin and
day. What a coin's stability may still be computed from stays whole, however old it is.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

import pandas as pd

from cointracker.core.clock import Clock
from cointracker.features.retention.store import compaction
from cointracker.features.retention.store.compaction import Compaction
from cointracker.markets.declaration import Retention
from cointracker.ranking.stability import DAY, DAY_TOLERANCE
from cointracker.storage.database import Database, Session

log = logging.getLogger(__name__)

LOGGED_FOR = timedelta(days=90)
KEPT = Retention()
SETTLE = timedelta(minutes=5)
WINDOW_MARGIN = DAY
"""A source may answer with figures that are older than those it gave before."""


def cuts(
    newest: pd.DataFrame, now: datetime, history_days: int, kept: Retention = KEPT
) -> pd.DataFrame:
    """Until when each coin's observations are thinned (`compaction.CUT_COLUMNS`, UTC midnights).

    newest: coin_id, newest_at. Each coin's stability window is counted from its own newest
    observation: a coin may have left the market, or stand still.
    """
    window = history_days * DAY + DAY_TOLERANCE + WINDOW_MARGIN
    before_window = newest["newest_at"] - window
    return pd.DataFrame(
        {
            "coin_id": newest["coin_id"],
            "hours_until": _earlier(before_window, now - kept.whole).dt.floor("D"),
            "days_until": _earlier(before_window, now - kept.hourly).dt.floor("D"),
        }
    )


def _earlier(instants: pd.Series, limit: datetime) -> pd.Series:
    return instants.where(instants < limit, pd.Timestamp(limit))


class RetentionService:
    """Compacts one database."""

    def __init__(
        self, database: Database, clock: Clock, *, history_days: int, kept: Retention = KEPT
    ) -> None:
        self._database = database
        self._clock = clock
        self._history_days = history_days
        self._kept = kept

    def last(self) -> datetime | None:
        """When the last compaction ran (UTC); None before the first."""
        with self._database.reading() as session:
            return compaction.last(session)

    def next_at(self) -> datetime:
        """When the next compaction is due: a day after the last, in a few minutes at the soonest.

        The start of a server has better things to do.
        """
        last, soonest = self.last(), self._clock() + SETTLE
        return soonest if last is None else max(last + DAY, soonest)

    def compact(self) -> Compaction:
        """Thin what is old and lay out the rest anew, all in one transaction.

        Refreshes wait meanwhile, readers do not. Raises StorageError; then nothing has changed.
        """
        began = time.monotonic()
        with self._database.transaction() as session:
            done = self._compact(session, began)
        self._database.checkpoint()
        log.info(
            "compacted in %.1f s: %d observations are left of %d, %d snapshots of %d",
            done.seconds,
            done.observations,
            done.observations + done.observations_gone,
            done.snapshots,
            done.snapshots + done.snapshots_gone,
        )
        return done

    def _compact(self, session: Session, began: float) -> Compaction:
        now = self._clock()
        recent, hourly = _midnight(now - self._kept.whole), _midnight(now - self._kept.hourly)
        snapshots_gone = compaction.thin_snapshots(session, recent, hourly)
        compaction.lay_out_rankings(session, recent)
        due = cuts(compaction.newest(session), now, self._history_days, self._kept)
        observations_gone = compaction.compact_observations(session, due, recent)
        done = Compaction(
            ran_at=now,
            observations=compaction.count(session, "observations"),
            observations_gone=observations_gone,
            snapshots=compaction.count(session, "snapshots"),
            snapshots_gone=snapshots_gone,
            refreshes_gone=compaction.thin_log(session, now - LOGGED_FOR),
            seconds=time.monotonic() - began,
        )
        compaction.add(session, done)
        return done


def _midnight(instant: datetime) -> datetime:
    return pd.Timestamp(instant).floor("D").to_pydatetime()
