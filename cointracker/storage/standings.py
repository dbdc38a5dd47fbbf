"""Social standing by coin and instant."""

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
    """Each coin's last standing at or before `at`: coin_id, standing (float64), source."""
    return session.frame(
        "SELECT coin_id, arg_max(standing, standing_at) AS standing,"
        " arg_max(source, standing_at) AS source"
        " FROM standings WHERE standing_at <= $at GROUP BY coin_id",
        {"at": at},
    )
