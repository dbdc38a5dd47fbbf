"""How good the data is: how refreshes went, which rows were refused, what coins lack and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from cointracker.core.clock import Clock
from cointracker.core.errors import SnapshotNotFound
from cointracker.features.market.rankings import MarketService
from cointracker.features.monitoring.store import refreshes
from cointracker.ranking.factors import FACTOR_COLUMNS, FACTOR_KEYS, FACTORS
from cointracker.storage.database import Database

MAX_REJECTIONS = 200


@dataclass(frozen=True)
class MissingFactor:
    """A factor, by key, that some coins of the newest snapshot lack: their symbols, best first.

    why: a message.
    """

    factor: str
    why: str
    symbols: tuple[str, ...]


class DataQualityService:
    """Reads the log of one database, and what its newest snapshot lacks.

    factors: keys of those that exist in this market.
    """

    def __init__(
        self,
        database: Database,
        market: MarketService,
        clock: Clock,
        factors: Collection[str] = FACTOR_KEYS,
    ) -> None:
        self._database = database
        self._market = market
        self._clock = clock
        self._factors = factors

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
            return refreshes.rejected_since(session, since, limit=MAX_REJECTIONS)

    def missing_factors(self) -> list[MissingFactor]:
        """The factors that coins of the newest snapshot lack; none before the first one."""
        try:
            frame = self._market.ranking().frame
        except SnapshotNotFound:
            return []
        missing = []
        for factor, column in zip(FACTORS, FACTOR_COLUMNS, strict=True):
            symbols = frame.loc[frame[column].isna(), "symbol"]
            if len(symbols) and factor.key in self._factors:
                missing.append(MissingFactor(factor.key, factor.why_missing, tuple(symbols)))
        return missing
