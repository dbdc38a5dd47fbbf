"""The table of saved settings."""

from __future__ import annotations

from cointracker.core.feature import APP, Migration

SETTINGS = """
CREATE TABLE settings (                 -- of each name the row of the last save counts
    save INTEGER NOT NULL, saved_at TIMESTAMPTZ NOT NULL,
    name VARCHAR NOT NULL, value VARCHAR NOT NULL
)"""

MIGRATIONS = (Migration(1, "settings", (SETTINGS,), APP),)
