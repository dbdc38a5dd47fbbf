"""The tables of calls to providers."""

from __future__ import annotations

from cointracker.core.feature import Migration

CALLS = """
CREATE TABLE calls (
    number INTEGER NOT NULL,            -- counts up
    source VARCHAR NOT NULL, called_at TIMESTAMPTZ NOT NULL,
    priority VARCHAR NOT NULL,          -- what for: markets, standing, details, backfill
    path VARCHAR NOT NULL,              -- without the query
    seconds DOUBLE, outcome VARCHAR,    -- ok or our error's name; NULL while its end is not known
    reason VARCHAR                      -- the error's words
)"""
CALL_MONTHS = """
CREATE TABLE call_months (
    source VARCHAR NOT NULL, month DATE NOT NULL, calls INTEGER NOT NULL
)"""
CALL_ACCOUNTS = """
CREATE TABLE call_accounts (
    source VARCHAR NOT NULL,
    kept_at TIMESTAMPTZ NOT NULL,
    owed_seconds DOUBLE NOT NULL,       -- how long after kept_at the month's budget is whole again
    blocked_seconds DOUBLE NOT NULL     -- how long after kept_at the source wants to be left alone
)"""

MIGRATIONS = (Migration(4, "calls to sources", (CALLS, CALL_MONTHS, CALL_ACCOUNTS)),)
