"""How good the data is: how refreshes went, which rows were refused, what coins lack and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from cointracker.errors import SnapshotNotFound
from cointracker.i18n import N_
from cointracker.ranking.factors import FACTORS
from cointracker.services.market import MarketService
from cointracker.sources.base import Clock
from cointracker.storage import refreshes
from cointracker.storage.database import Database

MOST_REJECTIONS = 200
MOST_FAILURES = 1_000
WHY_MISSING = {
    "price_change": N_("the source gives no 24 h change"),
    "volume_change": N_("no volume is stored within 2 h of 24 h earlier"),
    "stability": N_("fewer than 3 daily changes, or 48 hourly prices, are stored"),
    "market_cap": N_("the source gives no market cap"),
    "social": N_("no source of standing knows the coin"),
}
"""Why a coin may lack a factor, in the order of `FACTORS`."""


@dataclass(frozen=True)
class Lack:
    """A factor that some coins of the newest snapshot lack: their symbols, best rank first."""

    factor: str
    why: str
    symbols: tuple[str, ...]


class HealthService:
    """Reads the log of one database, and what its newest snapshot lacks."""

    def __init__(self, database: Database, market: MarketService, clock: Clock) -> None:
        self._database = database
        self._market = market
        self._clock = clock

    def refreshes(self, length: timedelta) -> pd.DataFrame:
        """The refreshes of late, oldest first: the fields of `Refresh`, and seconds (float64)."""
        with self._database.reading() as session:
            log = refreshes.since(session, self._clock() - length)
        seconds = (log["finished_at"] - log["started_at"]).dt.total_seconds()
        return log.assign(seconds=seconds)

    def rejections(self, length: timedelta) -> pd.DataFrame:
        """The last 200 rows that refreshes of late refused, the latest first.

        Columns: at (UTC, the refresh's start), source, coin_id, field, value, reason.
        """
        since: datetime = self._clock() - length
        with self._database.reading() as session:
            return refreshes.rejected_since(session, since, most=MOST_REJECTIONS)

    def failures_in_a_row(self) -> int:
        """How many refreshes have failed since the last one that did not; at most 1,000."""
        with self._database.reading() as session:
            outcomes = refreshes.log(session, most=MOST_FAILURES)["outcome"]
        return int((outcomes == refreshes.FAILED).cummin().sum())

    def lacks(self) -> list[Lack]:
        """The factors that coins of the newest snapshot lack; none before the first one."""
        try:
            frame = self._market.ranking().frame
        except SnapshotNotFound:
            return []
        found = []
        for factor in FACTORS:
            symbols = frame.loc[frame[f"factor_{factor}"].isna(), "symbol"]
            if len(symbols):
                found.append(Lack(factor, WHY_MISSING[factor], tuple(symbols)))
        return found
