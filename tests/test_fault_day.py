"""A simulated day of refreshes through everything that goes wrong, and what was told meanwhile.

Real HTTP on loopback, the real clients, budgets, second source, pipeline, database and services,
as a server process wires them; the clock is made up, and so the day is over in seconds. The
servers (tests/fault_day.py) write down what they send and what they are asked.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cointracker.bootstrap.runtime import call_policies
from cointracker.core.rights import SYSTEM
from cointracker.core.services import services
from cointracker.core.settings import Settings
from cointracker.features.fallback.fallback_source import FallbackSource, FallbackState
from cointracker.features.market.rankings import MarketService
from cointracker.features.monitoring.service import MonitoringService, Status
from cointracker.features.monitoring.store.refreshes import FAILED, STORED, Refresh
from cointracker.features.sources.source_health import SourceHealth, SourcesService
from cointracker.providers.http import Limits
from tests.databases import LIVE_FILE, market_database
from tests.fakes import NOON, FakeClock, FakeTime
from tests.fault_day import (
    COINS,
    GECKO,
    MISSING,
    ODD,
    PAPRIKA,
    Answer,
    Call,
    Sent,
    World,
    cut_off,
    dripping,
    empty,
    every_other,
    instead,
    name,
    please_wait,
    silence,
    wait_until_in_words,
    worthless_all,
)
from tests.faults import HTML, NO_ANSWER, FaultServer, Reply
from tests.serving import Unscheduled

pytestmark = pytest.mark.slow

STEP = timedelta(seconds=300)
REFRESHES = 288
SHORT = Limits(connect_seconds=0.4, read_seconds=0.4, total_seconds=0.4)
PER_MINUTE, PER_MONTH = 5, 10_000
OPENS_AFTER, OPEN_FOR = 5, timedelta(seconds=120)


@dataclass(frozen=True)
class Stage:
    """A stretch of the day. error: what a refresh says that CoinGecko does, None when it serves.

    restarts: the server process ends and begins before the third refresh. limits: those of calls.
    """

    name: str
    refreshes: int
    main: Answer | None = None
    error: str | None = None
    second: Answer | None = None
    second_error: str | None = None
    restarts: bool = False
    limits: Limits | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


DOWN, AWAY = instead(Reply(b"", 500)), instead(Reply(b"", 503))
STAGES = (
    Stage("both well", 20),
    Stage("429 with Retry-After", 7, please_wait(1000), "RateLimited", restarts=True),
    Stage("well after it", 4),
    Stage("429 with x-ratelimit-reset", 7, wait_until_in_words(700), "RateLimited"),
    Stage("well after that", 3),
    Stage("429 for a moment, then an answer", 4, every_other(please_wait(20)), "RateLimited"),
    Stage("429 without a hint", 8, instead(Reply(b"", 429)), "RateLimited"),
    Stage("errors of the server", 10, DOWN, "SourceUnavailable"),
    Stage("500 and an answer in turn", 6, every_other(DOWN), "SourceUnavailable"),
    Stage("cut off", 8, cut_off, "MalformedAnswer"),
    Stage("hung up on", 5, instead(NO_ANSWER), "SourceUnreachable"),
    Stage("a web page", 8, instead(HTML), "MalformedAnswer"),
    Stage("empty lists", 8, empty, "MalformedAnswer"),
    Stage("no usable row", 4, worthless_all, "MalformedAnswer"),
    Stage("well again", 6),
    Stage(
        "both silent", 3, silence, "SourceUnreachable", silence, "SourceUnreachable", limits=SHORT
    ),
    Stage(
        "both dripping",
        2,
        dripping,
        "SourceUnreachable",
        dripping,
        "SourceUnreachable",
        limits=SHORT,
    ),
    Stage("well in between", 6),
    Stage("a price of zero", 8, changes={"worthless": frozenset([3])}),
    Stage("coins vanish", 8, changes={"gone": frozenset([0, 7])}),
    Stage("ids renamed", 8, changes={"renamed": frozenset([4])}),
    Stage("away for hours", 18, DOWN, "SourceUnavailable"),
    Stage(
        "and their ids renamed meanwhile",
        8,
        DOWN,
        "SourceUnavailable",
        changes={"renamed_there": frozenset([1])},
    ),
    Stage("both down", 14, AWAY, "SourceUnavailable", AWAY, "SourceUnavailable"),
    Stage("both back", 105),
)


@dataclass(frozen=True)
class Seen:
    """What was told after one refresh, beside what the servers know of it.

    calls: all until its end, in_refresh: those made in it; life_began: how many had been made when
    this process began. expected: outcome, source and error as they must be. rows: how many coins
    its snapshot ranks.
    """

    stage: Stage
    refresh: Refresh
    status: Status
    health: Mapping[str, SourceHealth]
    second: FallbackState
    calls: tuple[Call, ...]
    in_refresh: tuple[Call, ...]
    life_began: int
    expected: tuple[str, str, str | None]
    rows: int
    rejections: pd.DataFrame


@dataclass(frozen=True)
class Day:
    """The whole of it: what was seen, what the servers wrote down, what is stored at the end."""

    world: World
    seen: Sequence[Seen]
    stored: pd.DataFrame
    log: pd.DataFrame

    def of(self, stage: str) -> list[Seen]:
        found = [each for each in self.seen if each.stage.name == stage]
        assert found, stage
        return found


class Lived:
    """The day as it goes on."""

    def __init__(self, folder: Path, gecko: FaultServer, paprika: FaultServer) -> None:
        self.clock = FakeClock()
        self.world = World(self.clock)
        self.world.attend(gecko, paprika)
        self.seen: list[Seen] = []
        self.settings = Settings(
            data_dir=folder,
            source="coingecko",
            coingecko_url=gecko.url,
            coinpaprika_url=paprika.url,
            top_coins=COINS,
        )
        self.time = FakeTime()
        self._runtime: Unscheduled | None = None
        self.life_began = 0

    def begin(self, limits: Limits | None = None) -> None:
        """A server process begins; its clock that never jumps counts from anywhere."""
        self.time = FakeTime(random.Random(len(self.seen)).uniform(0, 1e6), clock=self.clock)
        policies = call_policies(self.settings, self.clock, self.time, self.time.sleep)
        self._runtime = Unscheduled(self.settings, self.clock, policies, limits)
        self._runtime.start()
        self.life_began = len(self.world.calls)

    @property
    def runtime(self) -> Unscheduled:
        """The server process that lives now."""
        assert self._runtime is not None
        return self._runtime

    def end(self) -> None:
        if self._runtime is not None:
            self._runtime.stop()

    def play(self, stage: Stage) -> None:
        self.world.main, self.world.second = stage.main, stage.second
        self.world.released.clear()
        for what, numbers in stage.changes.items():
            setattr(self.world, what, numbers)
        if stage.limits:
            self.end()
            self.begin(stage.limits)
        for number in range(stage.refreshes):
            if stage.restarts and number == 2:
                self.end()
                self.begin()
            self.refresh(stage)
        self.world.released.set()
        for what in ("gone", "worthless"):
            setattr(self.world, what, frozenset())
        if stage.limits:
            self.end()
            self.begin()

    def refresh(self, stage: Stage) -> None:
        """One refresh, on its time, and what the schedule does beside it."""
        due = NOON + len(self.seen) * STEP
        self.time.pass_by(max(0.0, (due - self.clock()).total_seconds()))
        before = len(self.world.calls)
        self.runtime.refresh()
        calls = tuple(self.world.calls[before:])
        self.take_over(calls)
        self.look(stage, calls)
        if len(self.seen) % 4 == 0:
            self.runtime.do("gather")
        if len(self.seen) % 12 == 1:
            self.runtime.do("standing")
            self.runtime.do("second source")

    def take_over(self, calls: Sequence[Call]) -> None:
        """CoinPaprika's rows count as sent where it was asked in CoinGecko's place."""
        if not calls or not (calls[-1].source == PAPRIKA and calls[-1].is_good):
            return
        second = services().get(FallbackSource)
        assert second is not None
        left_out = set(second.state().unmapped["name"])
        tracked = {name(number) for number in self.tracked}
        self.world.sent += [
            row for title, row in self.world.offered.items() if title in tracked - left_out
        ]

    @property
    def tracked(self) -> list[int]:
        """The coins of CoinGecko's last answer."""
        return [number for number in range(COINS) if number not in self.world.last_gone]

    def look(self, stage: Stage, in_refresh: tuple[Call, ...]) -> None:
        status, second = services()[MonitoringService].status(), services().get(FallbackSource)
        assert status.last is not None
        assert second is not None
        refresh_id = status.last.refresh_id
        with services()[MarketService]._database.reading() as session:
            rows = session.value(
                "SELECT count(*) FROM rankings WHERE refresh_id = $id", {"id": refresh_id}
            )
            rejections = session.frame(
                "SELECT * FROM rejections WHERE refresh_id = $id", {"id": refresh_id}
            )
        self.seen.append(
            Seen(
                stage,
                status.last,
                status,
                {each.calls.source: each for each in services()[SourcesService].health()},
                second.state(),
                tuple(self.world.calls),
                in_refresh,
                self.life_began,
                expected(stage, in_refresh),
                rows,
                rejections,
            )
        )


