"""The bounds of calls: the minute exactly, the month evenly, and the first in order first."""

from __future__ import annotations

import random
from bisect import bisect_right
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointracker.providers.base import Priority
from cointracker.providers.call_policy.budget import (
    MINUTE,
    MINUTE_SECONDS,
    MONTH,
    MONTH_SECONDS,
    NO_WAIT,
    PLANS,
    Budget,
    Plan,
    calls_in,
    sustainable_interval,
)

DEMO = PLANS["demo"]
HOUR, DAY = 3_600.0, 86_400.0
LOWER = [Priority.STANDING, Priority.DETAILS, Priority.BACKFILL]


def made(budget: Budget, priority: Priority, now: float) -> bool:
    """Make a call if the budget has it."""
    if budget.wait(priority, now) != NO_WAIT:
        return False
    budget.spend(now)
    return True


def spree(budget: Budget, priority: Priority, now: float) -> int:
    """Make calls at one instant until the budget has no more; how many."""
    for count in range(10_000):
        if not made(budget, priority, now):
            return count
    raise AssertionError("no end of calls")


def most_within(span: float, instants: list[float]) -> int:
    return max(bisect_right(instants, first + span) - index for index, first in enumerate(instants))


# What the plan sustains


@pytest.mark.parametrize(
    ("calls", "plan", "seconds"),
    [
        (1, DEMO, 294),  # so 100 coins each 300 s fit
        (4, DEMO, 1_175),  # 1,000 coins at 60 s do not
        (1, PLANS["keyless"], 294),
        (1, PLANS["pro"], 6),
        (4, Plan(per_minute=1, per_month=10**9), 260),
        (1, PLANS["coinpaprika"], 147),
    ],
)
def test_sustainable_interval(calls: int, plan: Plan, seconds: int) -> None:
    assert sustainable_interval(calls, plan) == seconds


@given(
    calls=st.integers(1, 4),
    per_minute=st.integers(1, 1_000),
    per_month=st.integers(100, 10**6),
)
def test_at_the_sustainable_interval_a_month_fits(
    calls: int, per_minute: int, per_month: int
) -> None:
    plan = Plan(per_minute, per_month)
    interval = sustainable_interval(calls, plan)
    assert calls_in(MONTH_SECONDS, calls, interval) <= per_month * 0.95
    assert calls_in(MONTH_SECONDS, calls, interval) + plan.stock <= per_month
    assert calls * MINUTE_SECONDS / interval <= per_minute


@pytest.mark.parametrize(
    ("seconds", "calls", "interval", "total"),
    [(MONTH_SECONDS, 1, 300, 8_928), (30 * DAY, 1, 300, 8_640), (0, 1, 300, 0), (301, 4, 300, 8)],
)
def test_calls_in_a_span(seconds: float, calls: int, interval: int, total: int) -> None:
    assert calls_in(seconds, calls, interval) == total


# The minute


def test_a_minute_holds_what_the_plan_allows_and_then_says_how_long() -> None:
    budget = Budget(PLANS["keyless"])
    assert [made(budget, Priority.MARKETS, 1_000.0 + second) for second in range(6)] == [
        True,
        True,
        True,
        True,
        True,
        False,
    ]
    assert budget.left_this_minute(1_005.0) == 0
    wait = budget.wait(Priority.MARKETS, 1_005.0)
    assert wait.budget == MINUTE
    assert wait.seconds == pytest.approx(MINUTE_SECONDS - 5, abs=0.01)
    assert not made(budget, Priority.MARKETS, 1_005.0 + wait.seconds - 0.01)
    assert made(budget, Priority.MARKETS, 1_005.0 + wait.seconds)
    assert not made(budget, Priority.MARKETS, 1_005.0 + wait.seconds)


@pytest.mark.parametrize("priority", LOWER)
@pytest.mark.parametrize("refresh_calls", [1, 4])
def test_the_others_leave_a_refresh_its_calls_of_the_minute(
    priority: Priority, refresh_calls: int
) -> None:
    budget = Budget(PLANS["keyless"], refresh_calls)
    assert spree(budget, priority, 1_000.0) == 5 - refresh_calls
    assert budget.wait(priority, 1_000.0).seconds == pytest.approx(MINUTE_SECONDS, abs=0.01)
    assert spree(budget, Priority.MARKETS, 1_000.0) == refresh_calls
    assert budget.left_this_minute(1_000.0) == 0


def test_a_refresh_that_takes_the_whole_minute_leaves_the_others_a_free_one() -> None:
    budget = Budget(Plan(per_minute=4, per_month=10_000), refresh_calls=4)
    assert spree(budget, Priority.DETAILS, 1_000.0) == 1
    assert spree(budget, Priority.MARKETS, 1_000.0) == 3


