"""The tables of what sources of standing answered."""

from __future__ import annotations

from cointracker.core.feature import Migration

STANDING_ANSWERS = """
CREATE TABLE standing_answers (         -- each source's last successful answer
    source VARCHAR NOT NULL, position INTEGER NOT NULL,
    symbol VARCHAR NOT NULL, standing DOUBLE NOT NULL, score DOUBLE, coin_id VARCHAR
)"""
STANDING_REJECTIONS = """
CREATE TABLE standing_rejections (      -- the first rows that this answer lost
    source VARCHAR NOT NULL, position INTEGER NOT NULL,
    coin_id VARCHAR, field VARCHAR NOT NULL, value VARCHAR NOT NULL, reason VARCHAR NOT NULL
)"""
STANDING_CHECKS = """
CREATE TABLE standing_checks (          -- one row a source: how asking it went
    source VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,       -- of the address that was asked
    asked_at TIMESTAMPTZ NOT NULL, answered_at TIMESTAMPTZ,
    error VARCHAR, reason VARCHAR,      -- of the last try, if it failed
    accepted INTEGER NOT NULL, rejected INTEGER NOT NULL    -- rows of the last answer
)"""
STANDING_OVERRIDES = """
CREATE TABLE standing_overrides (
    symbol VARCHAR NOT NULL, coin_id VARCHAR NOT NULL, saved_at TIMESTAMPTZ NOT NULL
)"""

MIGRATIONS = (
    Migration(
        6,
        "second source and standing",
        (STANDING_ANSWERS, STANDING_REJECTIONS, STANDING_CHECKS, STANDING_OVERRIDES),
    ),
)