def expected(stage: Stage, calls: Sequence[Call]) -> tuple[str, str, str | None]:
    """Outcome, source and error of a refresh, by what the servers did in it."""
    main = [call for call in calls if call.source == GECKO]
    second = [call for call in calls if call.source == PAPRIKA]
    if main and main[-1].is_good:
        return STORED, GECKO, None
    error = stage.error if main else "not asked"
    if second and second[-1].is_good:
        return STORED, PAPRIKA, error
    return FAILED, GECKO, error


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    assert sum(stage.refreshes for stage in STAGES) == REFRESHES
    folder = tmp_path_factory.mktemp("day")
    with ExitStack() as stack:
        gecko, paprika = (stack.enter_context(FaultServer()) for _server in range(2))
        lived = Lived(folder, gecko, paprika)
        stack.callback(lived.world.released.set)
        stack.callback(lived.end)
        lived.begin()
        for stage in STAGES:
            lived.play(stage)
        lived.runtime.do("compaction")
    database = market_database(folder / LIVE_FILE)
    with database.reading() as session:
        stored = session.frame("SELECT * FROM observations")
        log = session.frame("SELECT * FROM refreshes ORDER BY refresh_id")
    database.close()
    return Day(lived.world, lived.seen, stored, log)


def observed(day: Day) -> dict[tuple[str, Any], tuple[Any, ...]]:
    rows = day.stored[day.stored["kind"] == "observed"]
    figures = (
        "price",
        "volume_24h",
        "market_cap",
        "change_1h_pct",
        "change_24h_pct",
        "change_7d_pct",
        "change_30d_pct",
    )
    found = {
        (row.coin_id, row.observed_at.to_pydatetime()): (
            row.source,
            *(getattr(row, figure) for figure in figures),
        )
        for row in rows.itertuples()
    }
    assert len(found) == len(rows)
    return found


