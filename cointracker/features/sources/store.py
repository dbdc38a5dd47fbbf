"""Calls to sources: each one of late, how many there were each month, and what is still owed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

import pandas as pd

from cointracker.storage.database import Session

KEPT = timedelta(days=35)
PRUNE_EVERY = 500
OK = "ok"


@dataclass(frozen=True)
class StoredAccount:
    """A source's account as of `kept_at`: seconds owed to its budget, and to its wish to wait."""

    source: str
    kept_at: datetime
    owed_seconds: float
    blocked_seconds: float


def begin(session: Session, source: str, called_at: datetime, priority: str, path: str) -> int:
    """Store a call that is about to be made, count it to its month; returns its number."""
    number = int(session.value("SELECT coalesce(max(number), 0) + 1 FROM calls"))
    session.execute(
        "INSERT INTO calls (number, source, called_at, priority, path)"
        " VALUES ($number, $source, $called_at, $priority, $path)",
        {
            "number": number,
            "source": source,
            "called_at": called_at,
            "priority": priority,
            "path": path,
        },
    )
    session.execute(
        "MERGE INTO call_months USING (SELECT $source AS source, CAST($month AS DATE) AS month)"
        " AS incoming ON call_months.source = incoming.source"
        " AND call_months.month = incoming.month"
        " WHEN MATCHED THEN UPDATE SET calls = call_months.calls + 1"
        " WHEN NOT MATCHED THEN INSERT (source, month, calls)"
        " VALUES (incoming.source, incoming.month, 1)",
        {"source": source, "month": month_of(called_at)},
    )
    if number % PRUNE_EVERY == 0:
        session.execute("DELETE FROM calls WHERE called_at < $oldest", {"oldest": called_at - KEPT})
    return number


def end(session: Session, number: int, seconds: float, outcome: str, reason: str | None) -> None:
    """Store how a call ended: `OK` or an error's name, with its words."""
    session.execute(
        "UPDATE calls SET seconds = $seconds, outcome = $outcome, reason = $reason"
        " WHERE number = $number",
        {"number": number, "seconds": seconds, "outcome": outcome, "reason": reason},
    )


def keep(session: Session, account: StoredAccount) -> None:
    """Store a source's account in place of the one before."""
    session.execute(
        "MERGE INTO call_accounts USING (SELECT $source AS source) AS incoming"
        " ON call_accounts.source = incoming.source"
        " WHEN MATCHED THEN UPDATE SET kept_at = $kept_at, owed_seconds = $owed_seconds,"
        " blocked_seconds = $blocked_seconds"
        " WHEN NOT MATCHED THEN INSERT (source, kept_at, owed_seconds, blocked_seconds)"
        " VALUES (incoming.source, $kept_at, $owed_seconds, $blocked_seconds)",
        asdict(account),
    )


def account(session: Session, source: str) -> StoredAccount | None:
    """A source's account; None before its first call."""
    rows = session.frame("SELECT * FROM call_accounts WHERE source = $source", {"source": source})
    if rows.empty:
        return None
    row = rows.iloc[0]
    at = row["kept_at"].to_pydatetime()
    return StoredAccount(source, at, float(row["owed_seconds"]), float(row["blocked_seconds"]))


def last(session: Session, source: str, *, limit: int) -> pd.DataFrame:
    """A source's last calls, newest first: the columns of the table `calls`."""
    return session.frame(
        "SELECT * FROM calls WHERE source = $source ORDER BY number DESC LIMIT $limit",
        {"source": source, "limit": limit},
    )


def last_end(session: Session, source: str, *, is_good: bool) -> pd.DataFrame:
    """The last call of a source that ended well, or the last that did not; one row or none."""
    return session.frame(
        "SELECT * FROM calls WHERE source = $source AND (outcome = $ok) = $is_good"
        " ORDER BY number DESC LIMIT 1",
        {"source": source, "ok": OK, "is_good": is_good},
    )


def figures(session: Session, source: str, since: datetime, until: datetime) -> pd.Series:
    """Of the calls of a source in a span: calls, ended, failed, p50_seconds, p95_seconds.

    Latencies are those of every call that ended; NaN where none did.
    """
    rows = session.frame(
        "SELECT count(*) AS calls, count(outcome) AS ended,"
        " count(*) FILTER (outcome <> $ok) AS failed,"
        " quantile_cont(seconds, 0.5) AS p50_seconds, quantile_cont(seconds, 0.95) AS p95_seconds"
        " FROM calls WHERE source = $source AND called_at > $since AND called_at <= $until",
        {"ok": OK, "source": source, "since": since, "until": until},
    )
    return rows.astype("float64").iloc[0]


def in_month(session: Session, source: str, at: datetime) -> int:
    """How many calls a source got in the month of `at` (UTC)."""
    return int(
        session.value(
            "SELECT coalesce(sum(calls), 0) FROM call_months"
            " WHERE source = $source AND month = CAST($month AS DATE)",
            {"source": source, "month": month_of(at)},
        )
    )


def month_of(at: datetime) -> date:
    """The first day of the month of an instant."""
    return at.date().replace(day=1)
