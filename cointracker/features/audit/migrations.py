"""The audit log."""

from __future__ import annotations

from cointracker.core.feature import APP, Migration

AUDIT = """
CREATE TABLE audit (
    number INTEGER NOT NULL, recorded_at TIMESTAMPTZ NOT NULL,
    name VARCHAR NOT NULL, means VARCHAR NOT NULL, address VARCHAR NOT NULL,
    action VARCHAR NOT NULL, target VARCHAR NOT NULL, detail VARCHAR NOT NULL
)"""

MIGRATIONS = (Migration(2, "users", (AUDIT,), APP),)
