"""Long series made short: what must stay stays, and a gap is where something is missing."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointracker.analysis.sampling import MAX_POINTS, gaps, outline, thinned
from tests.fakes import NOON
from tests.recordings import recordings

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NAN = float("nan")


def at(*steps: timedelta) -> pd.Series:
    """Instants from noon on with these steps between them."""
    found = [pd.Timestamp(NOON)]
    for step in steps:
        found.append(found[-1] + step)
    return pd.Series(found)


def found(*steps: timedelta) -> list[int]:
    """Which of the steps, counted from 0, are gaps."""
    is_gap = gaps(at(*steps))
    assert len(is_gap) == len(steps) + 1
    assert not is_gap[0]
    return [int(place) - 1 for place in np.flatnonzero(is_gap)]


@pytest.mark.parametrize(
    ("steps", "due"),
    [
        ([DAY] * 9, []),
        ([DAY] * 4 + [2 * DAY] + [DAY] * 4, [4]),
        ([2 * DAY] + [DAY] * 5, [0]),
        ([DAY] * 5 + [2 * DAY], [5]),
        ([DAY] * 4 + [46 * DAY] + [DAY] * 4, [4]),
        ([DAY] * 3 + [2 * DAY, 46 * DAY] + [DAY] * 4, [3, 4]),
        ([HOUR] * 4 + [2 * HOUR] + [HOUR] * 4, [4]),
        ([HOUR] * 4 + [8 * DAY] + [HOUR] * 4, [4]),
        ([5 * MINUTE] * 6 + [10 * MINUTE] + [5 * MINUTE] * 6, []),  # nothing to speak of
        ([5 * MINUTE] * 6 + [20 * MINUTE] + [5 * MINUTE] * 6, []),
        ([5 * MINUTE] * 6 + [25 * MINUTE] + [5 * MINUTE] * 6, [6]),
        ([DAY] * 6 + [HOUR] * 6 + [5 * MINUTE] * 6, []),
        ([5 * MINUTE] * 6 + [HOUR] * 6 + [DAY] * 6, []),
        ([DAY] * 6 + [5 * MINUTE] * 6, []),
        ([DAY] * 6 + [2 * DAY] + [HOUR] * 6, [6]),
        ([DAY] * 6 + [HOUR] * 6 + [2 * HOUR] + [HOUR] * 6, [12]),
        ([HOUR] * 6 + [9 * HOUR] + [5 * MINUTE] * 6, [6]),
        (
            [
                24.3 * HOUR,
                23.6 * HOUR,
                24.1 * HOUR,
                16.3 * HOUR,
                31.9 * HOUR,
                47.9 * HOUR,
                23.9 * HOUR,
                24 * HOUR,
            ],
            [5],
        ),  # the stale day of 2023-03-28 is no gap
    ],
)
def test_gaps(steps: list[timedelta], due: list[int]) -> None:
    assert found(*steps) == due


@pytest.mark.parametrize(
    ("step", "due"), [(5 * MINUTE, []), (HOUR, []), (DAY, []), (1.8 * DAY, []), (2 * DAY, [0])]
)
def test_two_points_alone_are_taken_for_days(step: timedelta, due: list[int]) -> None:
    assert found(step) == due


@pytest.mark.parametrize(
    "empty",
    [
        pd.Series(pd.to_datetime([], utc=True)),
        pd.Series([], dtype=object),
        pd.Series([], dtype="datetime64[us, UTC]"),
    ],
)
def test_nothing_has_no_gaps(empty: pd.Series) -> None:
    assert gaps(empty).tolist() == []
    kept, breaks = outline(empty, np.array([]))
    assert kept.size == breaks.size == 0


def test_one_point_has_no_gap() -> None:
    assert gaps(at()).tolist() == [False]
    assert [part.tolist() for part in outline(at(), np.array([1.0]))] == [[0], [False]]


@pytest.mark.parametrize(
    "name",
    [
        "1d_5min_2021-05-15",
        "30d_hourly_2021-05-15",
        "7d_hourly_2023-10-13",
        "90d_daily_2021-05-15",
        "365d_daily_2025-04-22",
    ],
)
def test_recorded_series_have_no_gaps_until_a_part_is_taken_out(name: str) -> None:
    """Steps of the recorded hours go from 123 s to 6,682 s, and no hour is missing."""
    file = recordings() / "coingecko" / "market_chart" / f"bitcoin_{name}.json"
    stamps = sorted(pair[0] for pair in json.loads(file.read_text())["prices"])
    instants = pd.Series(pd.to_datetime(stamps, unit="ms", utc=True))
    assert not gaps(instants).any()
    for place in range(10, len(instants) - 10, 17):
        without = instants.drop(range(place, place + 5)).reset_index(drop=True)
        assert np.flatnonzero(gaps(without)).tolist() == [place]


# Thinned


@given(
    st.lists(st.one_of(st.floats(-1e12, 1e12), st.just(NAN)), max_size=300),
    st.sampled_from([4, 5, 6, 50, 99, 100]),
)
def test_thinned_keeps_extremes_and_ends_within_its_bound(values: list[float], limit: int) -> None:
    series = np.array(values, dtype=np.float64)
    kept = thinned(series, limit)
    known = np.flatnonzero(~np.isnan(series))
    assert len(kept) <= limit
    assert (np.diff(kept) > 0).all()
    assert set(kept) <= set(known)
    if known.size:
        assert (kept[0], kept[-1]) == (known[0], known[-1])
        assert series[kept].min() == np.nanmin(series)
        assert series[kept].max() == np.nanmax(series)
    if known.size <= limit:
        assert kept.tolist() == known.tolist()


def test_two_years_of_five_minutes_are_thinned_to_hundreds() -> None:
    chance = np.random.default_rng(1)
    values = np.exp(np.cumsum(chance.normal(0, 0.002, 210_000)))
    kept = thinned(values)
    assert MAX_POINTS / 2 < len(kept) <= MAX_POINTS == 800
    for part in np.array_split(np.arange(len(values)), 50):
        seen = values[kept[(kept >= part[0]) & (kept <= part[-1])]]
        assert np.ptp(seen) > 0.6 * np.ptp(values[part])


def test_a_price_that_stands_still_is_drawn_once_at_each_instant() -> None:
    assert len(set(thinned(np.ones(5_000)))) == len(thinned(np.ones(5_000)))


# Outlines


def test_a_line_breaks_where_a_value_or_an_instant_is_missing() -> None:
    instants = at(HOUR, HOUR, HOUR, HOUR, 5 * HOUR, HOUR, HOUR)
    values = np.array([1.0, 2.0, NAN, 4.0, 5.0, 6.0, 7.0, 8.0])
    kept, breaks = outline(instants, values)
    assert kept.tolist() == [0, 1, 3, 4, 5, 6, 7]
    assert breaks.tolist() == [False, False, True, False, True, False, False]


def test_thinning_bridges_no_gap() -> None:
    steps = [5 * MINUTE] * 10_000
    for place in (1_234, 5_000, 5_001, 9_998):
        steps[place] = 3 * HOUR
    instants, values = at(*steps), np.sin(np.arange(10_001) / 50)
    values[7_000:7_010] = NAN
    kept, breaks = outline(instants, values)
    assert len(kept) <= MAX_POINTS
    for edge in (1_235, 5_001, 9_999, 7_000):
        assert breaks[np.searchsorted(kept, edge)], edge
    assert breaks.sum() <= 5
