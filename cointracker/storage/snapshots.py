"""Snapshots: what one refresh saw, and how it ranked it."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from cointracker.storage.database import Session

COLUMNS = (
    "refresh_id", "snapshot_at", "source", "quote_currency", "stability_model", "history_days",
    "weight_price_change", "weight_volume_change", "weight_stability", "weight_market_cap",
    "weight_social", "coins",
)  # fmt: skip
RANKING_COLUMNS = (
    "refresh_id", "coin_id", "observed_at", "symbol", "name", "market_cap_rank",
    "volume_change_24h_pct", "standing", "stability_samples", "pegged",
    "factor_price_change", "factor_volume_change", "factor_stability", "factor_market_cap",
    "factor_social", "score", "coverage", "rank",
)  # fmt: skip

_ROWS = """
SELECT coins.number, rankings.*, stored.source, stored.kind, stored.price, stored.volume_24h,
       stored.market_cap, stored.change_1h_pct, stored.change_24h_pct, stored.change_7d_pct,
       stored.change_30d_pct
FROM rankings
JOIN coins USING (coin_id)
JOIN observations AS stored USING (coin_id, observed_at)
WHERE rankings.refresh_id = $refresh_id
  AND stored.observed_at BETWEEN $oldest AND $newest
ORDER BY rankings.rank = 0, rankings.rank, stored.market_cap DESC NULLS LAST, coin_id
"""

PLACE_COLUMNS = (
    "rank", "score", "coverage", "stability_samples", "factor_price_change",
    "factor_volume_change", "factor_stability", "factor_market_cap", "factor_social",
)  # fmt: skip

_PLACES = f"""
SELECT {", ".join(f"snapshots.{column}" for column in COLUMNS)},
       {", ".join(f"rankings.{column}" for column in PLACE_COLUMNS)}
FROM rankings JOIN snapshots USING (refresh_id)
WHERE rankings.coin_id = $coin_id AND snapshots.snapshot_at BETWEEN $since AND $until
ORDER BY snapshots.snapshot_at, snapshots.refresh_id
"""  # noqa: S608 - the names are the constants above


def add(session: Session, snapshot: pd.DataFrame, rankings: pd.DataFrame) -> None:
    """Store a snapshot (one row of `COLUMNS`) and its rows (`RANKING_COLUMNS`)."""
    session.run_on(snapshot, f"INSERT INTO snapshots SELECT {', '.join(COLUMNS)} FROM incoming")  # noqa: S608
    session.run_on(
        rankings,
        f"INSERT INTO rankings SELECT {', '.join(RANKING_COLUMNS)} FROM incoming",  # noqa: S608
    )


def at(session: Session, instant: datetime | None = None) -> pd.DataFrame:
    """The last snapshot at or before `instant` (the newest without one): 0 or 1 row, `COLUMNS`."""
    return session.frame(
        "SELECT * FROM snapshots WHERE $instant IS NULL OR snapshot_at <= $instant"
        " ORDER BY snapshot_at DESC, refresh_id DESC LIMIT 1",
        {"instant": instant},
    )


def nearest(session: Session, low: datetime, middle: datetime, high: datetime) -> pd.DataFrame:
    """The snapshot nearest to `middle` among those from `low` to `high`: 0 or 1 row, `COLUMNS`."""
    return session.frame(
        "SELECT * FROM snapshots WHERE snapshot_at BETWEEN $low AND $high"
        " ORDER BY abs(epoch(snapshot_at) - epoch(CAST($middle AS TIMESTAMPTZ))), snapshot_at"
        " LIMIT 1",
        {"low": low, "middle": middle, "high": high},
    )


def same(session: Session, snapshot_at: datetime, source: str) -> int | None:
    """The refresh that stored the snapshot of this source at this very instant, if any did."""
    found = session.value(
        "SELECT min(refresh_id) FROM snapshots WHERE snapshot_at = $at AND source = $source",
        {"at": snapshot_at, "source": source},
    )
    return None if found is None else int(found)


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


def places(session: Session, coin_id: str, since: datetime, until: datetime) -> pd.DataFrame:
    """One coin in every snapshot from `since` to `until` that holds it, oldest first.

    Columns: `COLUMNS` of the snapshot (its weights and model; coins: how many it holds), then
    `PLACE_COLUMNS` of the coin in it; rank 0 and score NaN: not ranked.
    """
    return session.frame(_PLACES, {"coin_id": coin_id, "since": since, "until": until})