def due(sent: Sequence[Sent]) -> dict[tuple[str, Any], tuple[Any, ...]]:
    """What must be stored: a microsecond later where the other source was there before."""
    found: dict[tuple[str, Any], tuple[Any, ...]] = {}
    for row in sent:
        key = (row.coin_id, row.at)
        if key in found and found[key][0] != row.source:
            key = (row.coin_id, row.at + timedelta(microseconds=1))
        found.setdefault(key, (row.source, *row.figures))
    return found


# Rows


def test_no_good_row_is_lost_and_none_is_there_that_was_not_sent(day: Day) -> None:
    wanted, found = due(day.world.sent), observed(day)
    assert {source for source, *_figures in found.values()} == {GECKO, PAPRIKA}
    assert len(wanted) > 2000
    assert [key for key in wanted if key not in found] == []
    assert [key for key in found if key not in wanted] == []
    assert [key for key in found if found[key] != wanted[key]] == []


def test_what_was_filled_in_was_sent_too(day: Day) -> None:
    filled = day.stored[day.stored["kind"] != "observed"]
    points = {
        (row.coin_id, row.observed_at.to_pydatetime(), row.price) for row in filled.itertuples()
    }
    assert set(filled["kind"]) == {"sparkline", "history"}
    assert points - day.world.points == set()
    assert set(filled["source"]) == {GECKO}


