"""Schemas are built by numbered steps, each recorded in the transaction that ran it.

Features declare them (`core.feature.Migration`). No primary keys, sequences or ON CONFLICT: the
same statements must run on DuckLake.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from cointracker.core.errors import StorageError


class Runner(Protocol):
    """What a step needs of a session."""

    def execute(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run one statement."""

    def value(self, sql: str, parameters: Mapping[str, Any] | None = None) -> object:
        """The first value of a query."""


Steps = Mapping[int, tuple[str, tuple[str, ...]]]
"""What builds a schema: by number, a name and the statements."""


def prepare(session: Runner, steps: Steps) -> None:
    """Make the list of applied steps, and refuse a database from a newer release."""
    session.execute(
        "CREATE TABLE IF NOT EXISTS migrations"
        " (number INTEGER NOT NULL, name VARCHAR NOT NULL, applied_at TIMESTAMPTZ NOT NULL)"
    )
    newest = session.value("SELECT max(number) FROM migrations")
    if isinstance(newest, int) and newest > max(steps):
        raise StorageError(
            f"the database is at schema step {newest}, this release knows {max(steps)};"
            " start the newer release"
        )


def step(session: Runner) -> int:
    """The newest step that a database has gone through; 0 for none, or one that is not ours."""
    if not session.value("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'migrations'"):
        return 0
    newest = session.value("SELECT max(number) FROM migrations")
    return newest if isinstance(newest, int) else 0


def holds_rows(session: Runner) -> bool:
    """Whether any table beside the list of steps has rows."""
    rows = session.value(
        "SELECT sum(estimated_size) FROM duckdb_tables()"
        " WHERE database_name = current_database() AND table_name <> 'migrations'"
    )
    return bool(rows)


def apply(session: Runner, steps: Steps, number: int) -> None:
    """Run step `number` and record it, unless it is recorded already."""
    seen = {"number": number}
    if session.value("SELECT count(*) FROM migrations WHERE number = $number", seen):
        return
    name, statements = steps[number]
    for statement in statements:
        session.execute(statement)
    session.execute(
        "INSERT INTO migrations (number, name, applied_at) VALUES ($number, $name, $applied_at)",
        {"number": number, "name": name, "applied_at": datetime.now(UTC)},
    )
