"""The refresh log: every run of the pipeline, finished or failed, and the rows it rejected."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

import pandas as pd

from cointracker.storage.database import Session

STORED, UNCHANGED, FAILED = "stored", "unchanged", "failed"
REJECTION_COLUMNS = ("position", "coin_id", "field", "value", "reason")


@dataclass(frozen=True)
class Refresh:
    """One row of the log; outcome is stored, unchanged or failed.

    error: the name of the error (see cointracker.errors) and reason: its words, if it failed; of
    one that was stored, why the main source gave nothing and `source` stood in for it.
    """

    refresh_id: int
    started_at: datetime
    finished_at: datetime
    trigger: str
    source: str
    outcome: str
    error: str | None
    reason: str | None
    accepted: int
    rejected: int


def next_id(session: Session) -> int:
    """The id for a new refresh; call it inside the transaction that stores it."""
    return int(session.value("SELECT coalesce(max(refresh_id), 0) + 1 FROM refreshes"))


def add(session: Session, refresh: Refresh, rejections: pd.DataFrame) -> None:
    """Store a refresh and the rows it rejected (`REJECTION_COLUMNS`, values as text)."""
    session.execute(
        "INSERT INTO refreshes (refresh_id, started_at, finished_at, trigger, source, outcome,"
        " error, reason, accepted, rejected)"
        " VALUES ($refresh_id, $started_at, $finished_at, $trigger,"
        " $source, $outcome, $error, $reason, $accepted, $rejected)",
        asdict(refresh),
    )
    if not rejections.empty:
        session.run_on(
            rejections,
            "INSERT INTO rejections (refresh_id, position, coin_id, field, value, reason)"
            " SELECT $refresh_id, position, coin_id, field, value, reason FROM incoming",
            {"refresh_id": refresh.refresh_id},
        )


def log(session: Session, *, limit: int) -> pd.DataFrame:
    """The last `most` refreshes, newest first: the fields of `Refresh` as columns."""
    return session.frame(
        "SELECT * FROM refreshes ORDER BY refresh_id DESC LIMIT $limit", {"limit": limit}
    )


def rejections(session: Session, refresh_id: int) -> pd.DataFrame:
    """The rows that a refresh rejected, in the order they came: `REJECTION_COLUMNS`."""
    return session.frame(
        "SELECT position, coin_id, field, value, reason FROM rejections"
        " WHERE refresh_id = $refresh_id ORDER BY position",
        {"refresh_id": refresh_id},
    )


def since(session: Session, at: datetime) -> pd.DataFrame:
    """The refreshes that began at `at` or later, oldest first: the fields of `Refresh`."""
    return session.frame(
        "SELECT * FROM refreshes WHERE started_at >= $at ORDER BY started_at, refresh_id",
        {"at": at},
    )


def rejected_since(session: Session, at: datetime, *, limit: int) -> pd.DataFrame:
    """The last `most` rows that refreshes from `at` on rejected, the latest first.

    Columns: at (the refresh's start), source, coin_id, field, value, reason.
    """
    return session.frame(
        "SELECT refreshes.started_at AS at, source, coin_id, field, value, rejections.reason"
        " FROM rejections JOIN refreshes USING (refresh_id) WHERE started_at >= $at"
        " ORDER BY started_at DESC, position LIMIT $limit",
        {"at": at, "limit": limit},
    )
