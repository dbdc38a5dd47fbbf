"""The tables of snapshots, rankings and weights, and the columns of factors that came later."""

from __future__ import annotations

from cointracker.core.feature import Migration

COINS = """
CREATE TABLE coins (
    coin_id VARCHAR NOT NULL,       -- CoinGecko's id, the key of everything
    number INTEGER NOT NULL,        -- a short number for the API, given at first sight
    symbol VARCHAR NOT NULL, name VARCHAR NOT NULL, image_url VARCHAR,
    fully_diluted_valuation DOUBLE,
    circulating_supply DOUBLE, total_supply DOUBLE, max_supply DOUBLE,
    ath DOUBLE, ath_change_pct DOUBLE, ath_at TIMESTAMPTZ,
    atl DOUBLE, atl_change_pct DOUBLE, atl_at TIMESTAMPTZ,
    first_seen_at TIMESTAMPTZ NOT NULL, seen_at TIMESTAMPTZ NOT NULL
)"""
OBSERVATIONS = """
CREATE TABLE observations (
    coin_id VARCHAR NOT NULL,
    observed_at TIMESTAMPTZ NOT NULL,   -- when the source last updated the coin
    source VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,              -- observed, sparkline or history
    price DOUBLE, volume_24h DOUBLE, market_cap DOUBLE,
    change_1h_pct DOUBLE, change_24h_pct DOUBLE, change_7d_pct DOUBLE, change_30d_pct DOUBLE
)"""
STANDINGS = """
CREATE TABLE standings (
    coin_id VARCHAR NOT NULL, standing_at TIMESTAMPTZ NOT NULL,
    standing DOUBLE NOT NULL, source VARCHAR NOT NULL
)"""
SNAPSHOTS = """
CREATE TABLE snapshots (
    refresh_id INTEGER NOT NULL, snapshot_at TIMESTAMPTZ NOT NULL,
    source VARCHAR NOT NULL, quote_currency VARCHAR NOT NULL,
    stability_model VARCHAR NOT NULL, history_days INTEGER NOT NULL,
    weight_price_change DOUBLE NOT NULL, weight_volume_change DOUBLE NOT NULL,
    weight_stability DOUBLE NOT NULL, weight_market_cap DOUBLE NOT NULL,
    weight_social DOUBLE NOT NULL,
    coins INTEGER NOT NULL
)"""
RANKINGS = """
CREATE TABLE rankings (
    refresh_id INTEGER NOT NULL, coin_id VARCHAR NOT NULL,
    observed_at TIMESTAMPTZ NOT NULL,   -- with coin_id, the observation that was ranked
    symbol VARCHAR NOT NULL, name VARCHAR NOT NULL, market_cap_rank INTEGER,
    volume_change_24h_pct DOUBLE, standing DOUBLE,
    stability_samples INTEGER NOT NULL, pegged BOOLEAN NOT NULL,
    factor_price_change DOUBLE, factor_volume_change DOUBLE, factor_stability DOUBLE,
    factor_market_cap DOUBLE, factor_social DOUBLE,
    score DOUBLE, coverage DOUBLE NOT NULL, rank INTEGER NOT NULL   -- rank 0: no score
)"""
WEIGHTS = """
CREATE TABLE {table} (
    {key}, price_change DOUBLE NOT NULL, volume_change DOUBLE NOT NULL,
    stability DOUBLE NOT NULL, market_cap DOUBLE NOT NULL, social DOUBLE NOT NULL
)"""
DEFAULT_WEIGHTS = WEIGHTS.format(table="default_weights", key="saved_at TIMESTAMPTZ NOT NULL")
PRESETS = WEIGHTS.format(
    table="presets", key="name VARCHAR NOT NULL, saved_at TIMESTAMPTZ NOT NULL"
)
SAVED = {"default_weights": ("saved_at",), "presets": ("name", "saved_at", "owner")}
"""The tables of saved weights, and their columns beside the weights, the key first."""

BOTH_MODELS = (
    "ALTER TABLE rankings ADD COLUMN stability_classic DOUBLE",
    "ALTER TABLE rankings ADD COLUMN daily_changes INTEGER",  # behind stability_classic
    "ALTER TABLE rankings ADD COLUMN stability_robust DOUBLE",
    "ALTER TABLE rankings ADD COLUMN hourly_prices INTEGER",  # behind stability_robust
    """
    UPDATE rankings SET stability_classic = factor_stability, daily_changes = stability_samples
    WHERE refresh_id IN (SELECT refresh_id FROM snapshots WHERE stability_model = 'classic')
    """,
    """
    UPDATE rankings SET stability_robust = factor_stability, hourly_prices = stability_samples
    WHERE refresh_id IN (SELECT refresh_id FROM snapshots WHERE stability_model = 'robust')
    """,
)


def factor_columns(key: str) -> tuple[str, ...]:
    """The statements that make room for a factor: weighed 0 and unknown in all that is stored."""
    return (
        f"ALTER TABLE rankings ADD COLUMN factor_{key} DOUBLE",
        f"ALTER TABLE snapshots ADD COLUMN weight_{key} DOUBLE DEFAULT 0",
        *(f"ALTER TABLE {table} ADD COLUMN {key} DOUBLE DEFAULT 0" for table in SAVED),
    )


def drop_factor(key: str) -> tuple[str, ...]:
    """The statements that take a factor away again; what was weighed by nothing else goes too."""
    return (
        f"ALTER TABLE rankings DROP COLUMN factor_{key}",
        f"ALTER TABLE snapshots DROP COLUMN weight_{key}",
        *(f"ALTER TABLE {table} DROP COLUMN {key}" for table in SAVED),
        "DELETE FROM snapshots WHERE refresh_id IN"
        " (SELECT refresh_id FROM snapshots WHERE COLUMNS('^weight_') = 0)",
        "DELETE FROM rankings WHERE refresh_id NOT IN (SELECT refresh_id FROM snapshots)",
        *(
            f"DELETE FROM {table} WHERE {others[0]} IN (SELECT {others[0]} FROM {table}"  # noqa: S608
            f" WHERE COLUMNS(* EXCLUDE ({', '.join(others)})) = 0)"
            for table, others in SAVED.items()
        ),
    )


MIGRATIONS = (
    Migration(1, "markets and rankings", (COINS, OBSERVATIONS, STANDINGS, SNAPSHOTS, RANKINGS)),
    Migration(2, "saved weights", (DEFAULT_WEIGHTS, PRESETS)),
    Migration(3, "both stability models", BOTH_MODELS),
    Migration(8, "owners of presets", ("ALTER TABLE presets ADD COLUMN owner VARCHAR",)),
)
