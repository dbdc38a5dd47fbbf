"""What a coin's page reads: who the coin is, where it stands, and its stored history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from cointracker.errors import CoinNotFound
from cointracker.services import steadiness
from cointracker.services import timeline as timelines
from cointracker.services.market import MarketService, RankingView
from cointracker.services.snapshot import DAY_TOLERANCE
from cointracker.services.spans import BEGINNING, Span
from cointracker.services.steadiness import PriceGrid, RobustInputs
from cointracker.storage import coins, observations, snapshots
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
class Story:
    """One coin over a span; one without a beginning of its own is as long as what is stored.

    It then begins at the first price, and ends at the last one of a coin that has left.

    history: see `CoinService.history`, within the span. components, changes, robust: see
    `steadiness`; they reach back before the span as far as they need. places: see
    `storage.snapshots.places`.
    """

    profile: Profile
    span: Span
    history: pd.DataFrame
    components: pd.DataFrame
    changes: pd.DataFrame
    robust: RobustInputs
    places: pd.DataFrame


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
            found = coins.one(session, coin)
        if found.empty:
            raise CoinNotFound(coin)
        return str(found.iloc[0]["coin_id"])

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

    def history(self, coin_ids: Sequence[str], span: Span) -> pd.DataFrame:
        """All stored figures of some coins within a span, by coin and oldest first.

        Columns: coin_id, observed_at (UTC), source, kind, price, volume_24h, market_cap.
        """
        with self._database.reading() as session:
            return observations.history(session, coin_ids, span.since, span.until)

    def places(self, coin_id: str, span: Span) -> pd.DataFrame:
        """The coin's rank and score in each snapshot of a span; see `storage.snapshots.places`."""
        with self._database.reading() as session:
            return snapshots.places(session, coin_id, span.since, span.until)

    def timeline(self, coin_id: str, span: Span, interval: timelines.Interval) -> pd.DataFrame:
        """The coin's figures, stability and ranks over a span; see `timeline.timeline`."""
        return timelines.timeline(
            self.history([coin_id], span), self.places(coin_id, span), interval
        )

    def _last_seen(self, coin_id: str) -> datetime:
        with self._database.reading() as session:
            found = snapshots.last_with(session, coin_id)
        if found.empty:
            raise CoinNotFound(coin_id)
        instant: datetime = found.iloc[0]["snapshot_at"].to_pydatetime()
        return instant

    def story(self, profile: Profile, span: Span) -> Story:
        """All that a coin's page draws over a span."""
        days = profile.view.snapshot.history_days
        reach = Span(span.since - timedelta(days=days) - DAY_TOLERANCE, span.until)
        rows = self.history([profile.coin_id], reach)
        grid = PriceGrid(rows)
        history = rows[rows["observed_at"] >= span.since].reset_index(drop=True)
        if span.since == BEGINNING and len(history):
            span = _filled(span, history["observed_at"], is_current=profile.is_current)
        return Story(
            profile=profile,
            span=span,
            history=history,
            components=steadiness.components(grid, span.since, days),
            changes=steadiness.daily_changes(grid, span.since),
            robust=steadiness.robust_inputs(grid, days),
            places=self.places(profile.coin_id, span),
        )


def _filled(span: Span, instants: pd.Series, *, is_current: bool) -> Span:
    """The part of a span that the instants fill; up to its end for a coin that is still there."""
    first, last = instants.min().to_pydatetime(), instants.max().to_pydatetime()
    return Span(first, span.until if is_current else last)
