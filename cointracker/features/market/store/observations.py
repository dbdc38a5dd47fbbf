"""Market figures by coin and instant, as the sources gave them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from cointracker.analysis.series import OBSERVED, SPARKLINE
from cointracker.ranking.factors import FloatArray
from cointracker.storage.database import Session

FIGURE_COLUMNS = (
    "price",
    "volume_24h",
    "market_cap",
    "change_1h_pct",
    "change_24h_pct",
    "change_7d_pct",
    "change_30d_pct",
)
COLUMNS = ("coin_id", "observed_at", "source", "kind", *FIGURE_COLUMNS)
MICROSECOND = timedelta(microseconds=1)

_VALUES = ", ".join(f"incoming.{column}" for column in COLUMNS)

_ADD = f"""
MERGE INTO observations USING incoming
ON observations.coin_id = incoming.coin_id AND observations.observed_at = incoming.observed_at
WHEN MATCHED AND observations.kind <> '{OBSERVED}' AND incoming.kind = '{OBSERVED}' THEN
    UPDATE SET {", ".join(f"{column} = incoming.{column}" for column in COLUMNS[2:])}
WHEN NOT MATCHED THEN INSERT ({", ".join(COLUMNS)}) VALUES ({_VALUES})
"""  # noqa: S608 - the names are the constants above

_FILL = f"""
INSERT INTO observations ({", ".join(COLUMNS)})
SELECT {_VALUES} FROM incoming
WHERE NOT EXISTS (
    SELECT 1 FROM observations AS stored
    WHERE stored.coin_id = incoming.coin_id
      AND epoch_us(stored.observed_at) // 3600000000 = epoch_us(incoming.observed_at) // 3600000000
      AND stored.observed_at >= $oldest
)
"""  # noqa: S608 - the names are the constants above

_NEAREST = """
WITH aged AS (
    SELECT stored.coin_id, stored.kind, stored.observed_at, stored.{figure} AS figure,
           epoch_us(incoming.end_at) - epoch_us(stored.observed_at) AS age
    FROM observations AS stored JOIN incoming USING (coin_id)
    WHERE stored.observed_at >= $oldest AND stored.observed_at <= $newest
      AND stored.{figure} IS NOT NULL
      AND ($source IS NULL OR stored.source = $source)
), placed AS (
    SELECT *, CAST(round(age / $step) AS INTEGER) AS steps_back,
           abs(age - CAST(round(age / $step) AS BIGINT) * $step) AS distance
    FROM aged
)
SELECT coin_id, steps_back,
       arg_min(figure, (kind <> 'observed', distance, observed_at)) AS figure
