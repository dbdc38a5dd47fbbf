"""The log of compactions."""

from __future__ import annotations

from cointracker.core.feature import Migration

COMPACTIONS = """
CREATE TABLE compactions (
    ran_at TIMESTAMPTZ NOT NULL, seconds DOUBLE NOT NULL,
    observations BIGINT NOT NULL, observations_gone BIGINT NOT NULL,
    snapshots BIGINT NOT NULL, snapshots_gone BIGINT NOT NULL,
    refreshes_gone BIGINT NOT NULL
)"""

MIGRATIONS = (Migration(7, "compactions", (COMPACTIONS,)),)
