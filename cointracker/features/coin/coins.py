"""What a coin's page reads: who the coin is, where it stands, and its stored history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from cointracker.analysis import stability_history
from cointracker.analysis.stability_history import PriceGrid, RobustInputs
from cointracker.analysis.time_ranges import BEGINNING, TimeRange
from cointracker.core.errors import CoinNotFound
from cointracker.features.coin import timeline as timelines
from cointracker.features.market.rankings import MarketService, RankingView
from cointracker.features.market.store import coins, observations, snapshots
from cointracker.ranking.stability import DAY_TOLERANCE
from cointracker.storage.database import Database


@dataclass(frozen=True)
class Profile:
    """A coin as the last snapshot that holds it saw it.

    view: that snapshot, its frame holding this coin's row alone, with rank bands. facts: the
    stored facts (`storage.coins.FACT_COLUMNS`). is_current: whether it is the newest snapshot.
    """

    view: RankingView
    facts: pd.Series
    is_current: bool

    @property
    def row(self) -> pd.Series:
        """The coin's row of the ranking; see `RankingView`."""
        return self.view.frame.iloc[0]

    @property
    def coin_id(self) -> str:
        """The coin's id."""
        return str(self.row["coin_id"])


@dataclass(frozen=True)
class CoinReport:
    """One coin over a span; one without a beginning of its own is as long as what is stored.

    It then begins at the first price, and ends at the last one of a coin that has left.

    history: see `CoinService.history`, within the span. components, changes, robust: see
    `stability_over_time`; they reach back before the span as far as they need. rank_history: see
    `snapshots.rank_history`.
    """

    profile: Profile
    span: TimeRange
    history: pd.DataFrame
    components: pd.DataFrame
    changes: pd.DataFrame
    robust: RobustInputs
    rank_history: pd.DataFrame


class CoinService:
    """Reads one coin, or a few, from the database that `market` ranks."""

    def __init__(self, database: Database, market: MarketService) -> None:
        self._database = database
        self._market = market

    def names(self) -> pd.DataFrame:
        """Every coin ever stored: coin_id, symbol, name, rank (NaN: not in the newest snapshot).

        Those of the newest snapshot come first, best rank first.
        """
        with self._database.reading() as session:
            return coins.names(session)

    def coin_id(self, coin: str) -> str:
        """The id of a coin that was ever stored, asked for by its id or its number.

        Raises CoinNotFound.
        """
        with self._database.reading() as session:
            row = coins.one(session, coin)
        if row.empty:
            raise CoinNotFound(coin)
        return str(row.iloc[0]["coin_id"])

    def profile(self, coin_id: str) -> Profile:
        """The coin in the last snapshot that holds it, ranked as that page ranks it.

        Raises CoinNotFound, SnapshotNotFound.
        """
        newest = self._market.ranking()
        view = newest
        if coin_id not in set(newest.frame["coin_id"]):
            view = self._market.ranking(self._last_seen(coin_id))
        row = view.frame[view.frame["coin_id"] == coin_id]
        with self._database.reading() as session:
            facts = coins.one(session, coin_id).iloc[0]
        only = self._market.with_bands(RankingView(view.snapshot, view.weights, row))
        return Profile(only, facts, is_current=view is newest)

    def history(self, coin_ids: Sequence[str], span: TimeRange) -> pd.DataFrame:
        """All stored figures of some coins within a span, by coin and oldest first.

        Columns: coin_id, observed_at (UTC), source, kind, price, volume_24h, market_cap.
        """
        with self._database.reading() as session:
            return observations.history(session, coin_ids, span.since, span.until)

    def rank_history(self, coin_id: str, span: TimeRange) -> pd.DataFrame:
        """The coin's rank and score in each snapshot of a span; see `snapshots.rank_history`."""
        with self._database.reading() as session:
            return snapshots.rank_history(session, coin_id, span.since, span.until)

    def timeline(self, coin_id: str, span: TimeRange, interval: timelines.Interval) -> pd.DataFrame:
        """The coin's figures, stability and ranks over a span; see `timeline.timeline`."""
        return timelines.timeline(
            self.history([coin_id], span), self.rank_history(coin_id, span), interval
        )

    def _last_seen(self, coin_id: str) -> datetime:
        with self._database.reading() as session:
            row = snapshots.last_with(session, coin_id)
        if row.empty:
            raise CoinNotFound(coin_id)
        instant: datetime = row.iloc[0]["snapshot_at"].to_pydatetime()
        return instant

    def report(self, profile: Profile, span: TimeRange) -> CoinReport:
        """All that a coin's page draws over a span."""
        days = profile.view.snapshot.history_days
        reach = TimeRange(span.since - timedelta(days=days) - DAY_TOLERANCE, span.until)
        rows = self.history([profile.coin_id], reach)
        grid = PriceGrid(rows)
        history = rows[rows["observed_at"] >= span.since].reset_index(drop=True)
        if span.since == BEGINNING and len(history):
            span = _filled(span, history["observed_at"], is_current=profile.is_current)
        return CoinReport(
            profile=profile,
            span=span,
            history=history,
            components=stability_history.components(grid, span.since, days),
            changes=stability_history.daily_changes(grid, span.since),
            robust=stability_history.robust_inputs(grid, days),
            rank_history=self.rank_history(profile.coin_id, span),
        )


def _filled(span: TimeRange, instants: pd.Series, *, is_current: bool) -> TimeRange:
    """The part of a span that the instants fill; up to its end for a coin that is still there."""
    first, last = instants.min().to_pydatetime(), instants.max().to_pydatetime()
    return TimeRange(first, span.until if is_current else last)
