"""Calls under a policy, against a real server: who is asked, how often, and when no more."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from cointracker.core.errors import (
    AccessRefused,
    BudgetSpent,
    CircuitOpen,
    DatabaseClosed,
    MalformedAnswer,
    NotFound,
    RateLimited,
    SourceError,
    SourceUnavailable,
    SourceUnreachable,
)
from cointracker.providers.base import Priority
from cointracker.providers.call_policy.budget import MAX_BLOCK_SECONDS, MINUTE_SECONDS, Plan
from cointracker.providers.call_policy.call_log import CallAccount
from cointracker.providers.call_policy.circuit import CLOSED, HALF_OPEN, OPEN
from cointracker.providers.call_policy.client import PolicyClient, under_policy
from cointracker.providers.call_policy.policy import ONCE, CallPolicy, Patience
from cointracker.providers.coingecko import source as coingecko
from cointracker.providers.http import JsonClient
from tests.conftest import LIMITS
from tests.fakes import NOON, FakeTime, row
from tests.faults import HTML, NO_ANSWER, FaultServer, Reply, json_reply, wait_until_in

GOOD = json_reply({"fine": True})
DOWN = Reply(b"", 503)
PLAN = Plan(per_minute=50, per_month=100_000)


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def policy(time: FakeTime) -> CallPolicy:
    return held(time)


def held(time: FakeTime, plan: Plan = PLAN, **changes: Any) -> CallPolicy:
    parts = {"clock": time.clock, "monotonic": time, "sleep": time.sleep} | changes
    return CallPolicy("gecko", plan, **parts)


@pytest.fixture
def plain(server: FaultServer, session: requests.Session, time: FakeTime) -> JsonClient:
    return JsonClient("gecko", server.url, session, {"key": "secret"}, LIMITS, time.clock)


@pytest.fixture
def client(plain: JsonClient, policy: CallPolicy) -> PolicyClient:
    return under_policy(plain, policy)


@dataclass
class Kept:
    """A ledger that is a list."""

    account: CallAccount = field(default_factory=CallAccount)
    calls: list[list[Any]] = field(default_factory=list)
    is_closed: bool = False

    def load(self) -> CallAccount:
        return self.account

    def begin(
        self, called_at: datetime, priority: Priority, path: str, account: CallAccount
    ) -> int:
        if self.is_closed:
            raise DatabaseClosed("closed")
        self.calls.append([called_at, priority, path, "begun"])
        self.account = account
        return len(self.calls) - 1

    def end(self, number: int, seconds: float, error: SourceError | None) -> None:
        if self.is_closed:
            raise DatabaseClosed("closed")
        self.calls[number][3] = type(error).__name__

    def keep(self, account: CallAccount) -> None:
        self.account = account


# Retries


@pytest.mark.parametrize(
    "bad",
    [
        NO_ANSWER,
        DOWN,
        Reply(b"", 429),
        HTML,
        Reply(b"[1, 2", 200),
        Reply(b"[1]", missing=9),
        Reply(b""),
    ],
    ids=["gone", "503", "429", "html", "cut off", "cut connection", "empty"],
)
def test_what_may_pass_is_tried_again(
    client: PolicyClient, server: FaultServer, time: FakeTime, bad: Reply
) -> None:
    server.say(bad, bad, GOOD)
    assert client.get("/ping") == {"fine": True}
    assert len(server.requests) == 3
    first, second = time.slept
    assert 1 <= first <= 2
    assert 2 <= second <= 3


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (Reply(b"", 401), AccessRefused),
        (Reply(b"", 404), NotFound),
        (json_reply({"error": "Missing parameter"}, 422), MalformedAnswer),
    ],
)
def test_what_stays_so_is_not_tried_again(
    client: PolicyClient, server: FaultServer, bad: Reply, error: type[SourceError]
) -> None:
    server.say(bad)
    for _call in range(8):
        with pytest.raises(error):
            client.get("/ping")
    assert len(server.requests) == 8
    assert client.policy.state().circuit == CLOSED


@pytest.mark.parametrize(
    ("priority", "calls"),
    [(Priority.MARKETS, 3), (Priority.STANDING, 3), (Priority.DETAILS, 1), (Priority.BACKFILL, 1)],
)
def test_how_often_each_kind_is_tried(
    client: PolicyClient, server: FaultServer, priority: Priority, calls: int
) -> None:
    server.say(DOWN)
    with pytest.raises(SourceUnavailable, match="503"):
        client.get("/ping", priority=priority)
    assert len(server.requests) == calls
    assert client.policy.state().left_this_minute == 50 - calls


def test_each_wait_has_a_chance_in_it(
    client: PolicyClient, server: FaultServer, time: FakeTime
) -> None:
    server.say(*[DOWN, GOOD] * 6)
    for _call in range(6):
        client.get("/ping")
    assert len(set(time.slept)) == 6


def test_no_attempt_begins_after_the_patience_is_over(
    plain: JsonClient, server: FaultServer, time: FakeTime, policy: CallPolicy
) -> None:
    def slow(_request: object) -> Reply:
        time.pass_by(30)
        return DOWN

    server.answer = slow
    client = under_policy(plain, policy, Patience(attempts=9, total_seconds=80))
    began = time()
    with pytest.raises(SourceUnavailable):
        client.get("/ping")
    assert len(server.requests) == 3
    assert time() - began < 80 + 30


def test_one_attempt_is_one_attempt(
    plain: JsonClient, server: FaultServer, time: FakeTime, policy: CallPolicy
) -> None:
    server.say(DOWN)
    with pytest.raises(SourceUnavailable):
        under_policy(plain, policy, ONCE).get("/ping")
    assert (len(server.requests), time.slept) == (1, [])


def test_a_client_under_a_policy_is_the_same_client(
    client: PolicyClient, plain: JsonClient, server: FaultServer
) -> None:
    server.say(GOOD)
    client.get("/ping", {"page": 2})
    asked = server.requests[0]
    assert (asked.path, asked.query, asked.headers["key"]) == ("/ping", {"page": "2"}, "secret")
    assert "secret" not in repr(client)
    assert (client.session, client.clock) == (plain.session, plain.clock)


# What the source asks for


def test_a_short_wait_that_was_asked_for_is_waited(
    client: PolicyClient, server: FaultServer, time: FakeTime
) -> None:
    server.say(Reply(b"", 429, {"Retry-After": "40"}), GOOD)
    assert client.get("/ping") == {"fine": True}
    assert time.slept == [40]


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "3600"},
        {"x-ratelimit-reset": f"{NOON + timedelta(hours=1):%F %T} +0000"},
    ],
)
def test_a_long_wait_fails_at_once_and_is_kept_to_by_all(
    client: PolicyClient, server: FaultServer, time: FakeTime, headers: dict[str, str]
) -> None:
    server.say(Reply(b"", 429, headers), GOOD)
    with pytest.raises(RateLimited) as caught:
        client.get("/ping")
    assert caught.value.retry_after_seconds == 3600
    until = client.policy.state().blocked_until
    assert until == NOON + timedelta(hours=1)
    time.pass_by(3_500)
    for priority in (Priority.DETAILS, Priority.BACKFILL):
        with pytest.raises(RateLimited) as caught:
            client.get("/ping", priority=priority)
        assert caught.value.retry_after_seconds == pytest.approx(100)
    assert (len(server.requests), time.slept) == (1, [])
    time.pass_by(100)
    assert client.get("/ping", priority=Priority.BACKFILL) == {"fine": True}
    assert client.policy.state().blocked_until is None


@pytest.mark.parametrize("jump", [timedelta(days=400), timedelta(days=-400)])
def test_the_wait_is_of_time_that_passes_whatever_the_clock_says(
    client: PolicyClient, server: FaultServer, time: FakeTime, jump: timedelta
) -> None:
    server.say(Reply(b"", 429, {"Retry-After": "3600"}), GOOD)
    with pytest.raises(RateLimited):
        client.get("/ping")
    time.clock.now += jump
    with pytest.raises(RateLimited):
        client.get("/ping")
    time.pass_by(3_600)
    assert client.get("/ping") == {"fine": True}


def test_a_wait_that_nobody_can_mean_is_cut(
    client: PolicyClient, server: FaultServer, time: FakeTime
) -> None:
    server.say(Reply(b"", 429, {"Retry-After": "999999999"}), GOOD)
    with pytest.raises(RateLimited):
        client.get("/ping")
    time.pass_by(MAX_BLOCK_SECONDS)
    assert client.get("/ping") == {"fine": True}


def test_a_shorter_wish_does_not_shorten_a_longer_one(
    plain: JsonClient, server: FaultServer, time: FakeTime, policy: CallPolicy
) -> None:
    inner = under_policy(plain, policy, ONCE)

    def answer(_request: object) -> Reply:
        asks = ["60", "3600"][len(server.requests) - 1 :]
        if len(server.requests) == 1:  # a second call is under way at the same time
            with pytest.raises(RateLimited):
                inner.get("/ping")
            return Reply(b"", 429, {"Retry-After": "60"})
        return Reply(b"", 429, {"Retry-After": asks[0]})

    server.answer = answer
    with pytest.raises(RateLimited):
        inner.get("/ping")
    assert policy.state().blocked_until == NOON + timedelta(seconds=3600)


# The budget


def test_the_markets_wait_for_the_minute_and_the_others_do_not(
    plain: JsonClient, server: FaultServer, time: FakeTime
) -> None:
    server.say(GOOD)
    client = under_policy(plain, held(time, Plan(2, 10_000)))
    client.get("/ping")
    time.pass_by(20)
    client.get("/ping")
    for priority in (Priority.STANDING, Priority.DETAILS, Priority.BACKFILL):
        with pytest.raises(BudgetSpent) as caught:
            client.get("/ping", priority=priority)
        assert caught.value.budget == "minute"
        assert (caught.value.until - time.clock()).total_seconds() == pytest.approx(65, abs=0.01)
    assert (len(server.requests), time.slept) == (2, [])
    client.get("/ping")
    assert len(server.requests) == 3
    assert time.slept == [pytest.approx(MINUTE_SECONDS - 20, abs=0.01)]


def test_the_markets_do_not_wait_beyond_their_patience(
    plain: JsonClient, server: FaultServer, time: FakeTime
) -> None:
    server.say(GOOD)
    client = under_policy(plain, held(time, Plan(1, 10_000)), ONCE)
    client.get("/ping")
    with pytest.raises(BudgetSpent, match="minute"):
        client.get("/ping")
    assert (len(server.requests), time.slept) == (1, [])


def test_a_spent_month_is_said_at_once(
    plain: JsonClient, server: FaultServer, time: FakeTime
) -> None:
    server.say(GOOD)
    client = under_policy(plain, held(time, Plan(50, 100)))
    for _call in range(2):
        client.get("/ping")
    with pytest.raises(BudgetSpent, match="month") as caught:
        client.get("/ping")
    assert caught.value.budget == "month"
    wait = (caught.value.until - time.clock()).total_seconds()
    assert wait == pytest.approx(31 * 86_400 / 96, abs=1)
    assert (len(server.requests), time.slept) == (2, [])
    time.pass_by(wait)
    assert client.get("/ping") == {"fine": True}


@pytest.mark.parametrize("jump", [timedelta(days=40), timedelta(days=-40)])
def test_a_clock_that_jumps_neither_frees_nor_freezes(
    plain: JsonClient, server: FaultServer, time: FakeTime, jump: timedelta
) -> None:
    server.say(GOOD)
    client = under_policy(plain, held(time, Plan(2, 100)), ONCE)
    for _call in range(2):
        client.get("/ping")
    before = client.policy.state()
    time.clock.now += jump
    with pytest.raises(BudgetSpent):
        client.get("/ping")
    after = client.policy.state()
    assert (
        (before.stock, before.left_this_minute) == (after.stock, after.left_this_minute) == (0, 0)
    )
    time.pass_by(31 * 86_400 / 96 + 1)
    client.get("/ping")
    assert len(server.requests) == 3


def test_retries_cost_and_are_not_made_on_credit(
    plain: JsonClient, server: FaultServer, time: FakeTime
) -> None:
    server.say(DOWN)
    client = under_policy(plain, held(time, Plan(50, 100)))
    with pytest.raises(BudgetSpent):
        client.get("/ping")
    assert len(server.requests) == 2


def test_pages_of_a_refresh_under_the_smallest_plan(
    server: FaultServer, session: requests.Session, time: FakeTime
) -> None:
    """1,000 coins over 5 calls a minute, with a failure in between: the minute is waited for."""
    pages = [json_reply([row(f"c{page}-{n}") for n in range(250)]) for page in range(4)]
    source = coingecko.connect(server.url, session=session, limits=LIMITS, clock=time.clock)
    policy = held(time, Plan(5, 10_000), refresh_calls=4)
    source = replace(source, client=under_policy(source.client, policy))
    server.say(pages[0], DOWN, DOWN, *pages[1:])
    assert len(source.fetch_markets(1000).markets) == 1000
    assert len(server.requests) == 6
    assert max(time.slept) > 50


# The circuit


def fail(client: PolicyClient, times: int) -> None:
    for _call in range(times):
        with pytest.raises(SourceError):
            client.get("/ping", priority=Priority.DETAILS)


def test_an_open_circuit_is_not_asked_and_says_why(
    client: PolicyClient, server: FaultServer, time: FakeTime
) -> None:
    server.say(NO_ANSWER)
    fail(client, 5)
    state = client.policy.state()
    assert (state.circuit, state.circuit_since) == (OPEN, time.clock())
    time.pass_by(20)
    with pytest.raises(CircuitOpen, match="no connection") as caught:
        client.get("/ping")
    due = NOON + timedelta(seconds=120)
    assert caught.value.until == client.policy.state().next_probe_at == due
    assert (len(server.requests), client.policy.state().left_this_minute) == (5, 45)


def test_the_failure_that_opens_it_is_the_one_that_is_told(
    client: PolicyClient, server: FaultServer
) -> None:
    server.say(DOWN)
    fail(client, 3)
    with pytest.raises(SourceUnavailable):
        client.get("/ping")
    assert len(server.requests) == 5
    assert client.policy.state().circuit == OPEN


def test_the_probe_is_one_call_and_decides(
    client: PolicyClient, server: FaultServer, time: FakeTime
) -> None:
    server.say(DOWN)
    fail(client, 5)
    time.pass_by(121)
    with pytest.raises(SourceUnavailable):
        client.get("/ping")
    assert len(server.requests) == 6
    assert client.policy.state().circuit == OPEN
    time.pass_by(121)
    server.say(GOOD)
    assert client.get("/ping") == {"fine": True}
    state = client.policy.state()
    assert (state.circuit, state.next_probe_at) == (CLOSED, None)


def test_while_the_probe_is_under_way_nobody_else_calls(
    client: PolicyClient, server: FaultServer, time: FakeTime
) -> None:
    server.say(DOWN)
    fail(client, 5)
    time.pass_by(121)
    released = threading.Event()
    server.say(replace(GOOD, until=released))
    while server.requests:
        server.requests.pop()
        server.arrival()
    probe = threading.Thread(target=client.get, args=("/ping",))
    probe.start()
    server.arrival()
    assert client.policy.state().circuit == HALF_OPEN
    with pytest.raises(CircuitOpen):
        client.get("/ping")
    released.set()
    probe.join()
    assert client.policy.state().circuit == CLOSED
    assert len(server.requests) == 1


def test_a_bug_in_the_call_does_not_block_the_probe(
    client: PolicyClient, server: FaultServer, time: FakeTime
) -> None:
    server.say(DOWN)
    fail(client, 5)
    time.pass_by(121)

    def bug() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        client.policy.call(bug, "/ping", Priority.MARKETS, ONCE)
    server.say(GOOD)
    assert client.get("/ping") == {"fine": True}


# The ledger


def test_a_call_is_kept_before_it_is_made_and_its_end_after(
    client: PolicyClient, server: FaultServer, time: FakeTime
) -> None:
    kept, seen = Kept(), []
    client.policy.attach(kept)

    def answer(_request: object) -> Reply:
        seen.append((kept.calls[-1][3], kept.account.owed_seconds > 0))
        return DOWN if len(seen) == 1 else GOOD

    server.answer = answer
    client.get("/coins/markets", {"page": 1})
    assert seen == [("begun", True), ("begun", True)]
    assert [call[1:] for call in kept.calls] == [
        [Priority.MARKETS, "/coins/markets", "SourceUnavailable"],
        [Priority.MARKETS, "/coins/markets", "NoneType"],
    ]


def test_what_is_kept_counts_after_a_restart(
    plain: JsonClient, server: FaultServer, time: FakeTime
) -> None:
    server.say(Reply(b"", 429, {"Retry-After": "3600"}))
    kept = Kept()
    first = held(time, Plan(2, 100))
    first.attach(kept)
    with pytest.raises(RateLimited):
        under_policy(plain, first).get("/ping")
    assert kept.account.blocked_seconds == 3600
    second = held(time, Plan(2, 100))
    second.attach(replace(kept, account=replace(kept.account, ages=(1.0,))))
    state = second.state()
    assert (state.stock, state.left_this_minute) == (1, 1)
    with pytest.raises(RateLimited):
        under_policy(plain, second).get("/ping")
    assert len(server.requests) == 1


def test_calls_made_before_there_is_a_ledger_are_handed_to_it(
    client: PolicyClient, server: FaultServer
) -> None:
    server.say(GOOD)
    client.get("/ping")
    kept = Kept(CallAccount(owed_seconds=0.0, ages=(5.0, 5.0)))
    client.policy.attach(kept)
    assert [call[2:] for call in kept.calls] == [["/ping", "NoneType"]]
    assert client.policy.state().left_this_minute == 47
    client.policy.detach()
    client.get("/again")
    kept.account = replace(kept.account, ages=(1.0, 1.0, 1.0))  # its own calls, kept before
    client.policy.attach(kept)
    assert [call[2] for call in kept.calls] == ["/ping", "/again"]
    assert client.policy.state().left_this_minute == 46


def test_a_call_that_cannot_be_kept_is_not_made(client: PolicyClient, server: FaultServer) -> None:
    server.say(GOOD)
    kept = Kept(is_closed=True)
    client.policy.attach(kept)
    with pytest.raises(DatabaseClosed):
        client.get("/ping")
    assert server.requests == []


def test_an_answer_whose_end_cannot_be_kept_is_an_answer(
    client: PolicyClient, server: FaultServer
) -> None:
    kept = Kept()
    client.policy.attach(kept)

    def answer(_request: object) -> Reply:
        kept.is_closed = True
        return GOOD

    server.answer = answer
    assert client.get("/ping") == {"fine": True}


# Another plan


def test_another_plan_holds_at_once_and_what_was_spent_stays_spent(
    plain: JsonClient, server: FaultServer, time: FakeTime
) -> None:
    server.say(GOOD)
    policy = held(time, Plan(10, 10_000))
    client = under_policy(plain, policy, ONCE)
    for _call in range(4):
        client.get("/ping")
    undo = policy.hold_to(Plan(5, 5_000), 3, is_other_account=False)
    state = policy.state()
    assert (state.plan, state.left_this_minute, policy.refresh_calls) == (Plan(5, 5_000), 1, 3)
    assert state.stock < state.plan.stock
    client.get("/ping")
    with pytest.raises(BudgetSpent):
        client.get("/ping")
    undo()
    state = policy.state()
    assert (state.plan, state.left_this_minute, policy.refresh_calls) == (
        Plan(10, 10_000),
        5,
        1,
    )


def test_waits_are_the_account_s_that_was_told_to(
    plain: JsonClient, server: FaultServer, time: FakeTime
) -> None:
    server.say(Reply(b"", 429, {"Retry-After": "3600"}))
    policy = held(time, Plan(10, 10_000))
    client = under_policy(plain, policy, ONCE)
    with pytest.raises(RateLimited):
        client.get("/ping")
    policy.hold_to(Plan(10, 10_000), 1, is_other_account=False)
    assert policy.state().blocked_until is not None
    undo = policy.hold_to(Plan(10, 10_000), 1, is_other_account=True)
    assert policy.state().blocked_until is None
    undo()
    assert policy.state().blocked_until is not None


def test_a_call_ends_in_the_ledger_that_it_began_in(
    client: PolicyClient, server: FaultServer
) -> None:
    first, second = Kept(), Kept()
    client.policy.attach(first)

    def answer(_request: object) -> Reply:
        client.policy.attach(second)
        return GOOD

    server.answer = answer
    client.get("/ping")
    assert [call[2:] for call in first.calls] == [["/ping", "NoneType"]]
    assert second.calls == []
    assert second.account.owed_seconds > 0, "what is owed goes along"


# The end


def test_stopping_ends_the_waits(plain: JsonClient, server: FaultServer) -> None:
    policy = CallPolicy("gecko", PLAN)
    client = under_policy(plain, policy, Patience(first_wait_seconds=60))
    server.say(DOWN)
    failures: list[SourceError] = []

    def ask() -> None:
        try:
            client.get("/ping")
        except SourceError as exc:
            failures.append(exc)

    asking = threading.Thread(target=ask)
    asking.start()
    wait_until_in("_sleep", asking)
    policy.stop()
    asking.join()
    assert isinstance(failures[0], SourceUnreachable)
    assert "shutting down" in failures[0].problem
    assert len(server.requests) == 1
