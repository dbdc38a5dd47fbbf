"""Calls kept across restarts, and the health of a source as a page tells it."""

from __future__ import annotations

import random
from bisect import bisect_right
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import requests

from cointracker.core.errors import (
    BudgetSpent,
    NotFound,
    RateLimited,
    SourceError,
    SourceUnreachable,
)
from cointracker.features.sources import source_health
from cointracker.features.sources.call_log import StoredCallLog
from cointracker.features.sources.source_health import SourceHealth, SourcesService
from cointracker.providers.base import Priority
from cointracker.providers.call_policy.budget import Plan
from cointracker.providers.call_policy.client import under_policy
from cointracker.providers.call_policy.policy import ONCE, CallPolicy, Patience
from cointracker.providers.http import JsonClient
from cointracker.storage.database import Database
from tests.conftest import LIMITS
from tests.fakes import NOON, FakeTime
from tests.faults import FaultServer, Reply, Request, json_reply

PLAN = Plan(per_minute=3, per_month=10_000)


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def started(database: Database, time: FakeTime, plan: Plan = PLAN) -> CallPolicy:
    """A policy as a process makes it that starts now."""
    policy = CallPolicy("a", plan, clock=time.clock, monotonic=time, sleep=time.sleep)
    policy.attach(StoredCallLog(database, "a", time.clock, plan.per_minute))
    return policy


def restarted(database: Database, time: FakeTime, away: float, jump: float = 0.0) -> CallPolicy:
    """The same after `away` seconds without a process, and a wall clock that jumped meanwhile."""
    time.pass_by(away)
    time.seconds = random.Random(1).uniform(5, 1e6)
    time.clock.move(seconds=jump)
    return started(database, time)


def call(policy: CallPolicy, error: SourceError | None = None) -> None:
    def answer() -> None:
        if error is not None:
            raise error

    policy.call(answer, "/coins/markets", Priority.MARKETS, ONCE)


def spree(policy: CallPolicy) -> int:
    """Call until the budget has no more; how many calls that were."""
    for count in range(1_000):
        try:
            call(policy)
        except BudgetSpent:
            return count
    raise AssertionError("no end of calls")


# Restarts


@pytest.mark.parametrize(("away", "left"), [(0, 0), (10, 0), (64.9, 0), (65.1, 3), (3600, 3)])
def test_a_restart_does_not_give_the_minute_back(
    database: Database, time: FakeTime, away: float, left: int
) -> None:
    assert spree(started(database, time)) == 3
    assert spree(restarted(database, time, away)) == left


@pytest.mark.slow
def test_restarts_do_not_give_the_month_back(database: Database, time: FakeTime) -> None:
    policy, total = started(database, time), 0
    for _restart in range(200):
        total += spree(policy)
        policy = restarted(database, time, away=66)
    assert total <= PLAN.stock + 200 * 66 * 9_600 / (31 * 86_400) + 1
    assert policy.state().stock == 0


@pytest.mark.parametrize("jump", [-400 * 86_400.0, -3_600.0, -30.0])
def test_a_clock_set_back_meanwhile_neither_frees_nor_freezes(
    database: Database, time: FakeTime, jump: float
) -> None:
    assert spree(started(database, time)) == 3
    policy = restarted(database, time, away=10, jump=jump)
    assert (spree(policy), policy.state().stock) == (0, 197)
    time.pass_by(66)
    assert spree(policy) == 3


@pytest.mark.slow
def test_a_clock_set_forward_meanwhile_frees_no_more_than_the_stock(
    database: Database, time: FakeTime
) -> None:
    policy = started(database, time, Plan(300, 10_000))
    for _call in range(200):
        call(policy)
    ahead = restarted(database, time, away=10, jump=400 * 86_400)
    assert ahead.state().stock == PLAN.stock
    back = restarted(database, time, away=10, jump=-400 * 86_400)
    assert back.state().stock == 0
    time.clock.move(days=400)
    ahead = restarted(database, time, away=10)
    call(ahead)
    back = restarted(database, time, away=10, jump=-400 * 86_400)
    assert back.state().stock == PLAN.stock - 1