FROM placed
WHERE distance <= $tolerance AND steps_back BETWEEN 0 AND $steps
GROUP BY coin_id, steps_back
"""


_GAP = """
WITH points AS (
    SELECT observed_at FROM observations
    WHERE coin_id = $coin AND kind <> $sparkline AND observed_at BETWEEN $since AND $until
    UNION ALL SELECT CAST($since AS TIMESTAMPTZ)
    UNION ALL SELECT CAST($until AS TIMESTAMPTZ)
), steps AS (
    SELECT observed_at AS begins, lead(observed_at) OVER (ORDER BY observed_at) AS ends
    FROM points
)
SELECT min(begins) AS begins FROM steps WHERE epoch_us(ends) - epoch_us(begins) > $longest
"""


def add(session: Session, rows: pd.DataFrame) -> None:
    """Store observations. What is stored for a coin and instant stays, but observed beats filled.

    rows: `COLUMNS`, at most one row for each coin_id and observed_at.
    """
    session.run_on(rows, _ADD)


def others_instants(session: Session, rows: pd.DataFrame) -> pd.Series:
    """Which of `rows` (`COLUMNS`) fall on an instant observed by another source: bool, by row."""
    # Instants as numbers: where DuckDB filters a frame by instants, it wants a library we lack.
    instants = session.frame_on(
        rows[["coin_id", "observed_at", "source"]],
        "SELECT stored.coin_id FROM observations AS stored JOIN incoming USING (coin_id)"
        " WHERE stored.observed_at BETWEEN $oldest AND $newest"
        " AND epoch_us(stored.observed_at) = epoch_us(incoming.observed_at)"
        " AND stored.kind = $observed AND stored.source <> incoming.source",
        {
            "oldest": rows["observed_at"].min(),
            "newest": rows["observed_at"].max(),
            "observed": OBSERVED,
        },
    )
    return rows["coin_id"].isin(instants["coin_id"])


def load(session: Session, rows: pd.DataFrame) -> None:
    """Store rows (`COLUMNS`) into a database that holds none of these coins and instants."""
    session.run_on(
        rows,
        f"INSERT INTO observations ({', '.join(COLUMNS)})"  # noqa: S608
        f" SELECT {', '.join(COLUMNS)} FROM incoming",
    )


def fill(session: Session, rows: pd.DataFrame) -> None:
    """Store those rows in whose hour nothing is stored of their coin yet.

    rows: `COLUMNS`, at most one row for each coin_id and hour.
    """
    if not rows.empty:
        oldest = rows["observed_at"].min() - timedelta(hours=1)
        session.run_on(rows, _FILL, {"oldest": oldest})


def backfill(session: Session, coin_id: str, rows: pd.DataFrame) -> None:
    """Store a coin's past (`COLUMNS`, kind history) where its hour holds nothing observed.

    Sparkline points, whose instants are guessed and which have no volume, give way to it. Of
    several rows in one hour the first is taken.
    """
    if rows.empty:
        return
    first = rows[~rows["observed_at"].dt.floor("h").duplicated()]
    session.run_on(
        first,
        "DELETE FROM observations WHERE coin_id = $coin AND kind = $sparkline"
        " AND observed_at >= $oldest AND date_trunc('hour', observed_at) IN"
        " (SELECT date_trunc('hour', observed_at) FROM incoming)",
        {
            "coin": coin_id,
            "sparkline": SPARKLINE,
            "oldest": first["observed_at"].min() - timedelta(hours=1),
        },
    )
    fill(session, first)


def gap(
    session: Session, coin_id: str, since: datetime, until: datetime, longest: timedelta
) -> datetime | None:
    """Where a coin's first gap of more than `longest` between two instants begins, None without.

    A gap is a stretch in which nothing is stored but what came from sparklines.
    """
    hours = session.frame(
        _GAP,
        {
            "coin": coin_id,
            "sparkline": SPARKLINE,
            "since": since,
            "until": until,
            "longest": longest // MICROSECOND,
        },
    )
    begins = hours["begins"].iloc[0]
    return None if pd.isna(begins) else begins.to_pydatetime()


def hours_known(session: Session, since: datetime, until: datetime) -> pd.Series:
    """In how many hours of a span each coin has something stored: int64 by coin id."""
    rows = session.frame(
        "SELECT coin_id, count(DISTINCT epoch_us(observed_at) // 3600000000) AS hours"
        " FROM observations WHERE observed_at BETWEEN $since AND $until GROUP BY coin_id",
        {"since": since, "until": until},
    )
    return rows.set_index("coin_id")["hours"]


def nearest(
    session: Session,
    ends: pd.DataFrame,
    figure: str,
    *,
    step: timedelta,
    steps: int,
    tolerance: timedelta,
    source: str | None = None,
) -> FloatArray:
    """Stored figures nearest to a grid of instants that ends at each coin's own end.

    ends: coin_id, end_at (UTC), one row a coin. figure: one of `FIGURE_COLUMNS`. Returns
    (coins, steps + 1) in the order of `ends`, oldest first, NaN where nothing is stored within
    `tolerance` of the grid point. An observed figure goes before a nearer one that was filled in
    from a sparkline or a history; of two equally near the older is taken. source: whose figures
    alone to take, anyone's without it. Source: docs/ranking.md.
    """
    if figure not in FIGURE_COLUMNS:
        raise ValueError(f"no such figure: {figure}")
    grid = np.full((len(ends), steps + 1), np.nan)
    if ends.empty:
        return grid
    rows = session.frame_on(
        ends,
        _NEAREST.format(figure=figure),
        {
            "oldest": ends["end_at"].min() - steps * step - tolerance,
            "newest": ends["end_at"].max() + tolerance,
            "step": step // MICROSECOND,
            "steps": steps,
            "tolerance": tolerance // MICROSECOND,
            "source": source,
        },
    )
    row_of = pd.Index(ends["coin_id"]).get_indexer(rows["coin_id"])
    grid[row_of, steps - rows["steps_back"].to_numpy()] = rows["figure"].to_numpy()
    return grid


def history(
    session: Session, coin_ids: Sequence[str], since: datetime, until: datetime
) -> pd.DataFrame:
    """All that is stored of some coins from `since` to `until`, by coin and oldest first.

    Columns: coin_id, observed_at (UTC), source, kind, price, volume_24h, market_cap.
    """
    return session.frame(
        "SELECT coin_id, observed_at, source, kind, price, volume_24h, market_cap"
        " FROM observations"
        " WHERE coin_id IN (SELECT unnest($coins)) AND observed_at BETWEEN $since AND $until"
        " ORDER BY coin_id, observed_at",
        {"coins": list(coin_ids), "since": since, "until": until},
    )
