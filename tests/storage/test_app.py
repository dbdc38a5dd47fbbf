"""What belongs to no market: saved settings, and whether refreshes are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cointracker.storage import app
from cointracker.storage.database import Database
from cointracker.storage.migrations import APP_STEPS
from tests.fakes import NOON


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "app.duckdb", APP_STEPS)
    yield database
    database.close()


def saved(database: Database) -> dict[str, str]:
    with database.reading() as session:
        return app.saved(session)


def test_of_each_name_the_last_save_counts(kept: Database) -> None:
    assert saved(kept) == {}
    for values in ({"a": "1", "b": ""}, {"a": "2"}, {"c": "x"}):
        with kept.transaction() as session:
            app.save(session, values, NOON)  # at one instant: the clock may stand still
    assert saved(kept) == {"a": "2", "b": "", "c": "x"}
    with kept.reading() as session:
        assert session.value("SELECT count(*) FROM settings WHERE name = 'a'") == 2


def test_what_is_forgotten_is_gone(kept: Database) -> None:
    for value in ("secret", "newer"):
        with kept.transaction() as session:
            app.save(session, {"key": value, "other": value}, NOON)
    with kept.transaction() as session:
        app.forget(session, ["key", "unknown"])
    assert saved(kept) == {"other": "newer"}
    with kept.reading() as session:
        assert session.value("SELECT count(*) FROM settings WHERE name = 'key'") == 0


def test_refreshes_are_wanted_until_somebody_stops_them(kept: Database) -> None:
    for is_started in (True, False, True, False):
        with kept.transaction() as session:
            assert app.is_started(session) is is_started
            app.set_started(session, not is_started, NOON)