def test_each_refresh_became_what_the_servers_made_of_it(day: Day) -> None:
    assert len(day.seen) == len(day.log) == REFRESHES
    for each in day.seen:
        outcome, source, error = each.expected
        done = each.refresh
        assert (done.outcome, done.source) == (outcome, source), each.stage.name
        if error == "not asked":
            assert done.error in ("CircuitOpen", "RateLimited"), each.stage.name
        else:
            assert done.error == error, each.stage.name
        assert each.rows == done.accepted
    logged = day.log[["outcome", "source"]].to_numpy().tolist()
    assert logged == [[each.refresh.outcome, each.refresh.source] for each in day.seen]


def test_the_day_has_of_everything(day: Day) -> None:
    outcomes = {(each.refresh.outcome, each.refresh.source) for each in day.seen}
    assert outcomes == {(STORED, GECKO), (STORED, PAPRIKA), (FAILED, GECKO)}
    assert {each.refresh.error for each in day.seen} == {
        None,
        "RateLimited",
        "SourceUnavailable",
        "SourceUnreachable",
        "MalformedAnswer",
    }
    moved = [row for row in observed(day) if row[1].microsecond % 10]
    assert moved, "the two sources never told of one coin at one instant"


# Calls


def test_no_minute_and_no_month_holds_more_calls_than_allowed(day: Day) -> None:
    for source, plan in ((GECKO, PER_MINUTE), (PAPRIKA, 10)):
        calls = [call.at for call in day.world.asked(source)]
        assert calls
        assert most_within(calls, timedelta(minutes=1)) <= plan
    made = len(day.world.asked(GECKO))
    stock, refill = PER_MONTH * 0.02, PER_MONTH * 0.96 / 31
    assert made <= stock + refill


def most_within(instants: Sequence[Any], span: timedelta) -> int:
    """The most instants that lie in any stretch of this length."""
    return max(
        sum(first <= later < first + span for later in instants[place:])
        for place, first in enumerate(instants)
    )


def test_nobody_is_asked_before_the_time_that_they_named(day: Day) -> None:
    calls = day.world.asked(GECKO)
    named = [call for call in calls if call.asks_to_wait]
    assert {call.asks_to_wait > 500 for call in named} == {True, False}
    for call in named:
        until = call.at + timedelta(seconds=call.asks_to_wait)
        assert [other.at for other in calls if call.at < other.at < until] == []


def test_a_source_that_fails_is_left_alone(day: Day) -> None:
    for each in day.seen:
        circuit = Circuit.after(each)
        assert circuit.early == [], each.stage.name


# What the Health page reads


@dataclass
class Circuit:
    """The circuit as the servers' calls make it."""

    state: str = "closed"
    failures: int = 0
    since: Any = None
    early: list[Any] = field(default_factory=list)

    @classmethod
    def after(cls, seen: Seen) -> Circuit:
        circuit = cls()
        for call in seen.calls[seen.life_began :]:
            if call.source == GECKO:
                circuit.take(call)
        return circuit

    def take(self, call: Call) -> None:
        if self.state == "open" and call.at < self.since + OPEN_FOR:
            self.early.append(call.at)
        if not call.trips:
            self.state, self.failures = "closed", 0
            return
        self.failures += 1
        if self.state == "open" or self.failures >= OPENS_AFTER:
            self.state, self.since = "open", call.at


