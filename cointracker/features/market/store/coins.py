"""What is known of each coin beside its market figures: names, supply, extremes."""

from __future__ import annotations

import pandas as pd

from cointracker.storage.database import Session

FACT_COLUMNS = (
    "symbol",
    "name",
    "image_url",
    "fully_diluted_valuation",
    "circulating_supply",
    "total_supply",
    "max_supply",
    "ath",
    "ath_change_pct",
    "ath_at",
    "atl",
    "atl_change_pct",
    "atl_at",
    "seen_at",
)

_MERGE = f"""
MERGE INTO coins USING (
    SELECT incoming.*, (SELECT coalesce(max(number), 0) FROM coins)
        + row_number() OVER (PARTITION BY known.coin_id IS NULL ORDER BY position) AS next_number
    FROM incoming LEFT JOIN coins AS known USING (coin_id)
) AS incoming ON coins.coin_id = incoming.coin_id
WHEN MATCHED AND incoming.seen_at >= coins.seen_at THEN UPDATE SET
    {", ".join(f"{column} = incoming.{column}" for column in FACT_COLUMNS)}
WHEN NOT MATCHED THEN INSERT (coin_id, number, first_seen_at, {", ".join(FACT_COLUMNS)})
    VALUES (incoming.coin_id, incoming.next_number, incoming.seen_at,
            {", ".join(f"incoming.{column}" for column in FACT_COLUMNS)})
"""  # noqa: S608 - the names are the constants above


def add(session: Session, facts: pd.DataFrame) -> None:
    """Store the newest facts of coins; a coin seen for the first time gets the next number.

    facts: one row a coin with coin_id, position (int, decides the order of new numbers) and
    `FACT_COLUMNS`. Facts older than the stored ones change nothing.
    """
    session.run_on(facts, _MERGE)


def one(session: Session, coin: str) -> pd.DataFrame:
    """The stored facts of one coin, asked for by its id or its number; empty when unknown.

    Columns: coin_id, number (int32), first_seen_at and `FACT_COLUMNS`.
    """
    return session.frame(
        "SELECT * FROM coins WHERE coin_id = $coin OR CAST(number AS VARCHAR) = $coin"
        " ORDER BY coin_id = $coin DESC LIMIT 1",
        {"coin": coin},
    )


def names(session: Session) -> pd.DataFrame:
    """Every coin ever seen: coin_id, symbol, name, those of the newest snapshot first, by rank.

    rank is 0 for coins without a score, NaN for those that the newest snapshot does not hold.
    """
    return session.frame(
        """
        SELECT coins.coin_id, coins.symbol, coins.name, placed.rank
        FROM coins LEFT JOIN (
            SELECT coin_id, rank FROM rankings WHERE refresh_id = (
                SELECT refresh_id FROM snapshots ORDER BY snapshot_at DESC, refresh_id DESC LIMIT 1
            )
        ) AS placed USING (coin_id)
        ORDER BY placed.rank IS NULL, placed.rank = 0, placed.rank, coins.name, coins.coin_id
        """
    )
