"""Standings: the last one at an instant."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

from cointracker.features.market.store import standings
from cointracker.storage.database import Database
from tests.fakes import NOON

HOUR = timedelta(hours=1)


def add(database: Database, hours: float, **values: float) -> None:
    rows = pd.DataFrame({"coin_id": list(values), "standing": list(values.values())})
    at = pd.Timestamp(NOON + hours * HOUR)
    with database.transaction() as session:
        standings.add(session, rows.assign(standing_at=at, source=f"at {hours}"))


def latest(database: Database, hours: float) -> dict[str, tuple[float, str]]:
    with database.reading() as session:
        frame = standings.latest(session, NOON + hours * HOUR)
    return {row.coin_id: (row.standing, row.source) for row in frame.itertuples()}


@pytest.mark.parametrize(
    ("hours", "known"),
    [
        (-1, {}),
        (0, {"a": (1.0, "at 0"), "b": (2.0, "at 0")}),
        (0.5, {"a": (1.0, "at 0"), "b": (2.0, "at 0")}),
        (1, {"a": (3.5, "at 1")}),
        (9, {"a": (3.5, "at 1")}),
    ],
)
def test_the_last_standings_at_an_instant_are_those_stored_together(
    database: Database, hours: float, known: dict[str, tuple[float, str]]
) -> None:
    add(database, 1, a=3.5)
    add(database, 0, a=1.0, b=2.0)
    assert latest(database, hours) == known


def test_what_is_stored_for_an_instant_stays(database: Database) -> None:
    add(database, 0, a=1.0)
    add(database, 0, a=9.0, b=2.0)
    assert latest(database, 0) == {"a": (1.0, "at 0"), "b": (2.0, "at 0")}