def test_health_counts_what_the_servers_counted(day: Day) -> None:
    for each in day.seen:
        for source in (GECKO, PAPRIKA):
            calls = [call for call in each.calls if call.source == source]
            health, bad = each.health[source], [call for call in calls if not call.is_good]
            where = f"{each.stage.name}, {source}"
            assert health.calls_24h == health.calls_this_month == len(calls), where
            assert health.error_rate == (len(bad) / len(calls) if calls else None), where
            good = [call.at for call in calls if call.is_good]
            assert health.last_success_at == (good[-1] if good else None), where
            assert health.last_failure_at == (bad[-1].at if bad else None), where
            recent = [call.at for call in calls if call.at > each.status.now - timedelta(minutes=1)]
            left = {GECKO: PER_MINUTE, PAPRIKA: 10}[source] - len(recent)
            assert health.calls.left_this_minute <= left, where
            assert health.left_this_month == health.calls.plan.per_month - len(calls), where


def test_health_tells_state_circuit_and_wait(day: Day) -> None:
    states = set()
    for each in day.seen:
        health, now, where = each.health[GECKO], each.status.now, each.stage.name
        calls = [call for call in each.calls if call.source == GECKO]
        circuit = Circuit.after(each)
        until = max(call.at + timedelta(seconds=call.asks_to_wait) for call in calls)
        assert health.calls.circuit == circuit.state, where
        if circuit.state == "open":
            assert abs(health.calls.circuit_since - circuit.since) < timedelta(seconds=1), where
        if until > now:
            assert abs(health.calls.blocked_until - until) < timedelta(seconds=1), where
            due = "waiting"
        else:
            assert health.calls.blocked_until is None, where
            due = "open" if circuit.state == "open" else "ok" if calls[-1].is_good else "failing"
        assert health.state == due, where
        states.add(due)
    assert states == {"ok", "failing", "waiting", "open"}


def test_the_status_tells_whose_figures_are_shown_and_how_old_they_are(day: Day) -> None:
    shown = None
    for each in day.seen:
        if each.refresh.outcome == STORED:
            shown = each
        assert shown is not None
        status, where = each.status, each.stage.name
        assert status.snapshot is not None
        assert status.snapshot.source == shown.refresh.source, where
        assert status.is_from_fallback == (shown.refresh.source == PAPRIKA), where
        assert status.is_failing == (each.refresh.outcome == FAILED), where
        assert status.snapshot.at == shown.status.snapshot.at, where
        assert status.age_seconds == (status.now - status.snapshot.at).total_seconds(), where
        assert status.is_late == (status.age_seconds > 600), where
    assert day.of("both down")[-1].status.age_seconds > 13 * 300
    assert day.of("both down")[-1].status.is_late
    last = day.of("both back")[-1].status
    assert (last.is_late, last.is_failing, last.is_from_fallback) == (False, False, False)


def test_the_second_source_s_state_follows(day: Day) -> None:
    for each in day.seen:
        second, stage = each.second, each.stage
        assert second.stands_in == each.status.is_from_fallback, stage.name
        assert (second.main_error is None) == (each.expected[1:] == (GECKO, None)), stage.name
        if each.expected[1] == PAPRIKA:
            assert second.second_error is None, stage.name
        if each.refresh.outcome == FAILED:
            assert type(second.second_error).__name__ == stage.second_error, stage.name
    unmapped = day.of("both well")[-1].second.unmapped.set_index("coin_id")["why"]
    assert unmapped.to_dict() == {
        f"coin-{ODD}": "the price differs",
        f"coin-{MISSING}": "no coin with this symbol",
    }


# Stages


def test_a_wait_outlives_a_restart(day: Day) -> None:
    stage = day.of("429 with Retry-After")
    assert stage[0].life_began < stage[2].life_began == len(stage[1].calls)
    assert [len([c for c in each.in_refresh if c.source == GECKO]) for each in stage][:5] == [
        1,
        0,
        0,
        0,
        1,
    ]
    assert {each.refresh.source for each in stage} == {PAPRIKA}


