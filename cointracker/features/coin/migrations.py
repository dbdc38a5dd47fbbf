"""The tables of what is told of single coins."""

from __future__ import annotations

from cointracker.core.feature import Migration

COIN_DETAILS = """
CREATE TABLE coin_details (             -- the latest of each coin
    coin_id VARCHAR NOT NULL, source VARCHAR NOT NULL, fetched_at TIMESTAMPTZ NOT NULL,
    description VARCHAR NOT NULL,       -- plain text, empty when the source tells nothing
    homepage VARCHAR, blockchain_site VARCHAR, github_url VARCHAR,
    categories VARCHAR[], genesis_date DATE,
    sentiment_up_pct DOUBLE, watchlist_users BIGINT
)"""
COIN_FETCHES = """
CREATE TABLE coin_fetches (             -- the last time of each coin and thing asked for
    coin_id VARCHAR NOT NULL, what VARCHAR NOT NULL,
    fetched_at TIMESTAMPTZ NOT NULL,
    outcome VARCHAR NOT NULL,           -- stored, unknown or failed
    reason VARCHAR,
    stored_at TIMESTAMPTZ,              -- when it last succeeded
    due_at TIMESTAMPTZ NOT NULL         -- when to ask again
)"""

MIGRATIONS = (Migration(5, "coin details", (COIN_DETAILS, COIN_FETCHES)),)
