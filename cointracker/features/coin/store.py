"""What a source told of each coin beside its figures, and how asking for it went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from cointracker.storage.database import Session

COLUMNS = (
    "coin_id",
    "source",
    "fetched_at",
    "description",
    "homepage",
    "blockchain_site",
    "github_url",
    "categories",
    "genesis_date",
    "sentiment_up_pct",
    "watchlist_users",
)
STORED, UNKNOWN, FAILED = "stored", "unknown", "failed"

_PUT = f"""
MERGE INTO coin_details USING (SELECT {", ".join(f"${name} AS {name}" for name in COLUMNS)})
AS incoming ON coin_details.coin_id = incoming.coin_id
WHEN MATCHED THEN UPDATE SET {", ".join(f"{name} = incoming.{name}" for name in COLUMNS[1:])}
WHEN NOT MATCHED THEN INSERT ({", ".join(COLUMNS)})
    VALUES ({", ".join(f"incoming.{name}" for name in COLUMNS)})
"""  # noqa: S608 - the names are the constants above


@dataclass(frozen=True)
class Fetch:
    """The last time that one thing was asked of a coin.

    what: which one, a word of the caller's. outcome: stored, unknown (the source does not know
    the coin) or failed; reason: why it failed, or what of it was left out. stored_at: when it
    last succeeded. due_at: when to ask again.
    """

    coin_id: str
    what: str
    fetched_at: datetime
    outcome: str
    reason: str | None
    stored_at: datetime | None
    due_at: datetime


FIELDS = tuple(Fetch.__annotations__)

_REMEMBER = f"""
MERGE INTO coin_fetches USING (SELECT {", ".join(f"${name} AS {name}" for name in FIELDS)})
AS incoming ON coin_fetches.coin_id = incoming.coin_id AND coin_fetches.what = incoming.what
WHEN MATCHED THEN UPDATE SET {", ".join(f"{name} = incoming.{name}" for name in FIELDS[2:])}
WHEN NOT MATCHED THEN INSERT ({", ".join(FIELDS)})
    VALUES ({", ".join(f"incoming.{name}" for name in FIELDS)})
"""  # noqa: S608 - the names are the constants above

_LACKING = """
SELECT ranked.coin_id
FROM rankings AS ranked
WHERE ranked.refresh_id = (
    SELECT refresh_id FROM snapshots ORDER BY snapshot_at DESC, refresh_id DESC LIMIT 1
) AND (
    SELECT count(*) FROM coin_fetches AS fetched
    WHERE fetched.coin_id = ranked.coin_id AND fetched.what IN (SELECT unnest($whats))
      AND (fetched.stored_at IS NOT NULL OR $now BETWEEN fetched.fetched_at AND fetched.due_at)
) < len($whats)
ORDER BY ranked.rank = 0, ranked.rank, ranked.coin_id
LIMIT $limit
"""


def put(session: Session, details: Mapping[str, Any]) -> None:
    """Store the details of a coin (`COLUMNS`) in place of those before."""
    session.execute(_PUT, {name: details[name] for name in COLUMNS})


def one(session: Session, coin_id: str) -> pd.DataFrame:
    """The stored details of a coin: 0 or 1 row of `COLUMNS`, categories as an array of texts."""
    return session.frame("SELECT * FROM coin_details WHERE coin_id = $coin", {"coin": coin_id})


def watchlists(session: Session) -> dict[str, int]:
    """In how many watchlists each coin stands, by coin id, where that was told."""
    rows = session.frame(
        "SELECT coin_id, watchlist_users FROM coin_details WHERE watchlist_users IS NOT NULL"
    )
    users = rows["watchlist_users"].astype(int)
    return dict(zip(rows["coin_id"], users.tolist(), strict=True))


def remember(session: Session, fetch: Fetch) -> None:
    """Put down how asking went, in place of the time before."""
    session.execute(_REMEMBER, asdict(fetch))


def fetches(session: Session, coin_id: str) -> dict[str, Fetch]:
    """How asking went for each thing that was ever asked of a coin, by its name."""
    rows = session.frame(
        f"SELECT {', '.join(FIELDS)} FROM coin_fetches WHERE coin_id = $coin",  # noqa: S608
        {"coin": coin_id},
    )
    return {row["what"]: _fetch(row) for row in rows.to_dict("records")}


def lacking(session: Session, whats: tuple[str, ...], now: datetime, *, limit: int) -> list[str]:
    """The coins of the newest snapshot that one of `whats` never came for, best rank first.

    Left out are those for which what is lacking is not due to be asked for again yet.
    """
    rows = session.frame(_LACKING, {"whats": list(whats), "now": now, "limit": limit})
    return rows["coin_id"].tolist()


def _fetch(row: Mapping[Any, Any]) -> Fetch:
    known: dict[Any, Any] = {name: None if pd.isna(value) else value for name, value in row.items()}
    for name in ("fetched_at", "stored_at", "due_at"):
        known[name] = known[name].to_pydatetime() if known[name] is not None else None
    return Fetch(**known)
