"""Calls to sources, as they are stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cointracker.features.sources import store
from cointracker.features.sources.store import StoredAccount
from cointracker.storage.database import Database
from tests.fakes import NOON

HOUR = timedelta(hours=1)


def add(
    database: Database, at: datetime, seconds: float = 1.0, outcome: str = "ok", source: str = "a"
) -> int:
    with database.transaction() as session:
        number = store.begin(session, source, at, "markets", "/coins/markets")
        reason = None if outcome == "ok" else "why"
        store.end(session, number, seconds, outcome, reason)
    return number


def test_a_call_is_there_from_its_beginning(database: Database) -> None:
    with database.transaction() as session:
        number = store.begin(session, "a", NOON, "details", "/coins/x")
        begun = store.last(session, "a", limit=9).iloc[0]
        assert begun[["outcome", "seconds", "reason"]].isna().all()
        store.end(session, number, 0.25, "RateLimited", "wait")
        ended = store.last(session, "a", limit=9).iloc[0]
    assert ended.to_dict() == {
        "number": 1,
        "source": "a",
        "called_at": NOON,
        "priority": "details",
        "path": "/coins/x",
        "seconds": 0.25,
        "outcome": "RateLimited",
        "reason": "wait",
    }


def test_the_last_calls_of_one_source(database: Database) -> None:
    numbers = [add(database, NOON + n * HOUR, source="ab"[n % 2]) for n in range(6)]
    with database.reading() as session:
        assert store.last(session, "a", limit=2)["number"].tolist() == [numbers[4], numbers[2]]


def test_the_last_good_and_the_last_bad_end(database: Database) -> None:
    add(database, NOON, source="b", outcome="NotFound")
    with database.transaction() as session:
        assert store.last_end(session, "a", is_good=True).empty
        assert store.last_end(session, "a", is_good=False).empty
    for outcome in ("NotFound", "ok", "RateLimited", "ok"):
        add(database, NOON, outcome=outcome)
    with database.transaction() as session:
        store.begin(session, "a", NOON, "markets", "/unended")
        assert store.last_end(session, "a", is_good=True)["number"].tolist() == [5]
        assert store.last_end(session, "a", is_good=False)["outcome"].tolist() == ["RateLimited"]


def test_figures_of_a_span(database: Database) -> None:
    for n in range(101):
        add(database, NOON, seconds=n / 100, outcome="ok" if n % 4 else "NotFound")
    add(database, NOON - HOUR, seconds=50)
    add(database, NOON + 2 * HOUR, seconds=50)
    add(database, NOON, seconds=50, source="b")
    with database.transaction() as session:
        store.begin(session, "a", NOON, "markets", "/unended")
        found = store.figures(session, "a", NOON - HOUR, NOON + HOUR)
    assert found[["calls", "ended", "failed"]].tolist() == [102, 101, 26]
    assert found[["p50_seconds", "p95_seconds"]].tolist() == pytest.approx([0.5, 0.95])


def test_figures_of_no_calls(database: Database) -> None:
    with database.reading() as session:
        found = store.figures(session, "a", NOON - HOUR, NOON)
    assert found[["calls", "ended", "failed"]].tolist() == [0, 0, 0]
    assert found[["p50_seconds", "p95_seconds"]].isna().all()


def test_calls_are_counted_to_their_month(database: Database) -> None:
    last, first = datetime(2026, 2, 28, 23, 59, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    for at in (last, first, first, NOON):
        add(database, at)
    add(database, NOON, source="b")
    with database.reading() as session:
        assert [store.in_month(session, "a", at) for at in (last, NOON)] == [1, 3]
        assert store.in_month(session, "b", NOON) == 1
        assert store.in_month(session, "c", NOON) == 0
    assert store.month_of(NOON) == date(2026, 3, 1)


def test_old_calls_go_and_their_count_stays(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PRUNE_EVERY", 4)
    long_ago = NOON - timedelta(days=35, seconds=1)
    for at in (long_ago, NOON - timedelta(days=35), NOON):
        add(database, at)
    with database.reading() as session:
        assert len(store.last(session, "a", limit=9)) == 3
    add(database, NOON)
    with database.reading() as session:
        assert store.last(session, "a", limit=9)["number"].tolist() == [4, 3, 2]
        assert store.in_month(session, "a", long_ago) == 2


def test_an_account_takes_the_place_of_the_one_before(database: Database) -> None:
    account = StoredAccount("a", NOON, 12.5, 0.0)
    later = replace(account, kept_at=NOON + HOUR, owed_seconds=1.0, blocked_seconds=60.0)
    other = replace(account, source="b")
    with database.transaction() as session:
        assert store.account(session, "a") is None
        for each in (account, other, later):
            store.keep(session, each)
        assert store.account(session, "a") == later
        assert store.account(session, "b") == other