def test_a_short_wait_is_waited_for(day: Day) -> None:
    for each in day.of("429 for a moment, then an answer"):
        assert [call.is_good for call in each.in_refresh][-2:] == [False, True]
        assert (each.refresh.source, each.refresh.error) == (GECKO, None)


def test_one_price_of_zero_costs_one_row(day: Day) -> None:
    for each in day.of("a price of zero"):
        assert (each.refresh.accepted, each.refresh.rejected) == (COINS - 1, 1)
        (refused,) = each.rejections.to_dict("records")
        assert (refused["coin_id"], refused["field"], refused["value"]) == (
            "coin-3",
            "current_price",
            "0",
        )


def test_coins_that_vanish_keep_their_past(day: Day) -> None:
    assert {each.rows for each in day.of("coins vanish")} == {COINS - 2}
    assert {each.rows for each in day.of("ids renamed")} == {COINS}
    instants = [at for coin_id, at in observed(day) if coin_id == "coin-0"]
    began = day.of("coins vanish")[0].refresh.started_at
    assert min(instants) < began < max(instants)


def test_a_renamed_coin_is_another_coin_that_the_second_source_knows(day: Day) -> None:
    found = observed(day)
    sources = {found[key][0] for key in found if key[0] == "coin-4-new"}
    assert sources == {GECKO, PAPRIKA}
    renamed_at = day.of("ids renamed")[0].refresh.started_at
    assert max(at for coin_id, at in found if coin_id == "coin-4") < renamed_at


def test_a_pair_that_can_no_longer_be_proved_is_left_out_and_listed(day: Day) -> None:
    last = day.of("and their ids renamed meanwhile")[-1]
    why = last.second.unmapped.set_index("coin_id")["why"]
    assert why["coin-1"] == "no price from about the same time"
    assert last.rows == COINS - 3
    back = day.of("both back")[-1].second
    assert "coin-1" not in set(back.unmapped["coin_id"])


def test_both_down_shows_the_last_snapshot_and_both_back_heals_by_itself(day: Day) -> None:
    down, back = day.of("both down"), day.of("both back")
    assert {each.refresh.outcome for each in down} == {FAILED}
    assert {(each.refresh.outcome, each.refresh.source) for each in back} == {(STORED, GECKO)}
    assert back[0].refresh.started_at - down[-1].refresh.started_at < 2 * STEP


# A month of calls


def test_no_31_days_hold_more_calls_than_a_small_plan_allows(tmp_path: Path) -> None:
    """A source that fails is tried three times at each refresh: the stock runs out."""
    per_month = 100
    with FaultServer() as gecko:
        clock = FakeClock()
        world = World(clock, main=DOWN)
        world.attend(gecko)
        settings = Settings(
            data_dir=tmp_path,
            source="coingecko",
            coingecko_url=gecko.url,
            coinpaprika_url="",
            coingecko_calls_per_month=per_month,
            update_interval_seconds=3_600,
        )
        time = FakeTime(clock=clock)
        runtime = Unscheduled(settings, clock, call_policies(settings, clock, time, time.sleep))
        runtime.start()
        try:
            interval = services()[MonitoringService].status().interval_seconds
            assert interval > 3_600
            errors = set()
            for number in range(130):
                world.main = None if number % 3 == 0 else DOWN
                done = services()[MonitoringService].refresh("test", by=SYSTEM)
                errors.add(done.error)
                time.pass_by(interval)
            health = services()[SourcesService].health()[0]
            assert health.calls_this_month <= per_month
        finally:
            runtime.stop()
    assert {"BudgetSpent", None} <= errors
    assert {call.is_good for call in world.calls} == {True, False}
    calls = [call.at for call in world.calls]
    assert per_month * 0.8 < most_within(calls, timedelta(days=31)) <= per_month
    assert most_within(calls, timedelta(minutes=1)) <= PER_MINUTE
    assert calls[-1] - calls[0] > 40 * timedelta(days=1)
