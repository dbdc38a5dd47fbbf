"""What thinning keeps, against a plain search, and what is read from whole hours afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cointracker.analysis.series import HISTORY, OBSERVED, SPARKLINE
from cointracker.features.market.store import observations
from cointracker.features.retention.store import compaction
from cointracker.storage.database import Database, Session
from tests.fakes import NOON

MILLISECOND, MINUTE = timedelta(milliseconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAYS_UNTIL = NOON.replace(hour=0)
HOURS_UNTIL = DAYS_UNTIL + 2 * DAY
FIGURES = ("price", "volume_24h", "market_cap")


class Row(NamedTuple):
    """What is known of coin `a` so long after `DAYS_UNTIL`."""

    after: timedelta
    kind: str = OBSERVED
    known: tuple[bool, bool, bool] = (True, True, True)
    coin: str = "a"

    @property
    def at(self) -> datetime:
        return DAYS_UNTIL + self.after

    def better(self, instant: datetime) -> tuple[bool, timedelta, datetime]:
        """Its place in the order in which `observations.nearest` chooses."""
        return self.kind != OBSERVED, abs(self.at - instant), self.at


def frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Every row with figures of its own."""
    found = pd.DataFrame(
        {"coin_id": [row.coin for row in rows], "kind": [row.kind for row in rows]}, dtype=str
    ).assign(source="test", observed_at=pd.to_datetime([row.at for row in rows], utc=True))
    for index, name in enumerate(FIGURES):
        found[name] = [
            number + 1.0 if row.known[index] else None for number, row in enumerate(rows)
        ]
    found = found.reindex(columns=observations.COLUMNS)
    return found.astype(dict.fromkeys(observations.FIGURE_COLUMNS, float))


def compact(session: Session) -> int:
    """Thin up to the two cuts; how many rows went."""
    due = compaction.newest(session).assign(hours_until=HOURS_UNTIL, days_until=DAYS_UNTIL)
    due = due.drop(columns="newest_at").astype(
        dict.fromkeys(("hours_until", "days_until"), "datetime64[us, UTC]")
    )
    return compaction.compact_observations(session, due, HOURS_UNTIL)


def stored(session: Session) -> set[tuple[str, timedelta]]:
    rows = session.frame("SELECT coin_id, observed_at FROM observations")
    found = [(row.coin_id, row.observed_at - DAYS_UNTIL) for row in rows.itertuples()]
    assert len(found) == len(set(found))
    return set(found)


@pytest.fixture
def session(shared: Database) -> Iterator[Session]:
    """A transaction that begins with an empty database and leaves it empty."""
    with shared.transaction() as session:
        yield session
        session.execute("DELETE FROM observations")


def staying(rows: Sequence[Row]) -> set[timedelta]:
    """The docstring of `thinning` once more, by searching: the rows of one coin that stay."""
    chosen: set[Row] = set()
    for index in range(3):
        known = [row for row in rows if row.known[index]]
        for hours in range(-24 * 5, 24 * 5):
            instant = DAYS_UNTIL + hours * HOUR
            reaches = [2 * HOUR, HOUR / 2] if hours >= 0 else [2 * HOUR] * (hours % 24 == 0)
            for reach in reaches:
                near = [row for row in known if abs(row.at - instant) <= reach]
                chosen |= {min(near, key=lambda row: row.better(instant))} if near else set()
    first: set[Row] = set()
    for index in range(3):
        for period in {period_of(row) for row in rows}:
            known = [row for row in rows if row.known[index] and period_of(row) == period]
            if known and not chosen.intersection(known):
                first.add(min(known, key=lambda row: (row.kind != OBSERVED, row.at)))
    return {row.after for row in rows if row in chosen | first or row.at >= HOURS_UNTIL}


