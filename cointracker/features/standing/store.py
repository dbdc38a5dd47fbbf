"""The last answer of each source of social standing, how asking it went, and the overrides."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

import pandas as pd

from cointracker.storage.database import Session

COLUMNS = ("position", "symbol", "standing", "score", "coin_id")
REJECTION_COLUMNS = ("position", "coin_id", "field", "value", "reason")


@dataclass(frozen=True)
class Check:
    """How asking a source went the last time.

    answered_at: when the answer came that is stored, None without one. error, reason: our error's
    name and words when the last try failed. accepted, rejected: rows of the stored answer.
    """

    source: str
    fingerprint: str
    asked_at: datetime
    answered_at: datetime | None = None
    error: str | None = None
    reason: str | None = None
    accepted: int = 0
    rejected: int = 0


def check(session: Session, source: str) -> Check | None:
    """How asking a source went the last time; None when it was never asked."""
    rows = session.frame("SELECT * FROM standing_checks WHERE source = $source", _named(source))
    if rows.empty:
        return None
    row = rows.astype(object).where(rows.notna(), None).iloc[0]
    answered_at = row["answered_at"]
    return Check(
        source=source,
        fingerprint=row["fingerprint"],
        asked_at=row["asked_at"].to_pydatetime(),
        answered_at=None if answered_at is None else answered_at.to_pydatetime(),
        error=row["error"],
        reason=row["reason"],
        accepted=int(row["accepted"]),
        rejected=int(row["rejected"]),
    )


def save_check(session: Session, done: Check) -> None:
    """Store how asking went, in place of the time before."""
    session.execute("DELETE FROM standing_checks WHERE source = $source", _named(done.source))
    session.execute(
        "INSERT INTO standing_checks (source, fingerprint, asked_at, answered_at, error, reason,"
        " accepted, rejected) VALUES ($source, $fingerprint, $asked_at, $answered_at,"
        " $error, $reason, $accepted, $rejected)",
        asdict(done),
    )


def save(session: Session, source: str, rows: pd.DataFrame, rejections: pd.DataFrame) -> None:
    """Store an answer's rows (`COLUMNS`) and rejections (`REJECTION_COLUMNS`) as the last ones."""
    session.execute("DELETE FROM standing_answers WHERE source = $source", _named(source))
    session.execute("DELETE FROM standing_rejections WHERE source = $source", _named(source))
    session.run_on(
        rows,
        "INSERT INTO standing_answers (source, position, symbol, standing, score, coin_id)"
        " SELECT $source, position, symbol, standing, score, coin_id FROM incoming",
        _named(source),
    )
    session.run_on(
        rejections,
        "INSERT INTO standing_rejections (source, position, coin_id, field, value, reason)"
        " SELECT $source, position, coin_id, field, value, reason FROM incoming",
        _named(source),
    )


def answer(session: Session, source: str) -> pd.DataFrame:
    """A source's last answer in the order it came: `COLUMNS`."""
    return session.frame(
        "SELECT position, symbol, standing, score, coin_id FROM standing_answers"
        " WHERE source = $source ORDER BY position",
        _named(source),
    )


def rejections(session: Session, source: str) -> pd.DataFrame:
    """The first rows that a source's last answer lost: `REJECTION_COLUMNS`."""
    return session.frame(
        "SELECT position, coin_id, field, value, reason FROM standing_rejections"
        " WHERE source = $source ORDER BY position",
        _named(source),
    )


def overrides(session: Session) -> dict[str, str]:
    """Which coin is meant by a symbol, where a person has said so: coin ids by symbol."""
    rows = session.frame("SELECT symbol, coin_id FROM standing_overrides ORDER BY symbol")
    return dict(zip(rows["symbol"], rows["coin_id"], strict=True))


def save_override(session: Session, symbol: str, coin_id: str, at: datetime) -> None:
    """Let a symbol mean a coin from now on."""
    delete_override(session, symbol)
    session.execute(
        "INSERT INTO standing_overrides (symbol, coin_id, saved_at)"
        " VALUES ($symbol, $coin_id, $at)",
        {"symbol": symbol, "coin_id": coin_id, "at": at},
    )


def delete_override(session: Session, symbol: str) -> None:
    """Let a symbol mean what it meant by itself."""
    session.execute("DELETE FROM standing_overrides WHERE symbol = $symbol", {"symbol": symbol})


def _named(source: str) -> dict[str, str]:
    return {"source": source}
