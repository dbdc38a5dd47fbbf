"""Details of coins and the memory of asking for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from cointracker.features.coin import store
from cointracker.features.coin.store import FAILED, STORED, UNKNOWN, Fetch
from cointracker.storage.database import Database, Session
from tests.fakes import NOON, FakeClock, Pipeline, row

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FULL: dict[str, Any] = {
    "coin_id": "acorn",
    "source": "test",
    "fetched_at": NOON,
    "description": "A nut.\n\nSmall.",
    "homepage": "https://a.example",
    "blockchain_site": "https://b.example",
    "github_url": "https://c.example",
    "categories": ["Nuts", "Oaks"],
    "genesis_date": date(2009, 1, 3),
    "sentiment_up_pct": 84.07,
    "watchlist_users": 2**40 + 1,
}
BARE = dict.fromkeys(FULL) | {
    "coin_id": "acorn",
    "source": "test",
    "fetched_at": NOON + HOUR,
    "description": "",
    "categories": [],
}
FETCH = Fetch("acorn", "details", NOON, STORED, None, NOON, NOON + DAY)
FAILURE = replace(FETCH, outcome=FAILED, reason="no connection", stored_at=None)
WHATS = ("details", "hourly")


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.transaction() as session:
        yield session


def stored(session: Session, coin_id: str = "acorn") -> dict[str, Any]:
    (found,) = store.one(session, coin_id).to_dict("records")
    return found | {"categories": list(found["categories"])}


def test_details_come_back_as_they_went_in(session: Session) -> None:
    store.put(session, FULL | {"rejections": ()})
    assert stored(session) == FULL
    assert tuple(store.one(session, "acorn").columns) == store.COLUMNS
    assert store.one(session, "oak").empty


@pytest.mark.parametrize("order", [(FULL, BARE), (BARE, FULL)])
def test_the_last_details_are_kept_whole(
    session: Session, order: tuple[dict[str, Any], ...]
) -> None:
    store.put(session, FULL | {"coin_id": "oak"})
    for told in order:
        store.put(session, told)
    found = stored(session)
    categories = found.pop("categories")
    known = {name: value for name, value in found.items() if not pd.isna(value)}
    assert {**dict.fromkeys(FULL), **known, "categories": categories} == order[-1]
    assert stored(session, "oak") == FULL | {"coin_id": "oak"}
    assert session.value("SELECT count(*) FROM coin_details") == 2


def test_the_last_time_of_each_thing_is_remembered(session: Session) -> None:
    hourly = replace(FAILURE, what="hourly")
    later = replace(FETCH, outcome=UNKNOWN, reason="?", fetched_at=NOON + HOUR, due_at=NOON + DAY)
    for fetch in (FETCH, hourly, replace(FETCH, coin_id="oak"), later):
        store.remember(session, fetch)
    assert store.fetches(session, "acorn") == {"details": later, "hourly": hourly}
    assert store.fetches(session, "oak") == {"details": replace(FETCH, coin_id="oak")}
    assert store.fetches(session, "elm") == {}
    assert session.value("SELECT count(*) FROM coin_fetches") == 3


def lacking(database: Database, *fetches: Fetch, limit: int = 9, late: timedelta = HOUR) -> str:
    with database.transaction() as session:
        for fetch in fetches:
            store.remember(session, fetch)
        return "".join(store.lacking(session, WHATS, NOON + late, limit=limit))


@pytest.fixture
def three(database: Database) -> Database:
    """Coins a, b, c ranked in this order, n without a rank, and x, that was there before."""
    pipeline = Pipeline(database, FakeClock(NOON - DAY))
    pipeline.take(row("x", market_cap=1e12), row("a", market_cap=1e6))
    pipeline.clock.move(days=1)
    pipeline.take(
        row("n", None),
        row("c", market_cap=1e7),
        row("a", market_cap=1e9),
        row("b", market_cap=1e8),
    )
    return database


def test_what_never_came_is_lacking_in_the_order_of_rank(three: Database) -> None:
    assert lacking(three) == "abcn"
    assert lacking(three, limit=2) == "ab"
    both = [replace(FETCH, coin_id="a", what=what) for what in WHATS]
    assert lacking(three, both[0]) == "abcn"
    assert lacking(three, both[1]) == "bcn"
    assert lacking(three, late=9 * DAY) == "bcn"


def test_what_failed_is_lacking_when_it_is_due_again(three: Database) -> None:
    waiting = [replace(FAILURE, coin_id="b", what=what) for what in (*WHATS, "daily")]
    assert lacking(three, waiting[0], waiting[2]) == "abcn"
    assert lacking(three, waiting[1]) == "acn"
    assert lacking(three, late=DAY + HOUR) == "abcn"
    assert lacking(three, late=-HOUR) == "abcn", "the clock went back"
    again = [replace(fetch, stored_at=NOON) for fetch in waiting]
    assert lacking(three, *again, late=DAY + HOUR) == "acn"


def test_without_a_snapshot_nothing_is_lacking(database: Database) -> None:
    assert lacking(database) == ""
