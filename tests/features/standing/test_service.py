"""Standing from two servers that disagree, fail and lie, or from watchlists."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from cointracker.bootstrap.features import FEATURES
from cointracker.core.errors import LoginNeeded, NotAllowed, SourceUnreachable
from cointracker.core.rights import NOBODY
from cointracker.core.services import Services
from cointracker.features.audit.service import AuditService
from cointracker.features.market.rankings import MarketService
from cointracker.features.market.store import standings
from cointracker.features.standing.resolution import Collision
from cointracker.features.standing.service import StandingService, update_now
from cointracker.features.standing.state import Standings, StandingState, Told
from cointracker.providers.http import Limits, new_session
from cointracker.providers.social import standing
from cointracker.storage.database import Database
from tests.fakes import ADMIN, NOON, VIEWER, FakeClock, Notes, Pipeline, indicator, row
from tests.faults import HTML, NO_ANSWER, FaultServer, Reply, json_reply

LIMITS = Limits(read_seconds=0.5, total_seconds=1.0, body_bytes=standing.LIMITS.body_bytes)
COINS = [
    row("bitcoin", symbol="btc", market_cap=1e12),
    row("solana", symbol="sol", market_cap=9e10),
    row("wrapped-sol", symbol="sol", market_cap=1e9),
    row("ether", symbol="eth", market_cap=3e11),
]


@pytest.fixture
def first() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


@pytest.fixture
def second() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


@pytest.fixture
def tracked(pipeline: Pipeline) -> Pipeline:
    pipeline.take(*COINS)
    return pipeline


def service(
    database: Database,
    clock: FakeClock,
    *servers: FaultServer,
    users: Mapping[str, int] | None = None,
) -> StandingService:
    names = (standing.FIRST, standing.SECOND)
    sources = [
        standing.connect(
            name, server.url, session=new_session(use_proxies=False), limits=LIMITS, clock=clock
        )
        for name, server in zip(names, servers, strict=False)
    ]
    return StandingService(
        database, sources, clock=clock, follows="listed", watchlists=lambda: users or {}
    )


@pytest.fixture
def both(
    database: Database, clock: FakeClock, first: FaultServer, second: FaultServer
) -> Iterator[StandingService]:
    both = service(database, clock, first, second)
    yield both
    both.close()


def say(server: FaultServer, *rows: Any) -> None:
    server.say(json_reply({"indicators": list(rows)}))


def stored(database: Database, clock: FakeClock) -> dict[str, tuple[float, str]]:
    with database.reading() as session:
        found = standings.latest(session, clock())
    return {coin: (at, source) for coin, at, source in found.itertuples(index=False)}


def of(state: StandingState, source: str) -> Any:
    return next(each for each in state.sources if each.source == source)


# Two that disagree


def test_the_first_has_priority_and_the_second_fills_the_rest(
    tracked: Pipeline, both: StandingService, first: FaultServer, second: FaultServer
) -> None:
    say(first, indicator("BTC", 3), indicator("ETH", "2"), indicator("NONE", 1))
    say(second, indicator("btc", 1), indicator("eth", 9), indicator("SOL", 5))
    both.update()
    assert stored(tracked.database, tracked.clock) == {
        "bitcoin": (3, "standing-1"),
        "ether": (9, "standing-2"),
        "solana": (5, "standing-2"),
    }
    state = both.state()
    assert (state.coins, state.tracked, state.is_stale) == (3, 4, False)
    assert state.collisions == (Collision("SOL", "solana", ("wrapped-sol",), is_overridden=False),)
    assert state.unmapped == ("NONE",)
    check = of(state, "standing-1").check
    assert (check.accepted, check.rejected, check.error) == (2, 1, None)
    (refused,) = of(state, "standing-1").rejections.to_dict("records")
    assert (refused["position"], refused["field"], refused["value"]) == (1, "standing", "2")
    assert refused["reason"] == "Input should be a valid number"


def test_a_refresh_ranks_by_what_is_stored_and_asks_nobody(
    tracked: Pipeline, both: StandingService, first: FaultServer, second: FaultServer
) -> None:
    say(first, indicator("BTC", 3))
    second.say(NO_ANSWER)
    both.update()
    tracked.clock.move(minutes=5)
    tracked.take(*COINS)
    frame = MarketService(tracked.database).ranking().frame.set_index("coin_id")
    assert frame["standing"].dropna().to_dict() == {"bitcoin": 3}
    assert frame["factor_social"]["bitcoin"] == pytest.approx(99.7)
    assert len(first.requests) == 1


BAD = {
    "nothing": NO_ANSWER,
    "an error": json_reply({"error": "closed"}, 503),
    "a page": HTML,
    "text alone": json_reply({"indicators": [indicator("BTC", "1")]}),
    "an empty list": json_reply({"indicators": []}),
    "a redirect": Reply(b"", 302, {"Location": "/else"}),
    "silence": Reply(until=threading.Event()),
    "10 MB": Reply(b'{"indicators": [{"symbol": "BTC", "standing": 1}' + b" " * 10 * 2**20 + b"]}"),
}


@pytest.mark.parametrize("case", BAD)
def test_one_that_fails_costs_the_other_nothing(
    tracked: Pipeline, both: StandingService, first: FaultServer, second: FaultServer, case: str
) -> None:
    first.say(BAD[case])
    say(second, indicator("BTC", 7))
    both.update()
    assert stored(tracked.database, tracked.clock) == {"bitcoin": (7, "standing-2")}
    failed = of(both.state(), "standing-1")
    assert failed.check.error in ("SourceUnreachable", "SourceUnavailable", "MalformedAnswer")
    assert (failed.check.reason, failed.check.answered_at, failed.is_stale) != ("", None, True)
    assert len(first.requests) == 1


def test_when_both_fail_the_last_answers_serve_and_are_said_to_be_stale(
    tracked: Pipeline, both: StandingService, first: FaultServer, second: FaultServer
) -> None:
    say(first, indicator("BTC", 3))
    say(second, indicator("ETH", 4))
    both.update()
    before = stored(tracked.database, tracked.clock)
    first.say(HTML)
    second.say(NO_ANSWER)
    for hours in (1, 2, 3):
        tracked.clock.move(hours=1)
        both.update()
        assert stored(tracked.database, tracked.clock) == before
        state = both.state()
        assert state.is_stale == (hours > 1)
        assert of(state, "standing-1").age_seconds == hours * 3600
        assert of(state, "standing-1").check.error == "MalformedAnswer"
        assert of(state, "standing-2").check.error == "SourceUnreachable"
        assert of(state, "standing-2").check.accepted == 1
    assert len(first.requests) == len(second.requests) == 4
    say(second, indicator("ETH", 5))
    tracked.clock.move(hours=1)
    both.update()
    assert stored(tracked.database, tracked.clock) == {
        "bitcoin": (3, "standing-1"),
        "ether": (5, "standing-2"),
    }
    state = both.state()
    assert [state.is_stale, *(each.is_stale for each in state.sources)] == [False, True, False]
    assert of(state, "standing-2").check.error is None


def test_an_answer_is_kept_for_an_hour_across_restarts(
    tracked: Pipeline, first: FaultServer, clock: FakeClock
) -> None:
    say(first, indicator("BTC", 3))
    for minutes, asked in ((0, 1), (30, 1), (28, 1), (1, 2), (-300, 3)):
        clock.move(minutes=minutes)
        again = service(tracked.database, clock, first)
        again.update()
        again.close()
        assert len(first.requests) == asked, minutes
    service(tracked.database, clock, first).update(now=True)
    assert len(first.requests) == 4


def test_one_that_failed_is_asked_again_the_next_time(
    tracked: Pipeline, first: FaultServer, clock: FakeClock
) -> None:
    say(first, indicator("BTC", 3))
    social = service(tracked.database, clock, first)
    social.update()
    first.say(NO_ANSWER)
    social.update(now=True)
    social.update()
    assert len(first.requests) == 3
    social.close()


def test_another_address_does_not_serve_the_answer_of_the_last(
    tracked: Pipeline, first: FaultServer, second: FaultServer, clock: FakeClock
) -> None:
    say(first, indicator("BTC", 3))
    service(tracked.database, clock, first).update()
    second.say(NO_ANSWER)
    moved = service(tracked.database, clock, second)
    moved.update()
    state = moved.state()
    assert (state.coins, of(state, "standing-1").check.answered_at) == (0, None)
    moved.close()


def test_a_coin_that_is_no_longer_told_of_has_no_standing(
    tracked: Pipeline, first: FaultServer, clock: FakeClock
) -> None:
    social = service(tracked.database, clock, first)
    say(first, indicator("BTC", 3), indicator("ETH", 4))
    social.update()
    say(first, indicator("BTC", 3))
    clock.move(hours=1)
    social.update()
    assert stored(tracked.database, clock) == {"bitcoin": (3, "standing-1")}
    social.close()


def test_a_set_that_did_not_change_is_not_stored_again(
    tracked: Pipeline, first: FaultServer, clock: FakeClock
) -> None:
    social = service(tracked.database, clock, first)
    say(first, indicator("BTC", 3))
    for _hour in range(3):
        social.update()
        clock.move(hours=1)
    with tracked.database.reading() as session:
        assert session.value("SELECT count(*) FROM standings") == 1
    social.close()


def test_answers_from_before_the_first_coins_are_used_once_there_are_some(
    database: Database, pipeline: Pipeline, first: FaultServer, clock: FakeClock
) -> None:
    social = service(database, clock, first)
    say(first, indicator("BTC", 3))
    social.update()
    assert stored(database, clock) == {}
    assert social.state().unmapped == ("BTC",)
    pipeline.take(*COINS)
    social.settle()
    assert stored(database, clock) == {"bitcoin": (3, "standing-1")}
    assert len(first.requests) == 1
    social.close()


# Overrides


def test_an_override_wins_at_once_and_can_be_taken_back(
    tracked: Pipeline, both: StandingService, first: FaultServer, second: FaultServer
) -> None:
    say(first, indicator("SOL", 3))
    say(second, indicator("ETH", 4, id="solana"))
    both.update()
    tracked.clock.move(seconds=1)
    both.override(" sol", "wrapped-sol")
    assert both.overrides() == {"SOL": "wrapped-sol"}
    assert stored(tracked.database, tracked.clock) == {
        "wrapped-sol": (3, "standing-1"),
        "solana": (4, "standing-2"),
    }
    assert both.state().collisions[0].is_overridden
    tracked.clock.move(seconds=1)
    both.override("SOL", "bitcoin")
    assert both.overrides() == {"SOL": "bitcoin"}
    tracked.clock.move(seconds=1)
    both.override("sol", None)
    assert both.overrides() == {}
    assert stored(tracked.database, tracked.clock) == {"solana": (3, "standing-1")}


# Watchlists


def test_without_a_source_the_watchlists_rank(tracked: Pipeline, clock: FakeClock) -> None:
    users = {"bitcoin": 900, "ether": 1000, "elsewhere": 10**6}
    social = service(tracked.database, clock, users=users)
    social.update()
    assert stored(tracked.database, clock) == {
        "ether": (1, "watchlists"),
        "bitcoin": (2, "watchlists"),
    }
    state = social.state()
    assert (state.coins, state.sources, state.is_stale) == (2, (), False)


def test_watchlists_of_too_few_coins_are_no_standing(tracked: Pipeline, clock: FakeClock) -> None:
    service(tracked.database, clock, users={"bitcoin": 900}).update()
    assert stored(tracked.database, clock) == {}


def test_with_a_source_watchlists_do_not_count(
    tracked: Pipeline, first: FaultServer, clock: FakeClock
) -> None:
    first.say(NO_ANSWER)
    users = {coin["id"]: 7 for coin in COINS}
    social = service(tracked.database, clock, first, users=users)
    social.update()
    assert stored(tracked.database, clock) == {}
    social.close()


# A refresh goes its own way


def test_a_refresh_does_not_wait_for_a_source_that_hangs(
    tracked: Pipeline, first: FaultServer, clock: FakeClock
) -> None:
    released = threading.Event()
    first.say(Reply(b"{}", until=released))
    source = standing.connect(
        standing.FIRST, first.url, session=new_session(use_proxies=False), clock=clock
    )
    social = StandingService(tracked.database, [source], clock=clock, follows="listed")
    asking = threading.Thread(target=social.update)
    asking.start()
    first.arrival()
    clock.move(minutes=5)
    assert tracked.take(*COINS) > 0
    assert asking.is_alive()
    released.set()
    asking.join()
    social.close()


def test_two_threads_may_update_at_once(tracked: Pipeline, clock: FakeClock) -> None:
    class Slow:
        name, fingerprint = "standing-1", "f"

        def fetch_indicators(self) -> Any:
            raise SourceUnreachable(self.name, "no")

        def close(self) -> None:
            pass

    social = StandingService(tracked.database, [Slow()], clock=clock, follows="listed")
    threads = [threading.Thread(target=social.update) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tracked.database.reading() as session:
        assert session.value("SELECT count(*) FROM standing_checks") == 1


def test_what_is_in_force_and_what_was_told(tracked: Pipeline, first: FaultServer) -> None:
    social = service(tracked.database, tracked.clock, first)
    assert social.in_force() == Standings({}, None, None)
    assert social.told() == Told((), None, None)
    first.say(json_reply({"indicators": [indicator("sol", 5, 1.5), indicator("odd", 6)]}))
    social.update()
    tracked.clock.move(minutes=1)
    assert social.in_force() == Standings({"SOL": 5.0}, standing.FIRST, NOON)
    assert [row.symbol for row in social.told().indicators] == ["SOL", "ODD"]
    assert social.told().answered_at == NOON
    assert len(first.requests) == 1


# By hand


def with_notes(notes: Notes, *parts: Any) -> Services:
    return Services(FEATURES, _by_class={AuditService: notes}).including(parts)


def test_updating_by_hand_asks_at_once_and_is_recorded(
    tracked: Pipeline, clock: FakeClock, first: FaultServer
) -> None:
    say(first, indicator("btc", 1), indicator("eth", 2))
    notes, social = Notes(), service(tracked.database, clock, first)
    for asked in (1, 2):
        update_now(with_notes(notes, social), by=ADMIN)
        assert len(first.requests) == asked
    assert social.state().coins == 2
    assert notes == [("admin", "standing.update", "", "")] * 2
    social.close()


def test_where_the_market_brings_its_own_nothing_is_asked_or_recorded() -> None:
    notes = Notes()
    update_now(with_notes(notes), by=ADMIN)
    assert notes == []


def test_updating_by_hand_takes_an_admin(
    tracked: Pipeline, clock: FakeClock, first: FaultServer
) -> None:
    notes, social = Notes(), service(tracked.database, clock, first)
    for by, error in ((NOBODY, LoginNeeded), (VIEWER, NotAllowed)):
        with pytest.raises(error):
            update_now(with_notes(notes, social), by=by)
        with pytest.raises(error):
            update_now(with_notes(notes), by=by)
    assert (notes, first.requests) == ([], [])
    social.close()