def period_of(row: Row) -> tuple[timedelta, int]:
    length = DAY if row.at < DAYS_UNTIL else HOUR
    return length, row.after // length


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([], []),
        ([Row(timedelta(0))], [0]),
        ([Row(minutes * MINUTE) for minutes in range(0, 121, 5)], [0, 60, 120]),
        ([Row(minutes * MINUTE) for minutes in range(28, 150, 5)], [28, 58, 118, 148]),
        # the older of two that are equally near
        ([Row(minutes * MINUTE) for minutes in (55, 65, 110)], [55, 110]),
        # observed goes before filled, but a grid of 30 min reaches only the filled one
        ([Row(20 * MINUTE), Row(HOUR, SPARKLINE), Row(65 * MINUTE)], [20, 65]),
        ([Row(20 * MINUTE), Row(HOUR, SPARKLINE)], [20, 60]),
        (
            [
                Row(20 * MINUTE),
                Row(HOUR, HISTORY),
                Row(70 * MINUTE, SPARKLINE),
                Row(150 * MINUTE),
            ],
            [20, 60, 150],
        ),
        # before midnights count: one a day
        ([Row((hours - 48) * HOUR) for hours in range(48)], [-48 * 60, -24 * 60, -60]),
        ([Row(-27 * HOUR), Row(-26 * HOUR), Row(-25 * HOUR)], [-25 * 60]),
        # nothing within 2 h of a midnight: the first of the day
        ([Row(hours * HOUR) for hours in (-20, -18, -14)], [-20 * 60]),
        ([Row(-20 * HOUR, SPARKLINE), Row(-18 * HOUR), Row(-14 * HOUR)], [-18 * 60]),
        # each figure counts
        ([Row(-24 * HOUR, SPARKLINE, (True, False, False)), Row(-15 * HOUR)], [-24 * 60, -15 * 60]),
        ([Row(timedelta(0), known=(False, True, True)), Row(5 * MINUTE)], [0, 5]),
        ([Row(timedelta(0), known=(False, False, False)), Row(5 * MINUTE)], [5]),
        # whatever is younger stays
        ([Row(2 * DAY + minutes * MINUTE) for minutes in range(4)], [2880, 2881, 2882, 2883]),
        # of another coin
        (
            [Row(timedelta(0)), *(Row(minutes * MINUTE, coin="b") for minutes in (1, 2, 60))],
            [0, 1, 60],
        ),
    ],
)
def test_what_stays(session: Session, rows: list[Row], kept: list[int]) -> None:
    observations.load(session, frame(rows))
    assert compact(session) == len(rows) - len(kept)
    assert sorted(after // MINUTE for _coin, after in stored(session)) == kept


near_something = st.builds(
    lambda hours, minutes, milliseconds: (
        hours * HOUR + minutes * MINUTE + milliseconds * MILLISECOND
    ),
    st.integers(-75, 53),
    st.sampled_from([0, 0, 1, 14, 15, 29, 30, 31, 45, 59]),
    st.sampled_from([-1, 0, 0, 1]),
)
some_rows = st.lists(
    st.builds(
        Row,
        near_something,
        st.sampled_from([OBSERVED, OBSERVED, SPARKLINE, HISTORY]),
        st.tuples(*[st.booleans() | st.just(True)] * 3),
        st.sampled_from("ab"),
    ),
    unique_by=lambda row: (row.after, row.coin),
    max_size=60,
)
dense = [Row(minutes * MINUTE + 7 * MILLISECOND) for minutes in range(-3000, 3000, 11)]


@given(some_rows)
@example(dense)
@example([row._replace(kind=SPARKLINE) if n % 3 else row for n, row in enumerate(dense)])
@pytest.mark.slow
def test_it_agrees_with_a_plain_search_and_again_changes_nothing(
    shared: Database, rows: list[Row]
) -> None:
    due = {
        (coin, after)
        for coin in "ab"
        for after in staying([row for row in rows if row.coin == coin])
    }
    with shared.transaction() as session:
        observations.load(session, frame(rows))
        gone = compact(session)
        first = stored(session)
        again = compact(session)
        second = stored(session)
        session.execute("DELETE FROM observations")
    assert first == due
    assert gone == len(rows) - len(due)
    assert (again, second) == (0, first)


def grids(session: Session, hour: int) -> list[np.ndarray]:
    """Prices and volumes on grids that end at whole hours, later ones on midnights."""
    return [
        observations.nearest(
            session,
            pd.DataFrame({"coin_id": ["a", "b"], "end_at": pd.Timestamp(end)}),
            figure,
            step=step,
            steps=steps,
            tolerance=tolerance,
        )
        for figure in ("price", "volume_24h")
        for end, step, steps, tolerance in (
            (HOURS_UNTIL + hour * HOUR, DAY, 2, 2 * HOUR),
            (HOURS_UNTIL + 8 * HOUR, HOUR, 56, 30 * MINUTE),
            (DAYS_UNTIL + 5 * DAY, DAY, 9, 2 * HOUR),
        )
    ]


@given(some_rows, st.integers(0, 23))
@example(dense, 7)
@pytest.mark.slow
def test_what_is_read_on_whole_hours_stays_the_same(
    shared: Database, rows: list[Row], hour: int
) -> None:
    """But for rows in the very middle: an hourly grid gives these to the older hour alone."""
    rows = [row for row in rows if row.after % HOUR != 30 * MINUTE]
    with shared.transaction() as session:
        observations.load(session, frame(rows))
        before = grids(session, hour)
        compact(session)
        after = grids(session, hour)
        session.execute("DELETE FROM observations")
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
