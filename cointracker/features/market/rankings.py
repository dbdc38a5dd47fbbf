"""What pages and API read: snapshots and their rankings, now or at any past instant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from cointracker.core.errors import CoinNotFound, SnapshotNotFound
from cointracker.features.market.store import coins, observations, snapshots
from cointracker.features.market.store import weights as stored_weights
from cointracker.ranking.factors import (
    CONTRIBUTION_COLUMNS,
    FACTOR_COLUMNS,
    WEIGHT_COLUMNS,
    FloatArray,
)
from cointracker.ranking.score import UNRANKED, rank_coins
from cointracker.ranking.sensitivity import RankBands, rank_bands
from cointracker.ranking.weights import Weights
from cointracker.storage.database import Database, Session

MOVE_OVER, MOVE_TOLERANCE = timedelta(hours=24), timedelta(hours=2)
SPARKLINE_STEP, SPARKLINE_STEPS = timedelta(hours=4), 42
SPARKLINE_TOLERANCE = timedelta(hours=2)
CACHED_VIEWS = 16


@dataclass(frozen=True)
class Snapshot:
    """One refresh that was stored: when, from whom, and under which rules it was ranked."""

    refresh_id: int
    at: datetime
    source: str
    quote_currency: str
    stability_model: str
    history_days: int
    weights: Weights
    coins: int


@dataclass(frozen=True)
class RankingView:
    """A snapshot and its coins under weights, best first, unranked ones last; read only.

    Columns of `frame`: coin_id, number, symbol, name, rank (0: unranked), move (places gained
    since 24 h earlier, NaN unknown), score, coverage, price, change_1h_pct, change_24h_pct,
    change_7d_pct, change_30d_pct, volume_24h, volume_change_24h_pct, market_cap,
    market_cap_rank, standing, stability_samples, pegged, observed_at, age_seconds (of the figures
    at the snapshot's instant), source, factor_* and contribution_* of each factor,
    sparkline (list of float, oldest first).
    """

    snapshot: Snapshot
    weights: Weights
    frame: pd.DataFrame


class MarketService:
    """Reads snapshots from one database; views and bands are cached by snapshot and weights."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._view = lru_cache(maxsize=CACHED_VIEWS)(self._read_view)
        self._bands = lru_cache(maxsize=CACHED_VIEWS)(self._draw_bands)

    def snapshot(self, at: datetime | None = None) -> Snapshot:
        """The last snapshot at or before `at`, the newest without one.

        Raises SnapshotNotFound.
        """
        with self._database.reading() as session:
            return _snapshot(snapshots.at(session, at))

    def ranking(self, at: datetime | None = None, weights: Weights | None = None) -> RankingView:
        """The ranking of the last snapshot at or before `at`.

        Without `weights` the newest snapshot is ranked by the default ones in force, a past one
        by those it was ranked by then. Raises SnapshotNotFound.
        """
        with self._database.reading() as session:
            snapshot = _snapshot(snapshots.at(session, at))
            default = stored_weights.default(session) if at is None else None
        return self._view(snapshot, weights or default or snapshot.weights)

    def bands(self, view: RankingView) -> RankBands:
        """The rank bands of all coins of a view's snapshot under its weights, best coin first."""
        return self._bands(view.snapshot, view.weights)

    def with_bands(self, view: RankingView) -> RankingView:
        """The view with the columns band_low and band_high (int64, 0 for unranked coins)."""
        every = self._view(view.snapshot, view.weights).frame["coin_id"]
        rows = pd.Index(every).get_indexer(view.frame["coin_id"])
        bands = self.bands(view)
        frame = view.frame.assign(band_low=bands.low[rows], band_high=bands.high[rows])
        return replace(view, frame=frame)

    def coin(self, coin: str, at: datetime | None = None) -> tuple[RankingView, pd.Series]:
        """The ranking and the facts of one coin, asked for by its id or its number.

        The view's frame holds that coin's row alone. Raises CoinNotFound, SnapshotNotFound.
        """
        view = self.ranking(at)
        with self._database.reading() as session:
            facts = coins.one(session, coin)
        row = view.frame[view.frame["coin_id"].isin(facts["coin_id"])]
        if row.empty:
            raise CoinNotFound(coin)
        return replace(view, frame=row), facts.iloc[0]

    def instants(self) -> pd.DataFrame:
        """Every snapshot's refresh_id and snapshot_at (UTC), oldest first."""
        with self._database.reading() as session:
            return snapshots.instants(session)

    def has_snapshot(self) -> bool:
        """Whether anything was ever stored."""
        with self._database.reading() as session:
            return not snapshots.at(session).empty

    def _read_view(self, snapshot: Snapshot, weights: Weights) -> RankingView:
        with self._database.reading() as session:
            rows = snapshots.rows(session, snapshot.refresh_id)
            earlier = _ranks_earlier(session, snapshot, weights)
            lines = _sparklines(session, rows)
        frame = _ranked(rows.assign(sparkline=lines), weights)
        then = frame["coin_id"].map(earlier)
        frame["age_seconds"] = (snapshot.at - frame["observed_at"]).dt.total_seconds()
        frame["move"] = then.where(frame["rank"] != UNRANKED) - frame["rank"]
        return RankingView(snapshot, weights, frame)

    def _draw_bands(self, snapshot: Snapshot, weights: Weights) -> RankBands:
        frame = self._view(snapshot, weights).frame
        return rank_bands(_factors(frame), weights, **_tie_breakers(frame))


def _snapshot(stored: pd.DataFrame) -> Snapshot:
    if stored.empty:
        raise SnapshotNotFound("no snapshot is stored at or before that instant")
    row = stored.iloc[0]
    return Snapshot(
        refresh_id=int(row["refresh_id"]),
        at=row["snapshot_at"].to_pydatetime(),
        source=row["source"],
        quote_currency=row["quote_currency"],
        stability_model=row["stability_model"],
        history_days=int(row["history_days"]),
        weights=Weights.of([row[column] for column in WEIGHT_COLUMNS]),
        coins=int(row["coins"]),
    )


def _ranks_earlier(session: Session, snapshot: Snapshot, weights: Weights) -> pd.Series:
    """Ranks by coin id 24 h earlier, within 2 h, under the same weights; unranked left out."""
    then = snapshot.at - MOVE_OVER
    then_stored = snapshots.nearest(session, then - MOVE_TOLERANCE, then, then + MOVE_TOLERANCE)
    if then_stored.empty:
        return pd.Series(dtype=np.float64)
    earlier = _ranked(snapshots.rows(session, int(then_stored.iloc[0]["refresh_id"])), weights)
    ranks = earlier.set_index("coin_id")["rank"]
    return ranks[ranks != UNRANKED].astype(np.float64)


def _sparklines(session: Session, rows: pd.DataFrame) -> pd.Series:
    """Seven days of known prices of each row's coin, about one each 4 h, oldest first.

    Empty for a coin with one price alone, which makes no line.
    """
    ends = rows[["coin_id"]].assign(end_at=rows["observed_at"])
    prices = observations.nearest(
        session,
        ends,
        "price",
        step=SPARKLINE_STEP,
        steps=SPARKLINE_STEPS,
        tolerance=SPARKLINE_TOLERANCE,
    )
    lines = [line[~np.isnan(line)].tolist() for line in prices]
    return pd.Series([line if len(line) > 1 else [] for line in lines], index=rows.index)


def _ranked(rows: pd.DataFrame, weights: Weights) -> pd.DataFrame:
    """The stored rows with score, coverage, rank and contributions under `weights`, best first."""
    ranking = rank_coins(_factors(rows), weights, **_tie_breakers(rows))
    contributions = dict(zip(CONTRIBUTION_COLUMNS, ranking.contributions.T, strict=True))
    frame = rows.drop(columns=["refresh_id", "kind"]).assign(
        score=ranking.score, coverage=ranking.coverage, rank=ranking.rank, **contributions
    )
    return frame.iloc[ranking.order].reset_index(drop=True)


def _factors(rows: pd.DataFrame) -> FloatArray:
    return rows[list(FACTOR_COLUMNS)].to_numpy(dtype=np.float64)


def _tie_breakers(rows: pd.DataFrame) -> dict[str, Any]:
    return {
        "cap": rows["market_cap"].to_numpy(dtype=np.float64),
        "coin_ids": rows["coin_id"].to_numpy(dtype=np.str_),
    }
