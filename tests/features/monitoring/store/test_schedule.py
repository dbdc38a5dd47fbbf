"""Whether refreshes are wanted, which outlives the process."""

from __future__ import annotations

from pathlib import Path

from cointracker.features.monitoring.store import schedule
from tests.databases import app_database
from tests.fakes import NOON


def test_refreshes_are_wanted_until_somebody_stops_them(tmp_path: Path) -> None:
    kept = app_database(tmp_path / "app.duckdb")
    for is_started in (True, False, True, False):
        with kept.transaction() as session:
            assert schedule.is_started(session) is is_started
            schedule.set_started(session, not is_started, NOON)
    kept.close()
