"""The table of another provider's ids."""

from __future__ import annotations

from cointracker.core.feature import Migration

SOURCE_IDS = """
CREATE TABLE source_ids (
    source VARCHAR NOT NULL,            -- whose ids these are
    coin_id VARCHAR NOT NULL,
    source_id VARCHAR,                  -- the coin's id there, if one was ever found
    why VARCHAR NOT NULL,               -- empty when it may be used, else why not
    confirmed_at TIMESTAMPTZ,           -- when the two prices last agreed
    checked_at TIMESTAMPTZ NOT NULL
)"""

MIGRATIONS = (Migration(6, "second source and standing", (SOURCE_IDS,)),)
