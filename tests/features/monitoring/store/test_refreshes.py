"""The log of refreshes, and of the rows they rejected."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta

import pandas as pd

from cointracker.features.monitoring.store import refreshes
from cointracker.features.monitoring.store.refreshes import FAILED, STORED, Refresh
from cointracker.storage.database import Database
from tests.fakes import NOON

GOOD = Refresh(1, NOON, NOON + timedelta(seconds=1), "manual", "list", STORED, None, None, 99, 1)
BAD = replace(
    GOOD, refresh_id=2, outcome=FAILED, error="RateLimited", reason="wait", accepted=0, rejected=0
)
NONE = pd.DataFrame(columns=list(refreshes.REJECTION_COLUMNS))
REJECTED = pd.DataFrame(
    [
        (7, None, "row", "17", "no object"),
        (3, "bitcoin", "name", "<b>'; DROP TABLE coins; --", "too long"),
    ],
    columns=list(refreshes.REJECTION_COLUMNS),
)


def test_ids_count_up_from_one(database: Database) -> None:
    with database.transaction() as session:
        assert refreshes.next_id(session) == 1
        refreshes.add(session, GOOD, NONE)
        assert refreshes.next_id(session) == 2
        refreshes.add(session, replace(BAD, refresh_id=40), NONE)
        assert refreshes.next_id(session) == 41


def test_the_log_tells_the_newest_first_and_no_more_than_asked(database: Database) -> None:
    with database.transaction() as session:
        for refresh in (GOOD, BAD, replace(GOOD, refresh_id=3)):
            refreshes.add(session, refresh, NONE)
    with database.reading() as session:
        log = refreshes.log(session, limit=2)
    assert log["refresh_id"].tolist() == [3, 2]
    assert log.iloc[1].to_dict() == asdict(BAD)
    assert log.iloc[0][["error", "reason"]].isna().all()


def test_rejections_are_told_in_the_order_they_came(database: Database) -> None:
    with database.transaction() as session:
        refreshes.add(session, GOOD, REJECTED)
        refreshes.add(session, BAD, NONE)
        assert refreshes.rejections(session, 2).empty
        found = refreshes.rejections(session, 1)
    expected = REJECTED.iloc[::-1].astype(object).where(REJECTED.notna(), None)
    assert found.astype(object).where(found.notna(), None).to_numpy().tolist() == (
        expected.to_numpy().tolist()
    )
