"""One coin's past costs what that coin has, however many others are stored (sorted by coin)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.plan import rows_scanned
from cointracker.features.market.store import observations, snapshots
from cointracker.storage.database import Database, Session

ROW_GROUP = 122_880
COINS, HOURS = 100, 16_000
START = datetime(2024, 1, 1, tzinfo=UTC)
END = START + timedelta(hours=HOURS)

COIN = "chr(97 + (coin // 10)::INTEGER) || coin % 10 || '-coin'"
SORTED = f"""
SELECT {COIN} AS coin_id, $start + to_hours(hour::INTEGER) AS instant, hour
FROM range(0, {COINS}) AS coins(coin), range(0, {HOURS}) AS hours(hour) ORDER BY 1, 2
"""  # noqa: S608 - the names are the constants above


@pytest.fixture(scope="module")
def session(shared: Database) -> Iterator[Session]:
    """1.6 million observations and as many rankings, in 13 row groups each."""
    with shared.transaction() as session:
        session.execute(
            f"INSERT INTO observations (coin_id, observed_at, source, kind, price)"  # noqa: S608
            f" SELECT coin_id, instant, 's', 'observed', hour FROM ({SORTED})",
            {"start": START},
        )
        session.execute(
            "INSERT INTO rankings (refresh_id, coin_id, observed_at, symbol, name,"  # noqa: S608
            " stability_samples, pegged, coverage, rank)"
            f" SELECT hour + 1, coin_id, instant, 's', 'n', 7, false, 1, 1 FROM ({SORTED})",
            {"start": START},
        )
        session.execute(
            "INSERT INTO snapshots SELECT DISTINCT refresh_id, observed_at, 's', 'usd', 'classic',"
            " 7, 1, 1, 1, 1, 1, 100 FROM rankings"
        )
    with shared.reading() as session:
        yield session


@pytest.mark.slow
def test_one_coin_reads_the_row_groups_it_lies_in(session: Session) -> None:
    for coin in ("a0-coin", "e5-coin", "j9-coin"):
        read = rows_scanned(session, lambda: observations.history(session, [coin], START, END))  # noqa: B023
        assert 0 < read["observations"] <= 2 * ROW_GROUP


@pytest.mark.slow
def test_six_coins_read_the_row_groups_they_lie_in(session: Session) -> None:
    spread = ["a0-coin", "b0-coin", "c5-coin", "f0-coin", "h5-coin", "j9-coin"]
    read = rows_scanned(session, lambda: observations.history(session, spread, START, END))
    assert 0 < read["observations"] <= 9 * ROW_GROUP
    ends = ["a0-coin", "a1-coin", "a2-coin", "j7-coin", "j8-coin", "j9-coin"]
    read = rows_scanned(session, lambda: observations.history(session, ends, START, END))
    assert 0 < read["observations"] <= 4 * ROW_GROUP


def test_the_places_of_a_coin_read_the_row_groups_it_lies_in(session: Session) -> None:
    for coin in ("a0-coin", "e5-coin", "j9-coin"):
        read = rows_scanned(session, lambda: snapshots.rank_history(session, coin, START, END))  # noqa: B023
        assert 0 < read["rankings"] <= 2 * ROW_GROUP
        assert read["snapshots"] == HOURS
