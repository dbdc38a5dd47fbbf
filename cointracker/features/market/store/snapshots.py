"""Snapshots: what one refresh saw, and how it ranked it."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from cointracker.ranking.factors import FACTOR_COLUMNS, WEIGHT_COLUMNS
from cointracker.storage.database import Session

COLUMNS = (
    "refresh_id",
    "snapshot_at",
    "source",
    "quote_currency",
    "stability_model",
    "history_days",
    *WEIGHT_COLUMNS,
    "coins",
)
RANKING_COLUMNS = (
    "refresh_id",
    "coin_id",
    "observed_at",
    "symbol",
    "name",
    "market_cap_rank",
    "volume_change_24h_pct",
    "standing",
    "stability_samples",
    "pegged",
    *FACTOR_COLUMNS,
    "score",
    "coverage",
    "rank",
    "stability_classic",
    "daily_changes",
    "stability_robust",
    "hourly_prices",
)

_SNAPSHOT = ", ".join(f"snapshots.{column}" for column in COLUMNS)

_ROWS = f"""
SELECT coins.number, {", ".join(f"rankings.{column}" for column in RANKING_COLUMNS)},
       stored.source, stored.kind, stored.price, stored.volume_24h, stored.market_cap,
       stored.change_1h_pct, stored.change_24h_pct, stored.change_7d_pct, stored.change_30d_pct
FROM rankings
JOIN coins USING (coin_id)
JOIN observations AS stored USING (coin_id, observed_at)
WHERE rankings.refresh_id = $refresh_id
  AND stored.observed_at BETWEEN $oldest AND $newest
ORDER BY rankings.rank = 0, rankings.rank, stored.market_cap DESC NULLS LAST, coin_id
"""  # noqa: S608 - the names are the constants above

RANK_HISTORY_COLUMNS = (
    "rank",
    "score",
    "coverage",
    "stability_samples",
    *FACTOR_COLUMNS,
    "stability_classic",
    "daily_changes",
    "stability_robust",
    "hourly_prices",
)

_PLACES = f"""
SELECT {_SNAPSHOT},
       {", ".join(f"rankings.{column}" for column in RANK_HISTORY_COLUMNS)}
FROM rankings JOIN snapshots USING (refresh_id)
WHERE rankings.coin_id = $coin_id AND snapshots.snapshot_at BETWEEN $since AND $until
ORDER BY snapshots.snapshot_at, snapshots.refresh_id
"""  # noqa: S608 - the names are the constants above


def add(session: Session, snapshot: pd.DataFrame, rankings: pd.DataFrame) -> None:
    """Store a snapshot (one row of `COLUMNS`) and its rows (`RANKING_COLUMNS`)."""
    session.run_on(
        snapshot,
        f"INSERT INTO snapshots ({', '.join(COLUMNS)})"  # noqa: S608
        f" SELECT {', '.join(COLUMNS)} FROM incoming",
    )
    session.run_on(
        rankings,
        f"INSERT INTO rankings ({', '.join(RANKING_COLUMNS)})"  # noqa: S608
        f" SELECT {', '.join(RANKING_COLUMNS)} FROM incoming",
    )


def at(session: Session, instant: datetime | None = None) -> pd.DataFrame:
    """The last snapshot at or before `instant` (the newest without one): 0 or 1 row, `COLUMNS`."""
    return session.frame(
        f"SELECT {_SNAPSHOT} FROM snapshots WHERE $instant IS NULL OR snapshot_at <= $instant"  # noqa: S608
        " ORDER BY snapshot_at DESC, refresh_id DESC LIMIT 1",
        {"instant": instant},
    )


def nearest(session: Session, low: datetime, middle: datetime, high: datetime) -> pd.DataFrame:
    """The snapshot nearest to `middle` among those from `low` to `high`: 0 or 1 row, `COLUMNS`."""
    return session.frame(
        f"SELECT {_SNAPSHOT} FROM snapshots WHERE snapshot_at BETWEEN $low AND $high"  # noqa: S608
        " ORDER BY abs(epoch(snapshot_at) - epoch(CAST($middle AS TIMESTAMPTZ))), snapshot_at"
        " LIMIT 1",
        {"low": low, "middle": middle, "high": high},
    )


def same(session: Session, snapshot_at: datetime, source: str) -> int | None:
    """The refresh that stored the snapshot of this source at this very instant, if any did."""
    refresh_id = session.value(
        "SELECT min(refresh_id) FROM snapshots WHERE snapshot_at = $at AND source = $source",
        {"at": snapshot_at, "source": source},
    )
    return None if refresh_id is None else int(refresh_id)


def tracked(session: Session, source: str) -> pd.DataFrame:
    """The coins of the newest snapshot of a source, largest cap first.

    Columns: coin_id, symbol, name, observed_at (UTC), price, market_cap.
    """
    newest = session.frame(
        "SELECT refresh_id FROM snapshots WHERE source = $source"
        " ORDER BY snapshot_at DESC, refresh_id DESC LIMIT 1",
        {"source": source},
    )
    columns = ["coin_id", "symbol", "name", "observed_at", "price", "market_cap"]
    if newest.empty:
        return pd.DataFrame(columns=columns)
    rows_found = rows(session, int(newest["refresh_id"].iloc[0]))[columns]
    return rows_found.sort_values(["market_cap", "coin_id"], ascending=[False, True]).reset_index(
        drop=True
    )


def rows(session: Session, refresh_id: int) -> pd.DataFrame:
    """The coins of a snapshot, best first, unranked ones last.

    Columns: number, `RANKING_COLUMNS`, then source, kind, price, volume_24h, market_cap and the
    changes over 1 h, 24 h, 7 d and 30 d in percent points, of the observation that was ranked.
    """
    span = session.frame(
        "SELECT min(observed_at) AS oldest, max(observed_at) AS newest FROM rankings"
        " WHERE refresh_id = $refresh_id",
        {"refresh_id": refresh_id},
    ).iloc[0]
    bounds = {"oldest": span["oldest"], "newest": span["newest"]}
    return session.frame(_ROWS, {"refresh_id": refresh_id, **bounds})


def instants(session: Session) -> pd.DataFrame:
    """Every snapshot's refresh_id and snapshot_at, oldest first."""
    return session.frame("SELECT refresh_id, snapshot_at FROM snapshots ORDER BY snapshot_at")


def last_with(session: Session, coin_id: str, at: datetime | None = None) -> pd.DataFrame:
    """The last snapshot that holds a coin, at or before `at` if given: 0 or 1 row, `COLUMNS`."""
    return session.frame(
        f"SELECT {_SNAPSHOT} FROM snapshots JOIN rankings USING (refresh_id)"  # noqa: S608
        " WHERE rankings.coin_id = $coin_id AND ($at IS NULL OR snapshot_at <= $at)"
        " ORDER BY snapshot_at DESC, refresh_id DESC LIMIT 1",
        {"coin_id": coin_id, "at": at},
    )


def rank_history(session: Session, coin_id: str, since: datetime, until: datetime) -> pd.DataFrame:
    """One coin in every snapshot from `since` to `until` that holds it, oldest first.

    Columns: `COLUMNS` of the snapshot (its weights and model; coins: how many it holds), then
    `RANK_HISTORY_COLUMNS` of the coin in it; rank 0 and score NaN: not ranked.
    """
    return session.frame(_PLACES, {"coin_id": coin_id, "since": since, "until": until})
