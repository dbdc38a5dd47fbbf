"""Under which id another source has each coin, and why it has none."""

from __future__ import annotations

import pandas as pd

from cointracker.storage.database import Session

COLUMNS = ("source", "coin_id", "source_id", "why", "confirmed_at", "checked_at")

_MERGE = """
MERGE INTO source_ids USING incoming
ON source_ids.source = incoming.source AND source_ids.coin_id = incoming.coin_id
WHEN MATCHED THEN UPDATE SET
    confirmed_at = CASE WHEN source_ids.source_id = incoming.source_id
        THEN coalesce(incoming.confirmed_at, source_ids.confirmed_at)
        ELSE incoming.confirmed_at END,
    source_id = incoming.source_id, why = incoming.why, checked_at = incoming.checked_at
WHEN NOT MATCHED THEN INSERT (source, coin_id, source_id, why, confirmed_at, checked_at) VALUES
    (incoming.source, incoming.coin_id, incoming.source_id, incoming.why,
     incoming.confirmed_at, incoming.checked_at)
"""


def save(session: Session, rows: pd.DataFrame) -> None:
    """Store what was found out (`COLUMNS`, at most one row for each source and coin).

    It replaces what was known of those coins; a missing confirmed_at leaves the one before, as
    long as the id is the same.
    """
    session.run_on(rows, _MERGE)


def of(session: Session, source: str) -> pd.DataFrame:
    """What is known of a source's ids, by coin: `COLUMNS`, instants UTC."""
    return session.frame(
        "SELECT * FROM source_ids WHERE source = $source ORDER BY coin_id", {"source": source}
    )