def test_a_wait_that_was_asked_for_outlives_the_process(database: Database, time: FakeTime) -> None:
    with pytest.raises(RateLimited):
        call(started(database, time), error=RateLimited("a", "wait", 3_600))
    policy = restarted(database, time, away=3_000)
    with pytest.raises(RateLimited) as caught:
        call(policy)
    assert caught.value.retry_after_seconds == pytest.approx(600)
    policy = restarted(database, time, away=0, jump=-1e7)
    time.pass_by(3_601)
    call(policy)


def test_a_call_that_was_cut_off_by_a_kill_counts(database: Database, time: FakeTime) -> None:
    policy = started(database, time)

    def killed() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        policy.call(killed, "/", Priority.MARKETS, ONCE)
    again = restarted(database, time, away=1)
    assert (again.state().left_this_minute, again.state().stock) == (2, 199)


# A day of trouble


@pytest.mark.slow
def test_a_day_of_trouble_keeps_to_the_budget(
    database: Database, time: FakeTime, server: FaultServer, session: requests.Session
) -> None:
    """The server counts: no minute and no day over the plan, and no call while it said to wait."""
    chance = random.Random(5)
    arrivals: list[float] = []
    quiet_until = [0.0]

    def answer(_request: Request) -> Reply:
        assert time.seconds >= quiet_until[0]
        arrivals.append(time.seconds)
        time.pass_by(chance.uniform(0.1, 2))
        kind = chance.random() if (time.seconds // 7_200) % 3 else 1.0
        if kind < 0.1:
            quiet_until[0] = time.seconds + 100
            return Reply(b"", 429, {"Retry-After": "100"})
        return Reply(b"", 503) if kind < 0.6 else json_reply([1])

    server.answer = answer
    client = JsonClient("a", server.url, session, limits=LIMITS, clock=time.clock)
    plan = Plan(per_minute=5, per_month=10_000)
    held = under_policy(client, started(database, time, plan), Patience())
    good, began = 0, time.seconds
    for tick in range(1, 24 * 60):
        kinds = [Priority.MARKETS] if tick % 5 == 0 else [Priority.DETAILS, Priority.BACKFILL]
        for kind in kinds:
            with suppress(SourceError):
                good += held.get("/coins/markets", priority=kind) == [1]
        time.pass_by(max(0.0, began + tick * 60 - time.seconds))
    most = max(bisect_right(arrivals, at + 60) - index for index, at in enumerate(arrivals))
    assert most <= plan.per_minute
    assert len(arrivals) <= plan.stock + plan.refill_per_month / 31 + 1
    assert good > 200


# Health


def watch(database: Database, policy: CallPolicy, time: FakeTime) -> SourceHealth:
    (health,) = SourcesService(database, [policy], {}, 300, time.clock).health()
    return health


def test_before_the_first_call(database: Database, time: FakeTime) -> None:
    health = watch(database, started(database, time), time)
    assert health.state == source_health.UNKNOWN
    assert (health.last_success_at, health.last_failure_at, health.last_failure) == (None,) * 3
    assert (health.p50_seconds, health.p95_seconds, health.error_rate) == (None,) * 3
    assert (health.calls_24h, health.calls_this_month, health.left_this_month) == (0, 0, 10_000)
    assert (health.calls.left_this_minute, health.calls.stock) == (3, 200)
    assert health.forecast_by_pace == 0
    assert health.forecast_by_settings == 22.5 * 288  # from noon of March 9th on


def test_not_to_know_one_coin_is_no_failure(database: Database, time: FakeTime) -> None:
    policy = started(database, time)

    def answer(error: SourceError) -> None:
        raise error

    for error in (SourceUnreachable("a", "no connection"), NotFound("a", "no such coin")):
        time.pass_by(60)
        with pytest.raises(type(error)):
            policy.call(partial(answer, error), "/x", Priority.MARKETS, ONCE)
        states = {NotFound: source_health.WELL, SourceUnreachable: source_health.FAILING}
        assert watch(database, policy, time).state == states[type(error)]


def test_after_some_calls(database: Database, time: FakeTime) -> None:
    policy = started(database, time, Plan(50, 10_000))
    for number in range(9):
        time.pass_by(60)
        error = NotFound("a", "no such coin") if number == 3 else None

        def answer(seconds: float = number + 1.0, error: Any = error) -> None:
            time.pass_by(seconds)
            if error:
                raise error

        try:
            policy.call(answer, "/x", Priority.MARKETS, ONCE)
        except NotFound:
            failed_at = time.clock() - timedelta(seconds=4)
    health = watch(database, policy, time)
    assert health.state == source_health.WELL
    assert (health.p50_seconds, health.p95_seconds) == pytest.approx((5.0, 8.6))
    assert health.error_rate == pytest.approx(1 / 9)
    assert health.last_success_at == time.clock() - timedelta(seconds=9)
    assert (health.last_failure_at, health.last_failure) == (failed_at, "NotFound")
    assert health.last_failure_reason == "no such coin"
    assert (health.calls_24h, health.calls_this_month, health.left_this_month) == (9, 9, 9_991)
    assert (health.calls.left_this_minute, health.calls.stock) == (49, 192)
    assert health.forecast_by_pace == 9 + round(9 * 22.5)
    time.pass_by(2 * 86_400)
    later = watch(database, policy, time)
    assert (later.calls_24h, later.error_rate, later.p50_seconds) == (0, None, None)
    assert later.calls_this_month == later.forecast_by_pace == 9


def test_the_states(database: Database, time: FakeTime) -> None:
    policy = started(database, time, Plan(50, 10_000))
    seen = []
    bad = SourceUnreachable("a", "no connection")
    for error in (None, bad, None, *[bad] * 5):
        with suppress(SourceError):
            call(policy, error=error)
        seen.append(watch(database, policy, time).state)
    assert seen == ["ok", "failing", "ok", *["failing"] * 4, "open"]
    time.pass_by(121)
    call(policy)
    with pytest.raises(RateLimited):
        call(policy, error=RateLimited("a", "wait", 300))
    health = watch(database, policy, time)
    assert health.state == source_health.WAITING
    assert health.calls.blocked_until == time.clock() + timedelta(seconds=300)


def test_each_provider_by_itself_and_as_often_as_it_is_asked(
    database: Database, time: FakeTime
) -> None:
    policies = [CallPolicy(name, PLAN, clock=time.clock, monotonic=time) for name in ("a", "b")]
    for policy in policies:
        policy.attach(StoredCallLog(database, policy.source, time.clock, PLAN.per_minute))
    call(policies[0])
    intervals = {"a": None, "b": timedelta(hours=6)}
    first, second = SourcesService(database, policies, intervals, 300, time.clock).health()
    assert (first.calls.source, second.calls.source) == ("a", "b")
    assert (first.state, second.state) == (source_health.WELL, source_health.UNKNOWN)
    assert (first.calls_24h, second.calls_24h) == (1, 0)
    assert first.forecast_by_settings == 1 + 22.5 * 288
    assert second.forecast_by_settings == 22.5 * 4


@pytest.mark.parametrize(
    ("at", "end"),
    [
        (NOON, (2026, 4)),
        (datetime(2026, 12, 31, 23, tzinfo=UTC), (2027, 1)),
        (datetime(2028, 2, 1, tzinfo=UTC), (2028, 3)),
    ],
)
def test_the_end_of_a_month(at: datetime, end: tuple[int, int]) -> None:
    assert source_health.month_end(at) == datetime(*end, 1, tzinfo=UTC)
