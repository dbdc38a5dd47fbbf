"""Social standing by coin and instant; those of one instant belong together."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from cointracker.storage.database import Session

COLUMNS = ("coin_id", "standing_at", "standing", "source")


def add(session: Session, rows: pd.DataFrame) -> None:
    """Store standings (`COLUMNS`); what is stored for a coin and instant stays."""
    session.run_on(
        rows,
        "MERGE INTO standings USING incoming ON standings.coin_id = incoming.coin_id"
        " AND standings.standing_at = incoming.standing_at"
        " WHEN NOT MATCHED THEN INSERT (coin_id, standing_at, standing, source) VALUES"
        " (incoming.coin_id, incoming.standing_at, incoming.standing, incoming.source)",
    )


def latest(session: Session, at: datetime) -> pd.DataFrame:
    """The last standings that were stored together at or before `at`.

    Columns: coin_id, standing (float64), source. A coin that is not among them has no standing,
    whatever was stored of it before.
    """
    return session.frame(
        "SELECT coin_id, standing, source FROM standings WHERE standing_at ="
        " (SELECT max(standing_at) FROM standings WHERE standing_at <= $at)",
        {"at": at},
    )


def latest_at(session: Session, at: datetime) -> datetime | None:
    """When the last standings at or before `at` were stored; None when there are none."""
    rows = session.frame(
        "SELECT max(standing_at) AS at FROM standings WHERE standing_at <= $at", {"at": at}
    )["at"].iloc[0]
    return None if pd.isna(rows) else rows.to_pydatetime()