@given(
    limit=st.integers(1, 6),
    gaps=st.lists(st.floats(0, 90, allow_nan=False), max_size=60),
    priorities=st.lists(st.sampled_from(list(Priority)), min_size=60, max_size=60),
)
def test_no_minute_holds_more(limit: int, gaps: list[float], priorities: list[Priority]) -> None:
    budget = Budget(Plan(limit, 10**6))
    now, instants = 1_000.0, []
    for gap, priority in zip(gaps, priorities, strict=False):
        now += gap
        if made(budget, priority, now):
            instants.append(now)
    assert not instants or most_within(60.0, instants) <= limit


# The month


def test_the_stock_is_left_in_order_of_priority() -> None:
    plan = Plan(per_minute=1_000, per_month=10_000)
    budget = Budget(plan)
    spent = [spree(budget, kind, 1_000.0) for kind in reversed(Priority)]
    assert plan.stock == 200
    assert spent == [50, 50, 50, 50]
    assert budget.stock(1_000.0) == 0
    wait = budget.wait(Priority.MARKETS, 1_000.0)
    assert wait.budget == MONTH
    assert wait.seconds == pytest.approx(MONTH_SECONDS / 9_600, abs=0.01)
    assert made(budget, Priority.MARKETS, 1_000.0 + wait.seconds)


def test_a_month_at_the_default_settings_with_greedy_others() -> None:
    """Every refresh is made, the others share the rest evenly, and the plan holds."""
    budget = Budget(DEMO)
    refreshes, others = [], []
    for tick in range(0, int(MONTH_SECONDS), 100):
        now = 1_000.0 + tick
        if tick % 300 == 0:
            assert made(budget, Priority.MARKETS, now)
            refreshes.append(now)
        others += [now for kind in reversed(LOWER) if made(budget, kind, now)]
    assert len(refreshes) == 8_928
    assert len(refreshes) + len(others) <= 10_000
    assert len(others) > 700
    thirds = [sum(low <= at < low + 10 * DAY for at in others) for low in (DAY, 11 * DAY, 21 * DAY)]
    assert max(thirds) <= 1.1 * min(thirds) + 5


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_asked_no_31_days_hold_more_than_the_plan(seed: int) -> None:
    chance = random.Random(seed)
    plan = Plan(per_minute=20, per_month=500)
    budget = Budget(plan)
    now, instants = 1_000.0, []
    while now < 3 * MONTH_SECONDS:
        now += chance.choice([0.0, 1.0, 600.0, HOUR, 10 * DAY if chance.random() < 0.002 else 60.0])
        if made(budget, chance.choice(list(Priority)), now):
            instants.append(now)
    assert most_within(MONTH_SECONDS, instants) <= plan.per_month
    assert len(instants) > plan.per_month


def test_the_stock_refills_evenly_and_no_further_than_full() -> None:
    budget = Budget(DEMO)
    spree(budget, Priority.BACKFILL, 1_000.0)
    levels = [budget.stock(1_000.0 + hours * HOUR) for hours in range(0, 24, 2)]
    assert levels[0] == 200 - 24
    steps = [later - earlier for earlier, later in pairwise(levels)]
    assert set(steps[:-1]) <= {24, 25, 26, 0}
    assert budget.stock(1_000.0 + 20 * DAY) == 200


# What an earlier process spent


def test_what_was_owed_and_called_before_is_taken_up() -> None:
    first = Budget(Plan(per_minute=3, per_month=10_000))
    for second in range(3):
        assert made(first, Priority.MARKETS, 9_000.0 + second)
    owed = first.owed_seconds(9_002.0)
    second = Budget(Plan(per_minute=3, per_month=10_000))
    second.take_up(owed, [2.0, 1.0, 0.0], 50.0)
    assert second.stock(50.0) == first.stock(9_002.0) == 197
    wait = second.wait(Priority.MARKETS, 50.0)
    assert wait.seconds == pytest.approx(MINUTE_SECONDS - 2, abs=0.01)
    assert made(second, Priority.MARKETS, 50.0 + wait.seconds)


def test_what_this_process_spent_before_stays() -> None:
    budget = Budget(Plan(per_minute=3, per_month=10_000))
    assert made(budget, Priority.MARKETS, 100.0)
    budget.take_up(10 * MONTH_SECONDS / 9_600, [30.0], 101.0)
    assert budget.stock(101.0) == 200 - 11
    assert budget.left_this_minute(101.0) == 1
    assert budget.left_this_minute(140.0) == 2


def test_no_debt_is_larger_than_the_stock() -> None:
    budget = Budget(DEMO)
    budget.take_up(1e12, [], 100.0)
    assert budget.stock(100.0) == 0
    assert budget.wait(Priority.MARKETS, 100.0).seconds < 400
