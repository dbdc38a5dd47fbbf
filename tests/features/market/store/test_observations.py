"""Observations: what is stored stays, observed beats filled in, and the nearest is found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointracker.analysis.series import HISTORY, OBSERVED, SPARKLINE
from cointracker.features.market.store import observations
from cointracker.storage.database import Database, Session
from tests.fakes import NOON

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
MILLISECOND = timedelta(milliseconds=1)


class Point(NamedTuple):
    """A price of a coin so long before noon."""

    back: timedelta
    price: float | None
    kind: str = OBSERVED
    coin: str = "a"


def frame(*points: Point) -> pd.DataFrame:
    rows = pd.DataFrame(points, columns=["back", "price", "kind", "coin_id"])
    rows["observed_at"] = [pd.Timestamp(NOON - point.back) for point in points]
    rows = rows.assign(source="test", price=rows["price"].astype(float))
    return rows.reindex(columns=observations.COLUMNS).astype(
        dict.fromkeys(observations.FIGURE_COLUMNS, float)
    )


def ends(*coins: str, at: datetime = NOON) -> pd.DataFrame:
    return pd.DataFrame({"coin_id": coins, "end_at": pd.Timestamp(at)})


def all_stored(session: Session) -> list[Point]:
    rows = session.frame("SELECT * FROM observations ORDER BY coin_id, observed_at DESC")
    return [
        Point(NOON - row.observed_at.to_pydatetime(), row.price, row.kind, row.coin_id)
        for row in rows.itertuples()
    ]


@pytest.fixture
def session(shared: Database) -> Iterator[Session]:
    """A transaction that begins with an empty database and leaves it empty."""
    with shared.transaction() as session:
        yield session
        session.execute("DELETE FROM observations")


# Storing


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (OBSERVED, OBSERVED, 1.0),
        (OBSERVED, SPARKLINE, 1.0),
        (OBSERVED, HISTORY, 1.0),
        (SPARKLINE, OBSERVED, 2.0),
        (HISTORY, OBSERVED, 2.0),
        (SPARKLINE, HISTORY, 1.0),
        (SPARKLINE, SPARKLINE, 1.0),
    ],
)
def test_of_two_at_one_instant_one_is_kept(
    session: Session, first: str, second: str, kept: float
) -> None:
    observations.add(session, frame(Point(HOUR, 1.0, first)))
    observations.add(session, frame(Point(HOUR, 2.0, second)))
    assert all_stored(session) == [Point(HOUR, kept, first if kept == 1.0 else second)]


def test_coins_and_instants_do_not_mix(session: Session) -> None:
    points = [Point(HOUR, 1.0), Point(HOUR + SECOND, 2.0), Point(HOUR, 3.0, OBSERVED, "b")]
    observations.add(session, frame(*points[:2]))
    observations.add(session, frame(*points))
    assert all_stored(session) == points


def test_missing_figures_are_null(session: Session) -> None:
    observations.add(session, frame(Point(HOUR, None)))
    figures = " AND ".join(f"{name} IS NULL" for name in observations.FIGURE_COLUMNS)
    assert session.value(f"SELECT count(*) FROM observations WHERE {figures}") == 1  # noqa: S608


def test_loading_takes_everything(session: Session) -> None:
    points = [Point(hour * HOUR, float(hour), HISTORY) for hour in range(1, 5)]
    observations.load(session, frame(*points))
    assert all_stored(session) == points


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("stored", "past", "kept"),
    [
        ([], [Point(HOUR, 1.0)], [1.0]),
        ([Point(HOUR, 5.0, SPARKLINE)], [Point(HOUR, 1.0)], [1.0]),
        ([Point(30 * MINUTE, 5.0, SPARKLINE)], [Point(60 * MINUTE, 1.0)], [1.0]),
        ([Point(30 * MINUTE, 5.0, SPARKLINE)], [Point(61 * MINUTE, 1.0)], [5.0, 1.0]),
        ([Point(30 * MINUTE, 5.0, OBSERVED)], [Point(60 * MINUTE, 1.0)], [5.0]),
        ([Point(30 * MINUTE, 5.0, HISTORY)], [Point(60 * MINUTE, 1.0)], [5.0]),
        ([], [Point(60 * MINUTE, 1.0), Point(30 * MINUTE, 2.0), Point(MINUTE, 3.0)], [1.0]),
        ([Point(HOUR, 5.0, SPARKLINE, "b")], [Point(HOUR, 1.0)], [1.0, 5.0]),
        ([Point(HOUR, 5.0, OBSERVED, "b")], [Point(HOUR, 1.0)], [1.0, 5.0]),
        ([Point(HOUR, 5.0, SPARKLINE)], [], [5.0]),
        ([Point(5 * HOUR, 5.0, SPARKLINE)], [Point(HOUR, 1.0)], [1.0, 5.0]),
    ],
)
def test_back_filling_takes_the_place_of_sparklines_alone(
    session: Session, stored: list[Point], past: list[Point], kept: list[float]
) -> None:
    observations.load(session, frame(*stored))
    rows = frame(*(point._replace(kind=HISTORY) for point in past))
    for _time in range(2):
        observations.backfill(session, "a", rows)
        assert [point.price for point in all_stored(session)] == kept


def test_what_was_back_filled_gives_way_to_what_is_observed(session: Session) -> None:
    observations.backfill(session, "a", frame(Point(HOUR, 1.0, HISTORY)))
    observations.add(session, frame(Point(HOUR, 2.0)))
    observations.backfill(session, "a", frame(Point(HOUR, 1.0, HISTORY)))
    assert all_stored(session) == [Point(HOUR, 2.0)]


@pytest.mark.parametrize(
    ("stored", "begins"),
    [
        ([], 10 * HOUR),
        ([Point(hour * HOUR, 1.0) for hour in range(11)], None),
        ([Point(hour * HOUR, 1.0, HISTORY) for hour in range(0, 11, 3)], None),
        ([Point(hour * HOUR, 1.0) for hour in (9, 6, 3)], None),
        ([Point(hour * HOUR, 1.0) for hour in (9, 6, 2)], 6 * HOUR),
        ([Point(hour * HOUR, 1.0) for hour in (9, 6, 3.001)], 3.001 * HOUR),
        ([Point(hour * HOUR, 1.0) for hour in (6, 3)], 10 * HOUR),
        ([Point(hour * HOUR, 1.0, SPARKLINE) for hour in range(11)], 10 * HOUR),
        ([Point(hour * HOUR, 1.0, OBSERVED, "b") for hour in range(11)], 10 * HOUR),
        ([Point(hour * HOUR, 1.0) for hour in (12, 11, -1)], 10 * HOUR),
    ],
)
def test_where_the_first_gap_begins(
    session: Session, stored: list[Point], begins: timedelta | None
) -> None:
    """In the ten hours up to noon, of more than three hours."""
    observations.load(session, frame(*stored))
    found = observations.gap(session, "a", NOON - 10 * HOUR, NOON, 3 * HOUR)
    assert found == (None if begins is None else NOON - begins)


def test_filling_goes_where_the_hour_is_empty(session: Session) -> None:
    """Hours as the clock has them: 11:00 to 11:59 is one."""
    minute = timedelta(minutes=1)
    observations.add(session, frame(Point(50 * minute, 1.0), Point(2 * HOUR, 9.0, OBSERVED, "b")))
    observations.fill(
        session,
        frame(
            Point(5 * minute, 2.0, SPARKLINE),  # 11:55, where 11:10 is observed
            Point(65 * minute, 3.0, SPARKLINE),
            Point(2 * HOUR, 4.0, SPARKLINE),  # of "a", not of "b"
        ),
    )
    assert all_stored(session) == [
        Point(50 * minute, 1.0),
        Point(65 * minute, 3.0, SPARKLINE),
        Point(2 * HOUR, 4.0, SPARKLINE),
        Point(2 * HOUR, 9.0, OBSERVED, "b"),
    ]


def test_filling_twice_or_with_nothing_adds_nothing(session: Session) -> None:
    rows = frame(Point(HOUR, 1.0, SPARKLINE), Point(2 * HOUR, 2.0, SPARKLINE))
    for filling in (rows, rows, rows.iloc[:0]):
        observations.fill(session, filling)
    assert len(all_stored(session)) == 2


def test_in_how_many_hours_something_is_known(session: Session) -> None:
    points = [Point(hours * HOUR, 1.0) for hours in (0.2, 0.4, 1.1, 2.1, 9)]
    observations.add(session, frame(*points, Point(HOUR, 1.0, SPARKLINE, "b")))
    known = observations.hours_known(session, NOON - 5 * HOUR, NOON)
    assert known.to_dict() == {"a": 3, "b": 1}


def test_the_history_of_some_coins_is_by_coin_and_oldest_first(session: Session) -> None:
    points = [
        Point(3 * HOUR, 1.0),
        Point(2 * HOUR, 2.0, SPARKLINE),
        Point(HOUR, None),
        Point(2 * HOUR, 3.0, OBSERVED, "b"),
        Point(2 * HOUR, 4.0, OBSERVED, "c"),
    ]
    observations.load(session, frame(*reversed(points)))

    def found(since: timedelta, until: timedelta, *coins: str) -> list[tuple[str, timedelta]]:
        rows = observations.history(session, coins, NOON - since, NOON - until)
        return [(row.coin_id, NOON - row.observed_at) for row in rows.itertuples()]

    of_a = [("a", hours * HOUR) for hours in (3, 2, 1)]
    assert found(3 * HOUR, HOUR, "a") == of_a
    assert found(2.5 * HOUR, 1.5 * HOUR, "a") == of_a[1:2]
    assert found(DAY, HOUR, "b", "a", "b") == [*of_a, ("b", 2 * HOUR)]
    assert found(DAY, HOUR, "unknown") == found(DAY, HOUR) == []


# The nearest

KEPT_APART = [Point(DAY, 1.0), Point(2 * DAY, 2.0, OBSERVED, "b"), Point(DAY, None, OBSERVED, "c")]


@pytest.mark.parametrize(
    ("points", "then"),
    [
        ([], None),
        ([Point(DAY, 5.0)], 5.0),
        ([Point(DAY + 2 * HOUR, 5.0)], 5.0),
        ([Point(DAY - 2 * HOUR, 5.0)], 5.0),
        ([Point(DAY + 2 * HOUR + MILLISECOND, 5.0)], None),
        ([Point(DAY - 2 * HOUR - MILLISECOND, 5.0)], None),
        ([Point(DAY - HOUR, 5.0), Point(DAY + 2 * HOUR, 6.0)], 5.0),
        ([Point(DAY - HOUR, 5.0), Point(DAY + HOUR, 6.0)], 6.0),
        ([Point(DAY - 7 * MILLISECOND, 5.0), Point(DAY + 7 * MILLISECOND, 6.0)], 6.0),
        ([Point(DAY, 5.0, SPARKLINE), Point(DAY + HOUR, 6.0)], 6.0),
        ([Point(DAY, 5.0, HISTORY), Point(DAY - 2 * HOUR, 6.0)], 6.0),
        ([Point(DAY, 5.0, SPARKLINE), Point(DAY + 3 * HOUR, 6.0)], 5.0),
        ([Point(DAY, 5.0, SPARKLINE), Point(DAY, 6.0, SPARKLINE, "b")], 5.0),
        ([Point(DAY, None), Point(DAY + HOUR, 6.0)], 6.0),
        ([Point(DAY, None)], None),
        ([Point(DAY, 5.0, OBSERVED, "b")], None),
    ],
)
def test_which_price_is_the_one_a_day_ago(
    session: Session, points: list[Point], then: float | None
) -> None:
    observations.load(session, frame(*points))
    grid = observations.nearest(session, ends("a"), "price", step=DAY, steps=1, tolerance=2 * HOUR)
    assert grid.tolist() == [
        [pytest.approx(then or np.nan, nan_ok=True), pytest.approx(np.nan, nan_ok=True)]
    ]


def test_of_two_equally_near_the_older_counts_whatever_the_fraction_of_a_second(
    session: Session,
) -> None:
    offsets = range(1, 900, 31)
    for ms in offsets:
        older, newer = (
            Point(DAY + sign * ms * MILLISECOND, sign, coin=str(ms)) for sign in (1, -1)
        )
        late = frame(older, newer)
        observations.load(session, late.assign(observed_at=late["observed_at"] + ms * MILLISECOND))
    asked = pd.concat([ends(str(ms), at=NOON + ms * MILLISECOND) for ms in offsets])
    grid = observations.nearest(session, asked, "price", step=DAY, steps=1, tolerance=HOUR)
    assert set(grid[:, 0]) == {1.0}


def test_rows_are_in_the_order_asked_and_columns_oldest_first(session: Session) -> None:
    points = [Point(day * DAY, day + 0.5) for day in range(4)]
    observations.load(session, frame(*points, Point(DAY, 9.0, OBSERVED, "b")))
    grid = observations.nearest(
        session, ends("b", "unknown", "a"), "price", step=DAY, steps=2, tolerance=HOUR
    )
    nan = np.nan
    np.testing.assert_array_equal(grid, [[nan, 9.0, nan], [nan, nan, nan], [2.5, 1.5, 0.5]])


def test_each_coin_has_its_own_end(session: Session) -> None:
    late, early = ends("a"), ends("b", at=NOON - 30 * DAY)
    observations.load(session, frame(Point(DAY, 1.0), Point(31 * DAY, 2.0, OBSERVED, "b")))
    grid = observations.nearest(
        session, pd.concat([late, early]), "price", step=DAY, steps=1, tolerance=HOUR
    )
    assert grid[:, 0].tolist() == [1.0, 2.0]


def test_nothing_asked_and_no_such_figure(session: Session) -> None:
    span = {"step": DAY, "steps": 3, "tolerance": HOUR}
    assert observations.nearest(session, ends(), "price", **span).shape == (0, 4)
    with pytest.raises(ValueError, match="no such figure"):
        observations.nearest(session, ends("a"), "coin_id", **span)


def plain_nearest(points: list[Point], target: timedelta) -> float:
    """The docstring of `nearest` once more, for one grid point and a tolerance of 2 h."""
    near = [
        (point.kind != OBSERVED, abs(point.back - target), -point.back, point.price)
        for point in points
        if point.price is not None and abs(point.back - target) <= 2 * HOUR
    ]
    return min(near)[-1] if near else np.nan


about_a_day = st.builds(
    lambda days, off: days * DAY + off,
    st.integers(-1, 9),
    st.sampled_from([0, 1, 7, 119, 120, 121, 600]).flatmap(
        lambda minutes: st.sampled_from([-1, 0, 1]).flatmap(
            lambda sign: st.integers(-2, 2).map(
                lambda ms: sign * timedelta(minutes=minutes) + ms * MILLISECOND
            )
        )
    ),
)
points_about = st.lists(
    st.tuples(
        about_a_day,
        st.sampled_from([OBSERVED, SPARKLINE, HISTORY]),
        st.sampled_from("ab"),
        st.booleans(),
    ),
    unique_by=lambda point: (point[0], point[2]),
    max_size=25,
)


@given(points_about, st.integers(0, 7), st.integers(0, 999).map(lambda ms: ms * MILLISECOND))
def test_it_agrees_with_a_plain_search(
    shared: Database, drawn: list[tuple[timedelta, str, str, bool]], steps: int, late: timedelta
) -> None:
    """The grid ends a little after noon."""
    points = [
        Point(back - late, float(n) if known else None, kind, coin)
        for n, (back, kind, coin, known) in enumerate(drawn)
    ]
    with shared.transaction() as session:
        observations.load(session, frame(*points))
        grid = observations.nearest(
            session,
            ends("b", "a", at=NOON + late),
            "price",
            step=DAY,
            steps=steps,
            tolerance=2 * HOUR,
        )
        session.execute("DELETE FROM observations")
    for coin, row in zip("ba", grid, strict=True):
        of_coin = [point for point in points if point.coin == coin]
        expected = [plain_nearest(of_coin, back * DAY - late) for back in range(steps, -1, -1)]
        np.testing.assert_array_equal(row, expected)


def test_figures_of_one_source_alone(session: Session) -> None:
    near, far = frame(Point(DAY, 5.0)), frame(Point(DAY + HOUR, 6.0))
    observations.load(session, near.assign(source="other"))
    observations.load(session, far.assign(source="main"))
    span = {"step": DAY, "steps": 1, "tolerance": 2 * HOUR}
    found = [
        observations.nearest(session, ends("a"), "price", source=source, **span)[0, 0]
        for source in (None, "main", "other", "nobody")
    ]
    np.testing.assert_array_equal(found, [5.0, 6.0, 5.0, np.nan])


def test_whose_instants_are_another_source_s(session: Session) -> None:
    observations.load(session, frame(Point(DAY, 1.0)).assign(source="other"))
    observations.load(session, frame(Point(DAY, 1.0, SPARKLINE, "b")).assign(source="other"))
    observations.load(session, frame(Point(DAY, 1.0, OBSERVED, "c")).assign(source="main"))
    observations.load(session, frame(Point(DAY + HOUR, 1.0, OBSERVED, "d")).assign(source="other"))
    asked = frame(
        Point(DAY, 2.0),
        Point(DAY, 2.0, OBSERVED, "b"),
        Point(DAY, 2.0, OBSERVED, "c"),
        Point(2 * DAY, 2.0, OBSERVED, "d"),
    ).assign(source="main")
    assert observations.others_instants(session, asked).tolist() == [True, False, False, False]
