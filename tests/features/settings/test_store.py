"""Saved settings: the last save of each counts, and what is forgotten is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cointracker.features.settings import store
from cointracker.storage.database import Database
from tests.databases import app_database
from tests.fakes import NOON


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Database]:
    database = app_database(tmp_path / "app.duckdb")
    yield database
    database.close()


def saved(database: Database) -> dict[str, str]:
    with database.reading() as session:
        return store.saved(session)


def test_of_each_name_the_last_save_counts(kept: Database) -> None:
    assert saved(kept) == {}
    for values in ({"a": "1", "b": ""}, {"a": "2"}, {"c": "x"}):
        with kept.transaction() as session:
            store.save(session, values, NOON)  # at one instant: the clock may stand still
    assert saved(kept) == {"a": "2", "b": "", "c": "x"}
    with kept.reading() as session:
        assert session.value("SELECT count(*) FROM settings WHERE name = 'a'") == 2


def test_what_is_forgotten_is_gone(kept: Database) -> None:
    for value in ("secret", "newer"):
        with kept.transaction() as session:
            store.save(session, {"key": value, "other": value}, NOON)
    with kept.transaction() as session:
        store.forget(session, ["key", "unknown"])
    assert saved(kept) == {"other": "newer"}
    with kept.reading() as session:
        assert session.value("SELECT count(*) FROM settings WHERE name = 'key'") == 0
