"""What pages and API read: snapshots and their rankings, now or at any past instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
import pandas as pd

from cointracker.errors import CoinNotFound, SnapshotNotFound
from cointracker.ranking.factors import FACTORS
from cointracker.ranking.score import UNRANKED, rank_coins
from cointracker.ranking.weights import Weights
from cointracker.storage import coins, observations, snapshots
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
    """A snapshot and its coins, best first, unranked ones last; not to be written to.

    Columns of `frame`: coin_id, number, symbol, name, rank (0: unranked), move (places gained
    since 24 h earlier, NaN unknown), score, coverage, price, change_1h_pct, change_24h_pct,
    change_7d_pct, change_30d_pct, volume_24h, volume_change_24h_pct, market_cap,
    market_cap_rank, standing, stability_samples, pegged, observed_at, source, factor_* and
    contribution_* for each of `FACTORS`, sparkline (list of float, oldest first).
    """

    snapshot: Snapshot
    frame: pd.DataFrame


class MarketService:
    """Reads snapshots from one database; views are cached by snapshot and weights."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._view = lru_cache(maxsize=CACHED_VIEWS)(self._read_view)

    def snapshot(self, at: datetime | None = None) -> Snapshot:
        """The last snapshot at or before `at`, the newest without one.

        Raises SnapshotNotFound.
        """
        with self._database.reading() as session:
            return _snapshot(snapshots.at(session, at))

    def ranking(self, at: datetime | None = None, weights: Weights | None = None) -> RankingView:
        """The ranking of the last snapshot at or before `at`, under its own weights or others.

        Raises SnapshotNotFound.
        """
        snapshot = self.snapshot(at)
        return self._view(snapshot, weights or snapshot.weights)

    def coin(self, coin: str, at: datetime | None = None) -> tuple[RankingView, pd.Series]:
        """The ranking and the facts of one coin, asked for by its id or its number.

        The view's frame holds that coin's row alone. Raises CoinNotFound, SnapshotNotFound.
        """
        view = self.ranking(at)
        with self._database.reading() as session:
            facts = coins.one(session, coin)
        found = view.frame[view.frame["coin_id"].isin(facts["coin_id"])]
        if found.empty:
            raise CoinNotFound(coin)
        return RankingView(view.snapshot, found), facts.iloc[0]

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
            earlier = _ranks_earlier(session, snapshot)
            lines = _sparklines(session, rows)
        frame = _ranked(rows, weights).assign(sparkline=lines)
        then = frame["coin_id"].map(earlier)
        moved = then.notna() & (frame["rank"] != UNRANKED) & (weights == snapshot.weights)
        frame["move"] = np.where(moved, then - frame["rank"], np.nan)
        best_first = frame["rank"].replace(UNRANKED, len(frame) + 1)
        order = np.lexsort((frame["coin_id"], -frame["market_cap"].fillna(-np.inf), best_first))
        return RankingView(snapshot, frame.iloc[order].reset_index(drop=True))


def _snapshot(found: pd.DataFrame) -> Snapshot:
    if found.empty:
        raise SnapshotNotFound("no snapshot is stored at or before that instant")
    row = found.iloc[0]
    return Snapshot(
        refresh_id=int(row["refresh_id"]),
        at=row["snapshot_at"].to_pydatetime(),
        source=row["source"],
        quote_currency=row["quote_currency"],
        stability_model=row["stability_model"],
        history_days=int(row["history_days"]),
        weights=Weights(*(float(row[f"weight_{name}"]) for name in FACTORS)),
        coins=int(row["coins"]),
    )


def _ranks_earlier(session: Session, snapshot: Snapshot) -> pd.Series:
    """Ranks by coin id in the snapshot 24 h earlier, within 2 h; unranked coins left out."""
    then = snapshot.at - MOVE_OVER
    found = snapshots.nearest(session, then - MOVE_TOLERANCE, then, then + MOVE_TOLERANCE)
    if found.empty:
        return pd.Series(dtype=np.float64)
    ranks = snapshots.ranks(session, int(found.iloc[0]["refresh_id"])).set_index("coin_id")["rank"]
    return ranks[ranks != UNRANKED].astype(np.float64)


def _sparklines(session: Session, rows: pd.DataFrame) -> pd.Series:
    """Seven days of known prices of each row's coin, about one each 4 h, oldest first."""
    ends = rows[["coin_id"]].assign(end_at=rows["observed_at"])
    prices = observations.nearest(
        session, ends, "price",
        step=SPARKLINE_STEP, steps=SPARKLINE_STEPS, tolerance=SPARKLINE_TOLERANCE,
    )  # fmt: skip
    return pd.Series([line[~np.isnan(line)].tolist() for line in prices], index=rows.index)


def _ranked(rows: pd.DataFrame, weights: Weights) -> pd.DataFrame:
    """The stored rows with score, coverage, rank and contributions under `weights`."""
    factors = rows[[f"factor_{name}" for name in FACTORS]].to_numpy(dtype=np.float64)
    ranking = rank_coins(
        factors,
        weights,
        cap=rows["market_cap"].to_numpy(dtype=np.float64),
        coin_ids=rows["coin_id"].to_numpy(dtype=np.str_),
    )
    contributions = {
        f"contribution_{name}": ranking.contributions[:, index]
        for index, name in enumerate(FACTORS)
    }
    return rows.drop(columns=["refresh_id", "kind"]).assign(
        score=ranking.score, coverage=ranking.coverage, rank=ranking.rank, **contributions
    )
