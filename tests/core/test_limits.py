"""How often something may be done: counted exactly, by key, and as a stock that refills."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointracker.core.web.limits import KeyedLimit, Refill, Window
from tests.fakes import FakeTime

HOUR = 3_600
PAUSES = st.lists(st.floats(0, 30), max_size=60)


# By key


def test_so_many_in_a_window_and_then_how_long_to_wait() -> None:
    time = FakeTime()
    limit = KeyedLimit(3, 60.0, time)
    waits = []
    for _ in range(5):
        waits.append(limit.take("a"))
        time.pass_by(10)
    assert waits == pytest.approx([0.0, 0.0, 0.0, 30.0, 20.0], abs=0.01)
    assert limit.take("b") == 0.0
    time.pass_by(10.01)
    assert limit.take("a") == 0.0
    assert limit.take("a") == pytest.approx(10.0, abs=0.02)


def test_a_try_that_was_none_and_a_key_that_is_forgotten() -> None:
    limit = KeyedLimit(1, 60.0, FakeTime())
    assert limit.take("a") == 0.0
    limit.give_back("a")
    assert limit.take("a") == 0.0
    limit.forget("a")
    assert limit.take("a") == 0.0
    assert limit.take("a") == pytest.approx(60.0, abs=0.01)
    limit.give_back("never seen")
    limit.forget("never seen")


def test_memory_is_bounded_and_the_busiest_is_not_forgotten() -> None:
    limit = KeyedLimit(1, 60.0, FakeTime(), max_keys=10)
    assert limit.take("busy") == 0.0
    for number in range(100):
        assert limit.take("busy") > 0, number
        limit.take(number)
    assert limit.take(0) == 0.0


def test_at_once_from_many_threads_no_more_than_allowed() -> None:
    limit, gate, passed = KeyedLimit(5, 60.0, FakeTime()), threading.Barrier(20), []

    def attempt() -> None:
        gate.wait()
        passed.append(limit.take("a") == 0.0)

    threads = [threading.Thread(target=attempt) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 5


# An hour's calls


@given(st.lists(st.floats(0, 2 * HOUR), max_size=60), st.integers(1, 10))
def test_no_hour_holds_more_calls_than_it_may(pauses: list[float], per_hour: int) -> None:
    time = FakeTime()
    limit = KeyedLimit(per_hour, HOUR, time)
    taken: list[float] = []
    for pause in pauses:
        time.pass_by(pause / 10)
        wait = limit.take("somebody")
        recent = [at for at in taken if time() - at < HOUR - 0.01]
        if wait:
            assert len(recent) >= per_hour - 1
            assert 0 < wait <= HOUR + 1
        else:
            taken.append(time())
            assert len(recent) < per_hour


def test_after_the_wait_that_was_told_a_call_is_taken() -> None:
    time = FakeTime()
    limit = KeyedLimit(3, HOUR, time)
    for _call in range(3):
        assert limit.take("somebody") == 0
        time.pass_by(7)
    wait = limit.take("somebody")
    assert wait == pytest.approx(HOUR - 21, abs=0.01)
    assert limit.take("another") == 0
    time.pass_by(wait - 1)
    assert limit.take("somebody") > 0
    time.pass_by(1)
    assert limit.take("somebody") == 0
    assert limit.take("somebody") == pytest.approx(7, abs=0.01)


def test_made_up_callers_do_not_fill_the_memory() -> None:
    limit = KeyedLimit(2, HOUR, FakeTime(), max_keys=10)
    for number in range(1_000):
        assert limit.take(f"caller {number}") == 0
    assert len(limit) == 10
    assert [limit.take("caller 999"), limit.take("caller 999") > 0] == [0, True]


# A window


def times(pauses: list[float]) -> list[float]:
    """The instants after each pause."""
    now, found = 5_000.0, []
    for pause in pauses:
        now += pause
        found.append(now)
    return found


@given(PAUSES, st.integers(1, 5))
def test_no_stretch_holds_more_than_a_window_allows(pauses: list[float], limit: int) -> None:
    window, taken = Window(limit, 60.0), list[float]()
    for now in times(pauses):
        if window.wait(now):
            assert sum(now - at <= 60.0 for at in taken) >= limit
        else:
            window.add(now)
            taken.append(now)
        assert window.count(now) <= limit
        assert sum(now - at < 60.0 - 0.001 for at in taken) <= limit


@given(PAUSES, st.integers(1, 5))
def test_after_the_wait_that_a_window_tells_one_more_fits(pauses: list[float], limit: int) -> None:
    window = Window(limit, 60.0)
    for now in times(pauses):
        wait = window.wait(now)
        assert 0 <= wait <= 60.01
        if not wait:
            window.add(now)
    now = times(pauses)[-1] if pauses else 5_000.0
    assert window.wait(now + window.wait(now)) == 0


def test_a_wait_outlasts_what_floats_round_away() -> None:
    for thousandths in range(0, 10_000_000, 3_331):
        window = Window(1, 60.0)
        window.add(thousandths / 1000)
        now = thousandths / 1000 + 0.123
        assert window.wait(now + window.wait(now)) == 0


def test_a_window_may_be_asked_for_less_than_it_allows() -> None:
    window = Window(3, 60.0)
    for now in (100.0, 110.0):
        window.add(now)
    assert window.wait(120.0) == 0
    assert window.wait(120.0, limit=2) == pytest.approx(40.0, abs=0.01)
    assert window.wait(120.0, limit=1) == pytest.approx(50.0, abs=0.01)
    assert window.wait(161.0, limit=2) == 0


def test_what_a_window_takes_back_was_not() -> None:
    window = Window(1, 60.0)
    window.take_back()
    window.add(100.0)
    window.take_back()
    assert (window.count(100.0), window.wait(100.0)) == (0, 0.0)


def test_a_window_tells_how_long_ago_each_was_and_learns_of_earlier_ones() -> None:
    window = Window(5, 60.0)
    window.add(100.0)
    window.insert([30.0, 5.0, -7.0], now=110.0)
    assert window.ages(110.0) == pytest.approx([30.0, 10.0, 5.0, 0.0])
    assert (window.count(110.0), window.count(145.0), window.count(171.0)) == (4, 3, 0)


@given(st.lists(st.floats(0, 59), max_size=8))
def test_a_window_that_is_told_its_own_ages_is_the_same(ages: list[float]) -> None:
    first, second = Window(8, 60.0), Window(8, 60.0)
    first.insert(ages, now=1_000.0)
    second.insert(first.ages(1_000.0), now=1_000.0)
    assert second.ages(1_000.0) == pytest.approx(first.ages(1_000.0), abs=0.002)
    assert second.count(1_000.0) == len(ages)


# A stock that refills


@given(PAUSES, st.integers(1, 5), st.integers(1, 10))
def test_no_stretch_takes_more_than_the_stock_and_what_refilled(
    pauses: list[float], burst: int, amount: int
) -> None:
    refill, taken = Refill(burst, amount, 60.0), list[float]()
    for now in times(pauses):
        if refill.take(now):
            taken.append(now)
        assert 0 <= refill.left(now) <= burst
    for index, began in enumerate(taken):
        for count, ended in enumerate(taken[index:], start=1):
            assert count <= burst + (ended - began + 0.01) * amount / 60.0


@given(PAUSES, st.integers(1, 5), st.integers(1, 10))
def test_one_is_taken_when_there_is_one_and_after_the_wait_that_is_told(
    pauses: list[float], burst: int, amount: int
) -> None:
    refill = Refill(burst, amount, 60.0)
    for now in times(pauses):
        wait, left = refill.wait(now), refill.left(now)
        assert (wait == 0) == (left > 0)
        assert wait <= 60.0 / amount + 0.01
        assert refill.take(now) == (wait == 0)
        later = now + refill.wait(now) + 0.001
        assert refill.wait(later) == 0


def test_a_stock_refills_evenly_and_no_further_than_it_holds() -> None:
    refill = Refill(3, 6, 60.0)
    assert [refill.take(100.0) for _one in range(4)] == [True, True, True, False]
    assert (refill.left(100.0), refill.wait(100.0)) == (0, pytest.approx(10.0, abs=0.01))
    assert [refill.left(at) for at in (109.0, 110.0, 120.0, 130.0, 9_000.0)] == [0, 1, 2, 3, 3]


def test_some_of_a_stock_can_be_kept() -> None:
    refill = Refill(3, 6, 60.0)
    assert refill.wait(100.0, kept=2) == 0
    assert refill.take(100.0)
    assert refill.wait(100.0, kept=1) == 0
    assert refill.wait(100.0, kept=2) == pytest.approx(10.0, abs=0.01)
    assert refill.left(100.0) == 2


def test_a_stock_owes_until_it_is_whole_and_no_more_than_all_of_it() -> None:
    refill = Refill(3, 6, 60.0)
    assert refill.owed_seconds(100.0) == 0
    refill.take(100.0)
    assert refill.owed_seconds(100.0) == pytest.approx(10.0)
    assert refill.owed_seconds(104.0) == pytest.approx(6.0)
    refill.owe(7.0, 104.0)
    assert refill.owed_seconds(104.0) == pytest.approx(13.0)
    refill.owe(-50.0, 104.0)
    assert refill.owed_seconds(104.0) == pytest.approx(13.0)
    refill.owe(1e9, 104.0)
    assert (refill.owed_seconds(104.0), refill.left(104.0)) == (pytest.approx(30.0), 0)
