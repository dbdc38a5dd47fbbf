"""The tables of the refresh log, and of whether refreshes are wanted."""

from __future__ import annotations

from cointracker.core.feature import APP, Migration

REFRESHES = """
CREATE TABLE refreshes (
    refresh_id INTEGER NOT NULL,
    started_at TIMESTAMPTZ NOT NULL, finished_at TIMESTAMPTZ NOT NULL,
    trigger VARCHAR NOT NULL, source VARCHAR NOT NULL,
    outcome VARCHAR NOT NULL,           -- stored, unchanged or failed
    error VARCHAR, reason VARCHAR,      -- our error's name and its words, if it failed
    accepted INTEGER NOT NULL, rejected INTEGER NOT NULL
)"""
REJECTIONS = """
CREATE TABLE rejections (
    refresh_id INTEGER NOT NULL, position INTEGER NOT NULL,
    coin_id VARCHAR, field VARCHAR NOT NULL, value VARCHAR NOT NULL, reason VARCHAR NOT NULL
)"""
RUNS = """
CREATE TABLE runs (                     -- the last row tells whether refreshes are wanted
    number INTEGER NOT NULL, changed_at TIMESTAMPTZ NOT NULL, is_started BOOLEAN NOT NULL
)"""

MIGRATIONS = (
    Migration(1, "markets and rankings", (REFRESHES, REJECTIONS)),
    Migration(1, "settings", (RUNS,), APP),
)
