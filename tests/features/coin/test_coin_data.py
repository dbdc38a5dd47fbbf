"""Details and past of coins: what is asked for, when, once, and what becomes of failures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from cointracker.core.errors import (
    BudgetSpent,
    CircuitOpen,
    CoinTrackerError,
    DatabaseClosed,
    MalformedAnswer,
    NotFound,
    RateLimited,
    SourceError,
    SourceUnreachable,
)
from cointracker.features.coin import coin_data, store
from cointracker.features.coin.coin_data import (
    AT_HAND,
    FAILED,
    MAX_WAITING,
    NEVER,
    UNDER_WAY,
    UNKNOWN_COIN,
    CoinDataService,
    FetchState,
)
from cointracker.features.coin.coin_fetcher import DAILY, DETAILS, HOURLY
from cointracker.features.market.rankings import MarketService
from cointracker.features.market.store import observations
from cointracker.providers.base import CoinDetails, Rejection
from cointracker.providers.coingecko.market_chart import COLUMNS
from cointracker.providers.coingecko.source import CoinGecko
from cointracker.providers.simulated.market import SimulatedMarket
from cointracker.providers.simulated.source import SimulatedSource
from cointracker.storage.database import Database
from tests.databases import market_database
from tests.fakes import NOON, FakeClock, Pipeline, row
from tests.faults import PATIENCE_SECONDS, FaultServer, Reply, Request, json_reply, wait_until_in

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ALL = [DETAILS, HOURLY, DAILY]


@dataclass
class Coins:
    """Tells of any coin; what is asked stands in `asked`. `error` is raised while it is set.

    gate: what each call waits for. begun: set when a call has come.
    """

    clock: FakeClock
    error: Callable[[str, str], CoinTrackerError | None] = lambda _coin_id, _what: None
    asked: list[tuple[str, str]] = field(default_factory=list)
    spans: list[int] = field(default_factory=list)
    name: str = "coins"
    gate: threading.Event | None = None
    begun: threading.Event = field(default_factory=threading.Event)

    def fetch_details(self, coin_id: str) -> CoinDetails:
        self._ask(coin_id, DETAILS)
        bad = Rejection(0, coin_id, "genesis_date", "soon", "no date")
        return CoinDetails(
            coin_id,
            self.name,
            self.clock(),
            "A coin.",
            categories=("A", "B"),
            watchlist_users=7,
            rejections=(bad,),
        )

    def fetch_chart(self, coin_id: str, days: int) -> pd.DataFrame:
        is_hourly = days <= 90
        self._ask(coin_id, HOURLY if is_hourly else DAILY)
        self.spans.append(days)
        at = pd.date_range(
            end=pd.Timestamp(self.clock()).floor("h"),
            periods=days * 24 if is_hourly else days,
            freq="h" if is_hourly else "D",
            unit="us",
        )
        frame = pd.DataFrame({"coin_id": coin_id, "observed_at": at, "price": 10.0})
        frame = frame.assign(volume_24h=1000.0, market_cap=1e9)
        return frame.reindex(columns=COLUMNS).astype(dict.fromkeys(COLUMNS[2:], float))

    def _ask(self, coin_id: str, what: str) -> None:
        self.asked.append((coin_id, what))
        self.begun.set()
        if self.gate is not None:
            assert self.gate.wait(PATIENCE_SECONDS)
        error = self.error(coin_id, what)
        if error is not None:
            raise error


def failing(error: CoinTrackerError, *whats: str) -> Callable[[str, str], CoinTrackerError | None]:
    return lambda _coin_id, what: error if what in whats else None


@pytest.fixture
def source(clock: FakeClock) -> Coins:
    return Coins(clock)


@pytest.fixture
def filled(database: Database, clock: FakeClock) -> Database:
    """Coins a, b, c are followed, and ranked in this order."""
    Pipeline(database, clock).take(
        *(row(coin, market_cap=1e9 / n) for n, coin in enumerate("abc", start=1))
    )
    return database


@pytest.fixture
def service(filled: Database, source: Coins) -> Iterator[CoinDataService]:
    service = CoinDataService(filled, source, source.clock)
    yield service
    if source.gate is not None:
        source.gate.set()
    service.close()


def settled(service: CoinDataService) -> None:
    """Wait until nothing is waited for and nothing under way."""
    with service._changed:
        assert service._changed.wait_for(
            lambda: not service._waiting and not service._taken, PATIENCE_SECONDS
        )


def ask(service: CoinDataService, coin_id: str = "a") -> bool:
    wanted = service.want(coin_id)
    settled(service)
    return wanted


def points(database: Database, coin_id: str = "a") -> pd.DataFrame:
    with database.reading() as session:
        found = observations.history(session, [coin_id], NOON - 400 * DAY, NOON + 400 * DAY)
    return found.set_index("observed_at")


# What is wanted


def test_a_coin_that_is_wanted_is_told_of_and_its_past_is_filled(
    filled: Database, service: CoinDataService, source: Coins
) -> None:
    assert service.details("a") == coin_data.CoinData(None, FetchState(NEVER), FetchState(NEVER))
    assert service.change_token("a") == 0
    assert ask(service)
    assert source.asked == [("a", what) for what in ALL]
    assert source.spans == [90, 365]
    known = service.details("a")
    assert known.details == CoinDetails(
        "a", "coins", NOON, "A coin.", categories=("A", "B"), watchlist_users=7
    )
    assert known.told == FetchState(AT_HAND, NOON, "genesis_date: no date", NOON + DAY)
    assert known.history == FetchState(AT_HAND, NOON, None, NOON + DAY)
    stored = points(filled)
    assert stored["kind"].value_counts().to_dict() == {"history": 90 * 24 - 1 + 275, "observed": 1}
    assert set(stored.loc[stored["kind"] == "history", "source"]) == {"coins"}
    assert stored.index.floor("h").is_unique
    assert stored.index.is_unique
    assert service.change_token("a") > 0
    assert service.change_token("b") == 0
    assert points(filled, "b")["kind"].tolist() == ["observed"]


@pytest.mark.parametrize("coin_id", ["1", "nobody", "", "A", "a' OR 1=1 --"])
def test_what_was_never_followed_is_not_asked_for(
    service: CoinDataService, source: Coins, coin_id: str
) -> None:
    """Whoever types an address cannot spend the budget on coins of his own."""
    assert not ask(service, coin_id)
    assert source.asked == []
    assert service.details(coin_id).told.state == NEVER


def test_details_are_asked_for_again_when_a_day_old(
    service: CoinDataService, source: Coins
) -> None:
    ask(service)
    source.clock.move(hours=23, minutes=59)
    assert not ask(service)
    source.clock.move(minutes=1)
    assert ask(service)
    assert source.asked[3:] == [("a", DETAILS), ("a", HOURLY)]
    source.clock.now = NOON - DAY
    assert ask(service), "the clock went back"


@pytest.mark.parametrize(
    ("observed_hours", "spans"),
    [
        (range(0, 31), []),
        (range(0, 31, 3), []),
        ([*range(0, 10), *range(14, 31)], [2]),
        (range(0, 26), [2]),
        ([], [3]),
    ],
)
@pytest.mark.slow
def test_a_gap_since_the_last_time_is_filled(
    filled: Database,
    service: CoinDataService,
    source: Coins,
    observed_hours: list[int],
    spans: list[int],
) -> None:
    """Thirty hours later, of which so many are known."""
    ask(service)
    pipeline = Pipeline(filled, source.clock)
    for hour in observed_hours:
        source.clock.now = NOON + hour * HOUR + MINUTE
        pipeline.take(row("a"))
    source.clock.now = NOON + 30 * HOUR + 2 * MINUTE
    del source.spans[:]
    ask(service)
    assert source.spans == spans
    if spans:
        steps = points(filled).index[-30:].diff().max()
        assert steps <= 3 * HOUR


def test_after_a_long_absence_both_are_filled(service: CoinDataService, source: Coins) -> None:
    ask(service)
    source.clock.move(days=89)
    ask(service)
    assert source.spans[2:] == [90]
    source.clock.move(days=120)
    ask(service)
    assert source.spans[3:] == [90, 365]


# Once


def test_two_who_want_the_same_coin_have_it_asked_once(
    service: CoinDataService, source: Coins
) -> None:
    source.gate = threading.Event()
    together = threading.Barrier(8)

    def want() -> bool:
        together.wait(PATIENCE_SECONDS)
        return service.want("a")

    with ThreadPoolExecutor(8) as threads:
        wanted = [threads.submit(want) for _reader in range(8)]
        assert all(done.result() for done in wanted)
    assert source.begun.wait(PATIENCE_SECONDS)
    assert service.want("a")
    source.gate.set()
    settled(service)
    assert sorted(source.asked) == sorted(("a", what) for what in ALL)


def test_a_wish_that_comes_late_finds_nothing_left_to_ask(
    service: CoinDataService, source: Coins
) -> None:
    """As when a coin is done between the look at what is due and the place in the queue."""
    due = service._asker.due
    seen = threading.Event()
    go_on = threading.Event()

    def slow(coin_id: str) -> list[object]:
        tasks = due(coin_id)
        if threading.current_thread().name == "late":
            seen.set()
            assert go_on.wait(PATIENCE_SECONDS)
        return tasks  # type: ignore[return-value]

    service._asker.due = slow  # type: ignore[method-assign, assignment]
    late = threading.Thread(target=service.want, args=("a",), name="late")
    late.start()
    assert seen.wait(PATIENCE_SECONDS)
    ask(service)
    go_on.set()
    late.join()
    settled(service)
    assert len(source.asked) == 3


def test_while_it_is_under_way_it_says_so(service: CoinDataService, source: Coins) -> None:
    source.gate = threading.Event()
    service.want("a")
    service.want("b")
    assert source.begun.wait(PATIENCE_SECONDS)
    for coin_id in "ab":
        known = service.details(coin_id)
        assert (known.told, known.history) == (FetchState(UNDER_WAY), FetchState(UNDER_WAY))
    assert service.details("c").told == FetchState(NEVER)
    source.gate.set()
    settled(service)
    assert service.details("b").history.state == AT_HAND
    source.clock.move(days=2)
    source.gate = threading.Event()
    service.want("b")
    assert service.details("b").told == FetchState(UNDER_WAY, NOON)


@pytest.mark.slow
def test_the_queue_has_an_end(database: Database, clock: FakeClock, source: Coins) -> None:
    Pipeline(database, clock).take(*(row(f"c{n}") for n in range(MAX_WAITING + 2)))
    service = CoinDataService(database, source, clock)
    source.gate = threading.Event()
    service.want("c0")
    assert source.begun.wait(PATIENCE_SECONDS)
    wanted = [service.want(f"c{n}") for n in range(1, MAX_WAITING + 2)]
    assert wanted == [True] * MAX_WAITING + [False]
    source.gate.set()
    settled(service)
    assert len(source.asked) == 3 * (MAX_WAITING + 1)
    service.close()


# What fails


@pytest.mark.parametrize(
    ("error", "state", "wait"),
    [
        (NotFound("coins", "no such coin"), UNKNOWN_COIN, DAY),
        (SourceUnreachable("coins", "no connection"), FAILED, 15 * MINUTE),
        (BudgetSpent("coins", "no calls left", "minute", NOON + MINUTE / 2), FAILED, MINUTE),
        (CircuitOpen("coins", "down", NOON + 2 * MINUTE), FAILED, 2 * MINUTE),
        (BudgetSpent("coins", "no calls left", "month", NOON + DAY), FAILED, 15 * MINUTE),
        (RateLimited("coins", "wait"), FAILED, 15 * MINUTE),
        (RateLimited("coins", "wait", 300.0), FAILED, 5 * MINUTE),
        (RateLimited("coins", "wait", 0.0), FAILED, MINUTE),
        (RateLimited("coins", "wait", 9e9), FAILED, DAY),
        (SourceError("coins", "no calls left"), FAILED, 15 * MINUTE),
    ],
)
def test_a_refusal_is_remembered_and_costs_one_call(
    service: CoinDataService, source: Coins, error: SourceError, state: str, wait: timedelta
) -> None:
    source.error = failing(error, *ALL)
    assert ask(service)
    assert source.asked == [("a", DETAILS)]
    known = service.details("a")
    expected = FetchState(state, None, error.problem, NOON + wait)
    assert (known.details, known.told, known.history) == (None, expected, expected)
    assert service.change_token("a") > 0
    assert not ask(service)
    source.clock.now = NOON + wait - timedelta(seconds=1)
    assert not ask(service)
    source.clock.now = NOON + wait
    source.error = lambda _coin_id, _what: None
    assert ask(service)
    assert service.details("a").history.state == service.details("a").told.state == AT_HAND


def test_one_bad_answer_does_not_keep_the_others(
    filled: Database, service: CoinDataService, source: Coins
) -> None:
    source.error = failing(MalformedAnswer("coins", "bad"), DETAILS, DAILY)
    ask(service)
    assert source.asked == [("a", what) for what in ALL]
    known = service.details("a")
    assert (known.told.state, known.history.state) == (FAILED, FAILED)
    assert len(points(filled)) == 90 * 24
    assert ask(service, "b"), "the worker lives on"


def test_what_came_before_a_failure_stays(service: CoinDataService, source: Coins) -> None:
    ask(service)
    source.clock.move(days=2)
    source.error = failing(SourceUnreachable("coins", "no connection"), *ALL)
    ask(service)
    known = service.details("a")
    assert known.details is not None
    assert known.told == FetchState(FAILED, NOON, "no connection", source.clock() + 15 * MINUTE)


def test_an_answer_that_cannot_be_stored_is_not_stored_in_part(
    filled: Database, service: CoinDataService, source: Coins
) -> None:
    with filled.transaction() as session:
        session.execute("ALTER TABLE coin_fetches RENAME TO elsewhere")
    before = points(filled)
    chart = source.fetch_chart("a", 90)
    with pytest.raises(CoinTrackerError):
        service._asker._store_chart("a", HOURLY, chart)
    with pytest.raises(CoinTrackerError):
        service._asker._store_details(source.fetch_details("a"))
    pd.testing.assert_frame_equal(points(filled), before)
    with filled.reading() as session:
        assert store.one(session, "a").empty


# In the background


def test_the_sweep_asks_for_what_is_lacking_in_the_order_of_rank(
    service: CoinDataService, source: Coins
) -> None:
    ask(service, "b")
    del source.asked[:]
    assert service.gather(1) == 1
    assert source.asked == [("a", what) for what in ALL]
    assert service.gather(9) == 1
    assert source.asked[3:] == [("c", what) for what in ALL]
    source.clock.move(days=9)
    assert service.gather(9) == 0


def test_any_error_ends_the_sweep_and_the_next_begins_behind_it(
    service: CoinDataService, source: Coins
) -> None:
    for error in (
        MalformedAnswer("coins", "bad"),
        NotFound("coins", "?"),
        RateLimited("coins", ""),
    ):
        source.error = lambda coin_id, _what, error=error: error if coin_id in "ab" else None  # type: ignore[misc]
        source.clock.move(days=2)
        del source.asked[:]
        assert service.gather(9) == 0
        assert source.asked == [("a", DETAILS)]
        assert service.gather(9) == 0
        assert source.asked[1:] == [("b", DETAILS)]
    assert service.gather(9) == 1
    assert source.asked[2:] == [("c", what) for what in ALL]


def test_a_sweep_leaves_alone_what_a_page_has_asked_for_and_the_other_way_round(
    service: CoinDataService, source: Coins
) -> None:
    source.gate = threading.Event()
    service.want("a")
    assert source.begun.wait(PATIENCE_SECONDS)
    source.begun.clear()
    with ThreadPoolExecutor(2) as threads:
        sweep = threads.submit(service.gather, 2)
        assert source.begun.wait(PATIENCE_SECONDS)
        assert source.asked == [("a", DETAILS), ("b", DETAILS)]
        assert threads.submit(service.gather, 9).result() == 0, "two sweeps at once"
        assert service.want("b")
        source.gate.set()
        assert sweep.result() == 1
    settled(service)
    assert sorted(source.asked) == sorted((coin, what) for coin in "ab" for what in ALL)


def test_a_sweep_without_a_database_is_no_disaster(database: Database, source: Coins) -> None:
    service = CoinDataService(database, source, source.clock)
    assert service.gather(9) == 0
    database.close()
    assert service.gather(9) == 0
    with pytest.raises(DatabaseClosed):
        service.want("a")


# The end


def test_closing_waits_for_the_call_under_way_and_asks_no_more(
    filled: Database, source: Coins
) -> None:
    service = CoinDataService(filled, source, source.clock)
    source.gate = threading.Event()
    service.want("a")
    service.want("b")
    assert source.begun.wait(PATIENCE_SECONDS)
    closer = threading.Thread(target=service.close)
    closer.start()
    wait_until_in("join", closer)
    source.gate.set()
    closer.join(PATIENCE_SECONDS)
    assert not closer.is_alive()
    assert source.asked == [("a", DETAILS)]
    assert service.details("a").told.state == AT_HAND
    assert not service.want("c")
    assert service.gather(9) == 0
    service.close()
    assert source.asked == [("a", DETAILS)]
    assert "coin data" not in [thread.name for thread in threading.enumerate()]


def test_closing_ends_a_sweep_after_its_call(filled: Database, source: Coins) -> None:
    service = CoinDataService(filled, source, source.clock)
    source.gate = threading.Event()
    with ThreadPoolExecutor(1) as thread:
        sweep = thread.submit(service.gather, 9)
        assert source.begun.wait(PATIENCE_SECONDS)
        service.close()
        source.gate.set()
        sweep.result(PATIENCE_SECONDS)
    assert source.asked == [("a", DETAILS)]


def test_closing_does_not_hang_on_a_source_that_does(
    filled: Database, source: Coins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coin_data, "GRACE_SECONDS", 0.1)
    service = CoinDataService(filled, source, source.clock)
    source.gate = threading.Event()
    service.want("a")
    assert source.begun.wait(PATIENCE_SECONDS)
    worker = service._worker
    service.close()
    filled.close()
    source.gate.set()
    assert worker is not None
    worker.join(PATIENCE_SECONDS)
    assert not worker.is_alive(), "the late answer finds the database closed"
    reopened = market_database(filled.path)
    with reopened.reading() as session:
        assert store.one(session, "a").empty
    reopened.close()


def test_nothing_runs_before_something_is_wanted(filled: Database, source: Coins) -> None:
    threads = set(threading.enumerate())
    service = CoinDataService(filled, source, source.clock)
    service.details("a")
    assert set(threading.enumerate()) == threads
    service.close()


# With real sources


def hours_of(request: Request) -> Reply:
    """The past of a coin, 10 at the beginning and a volume of 100, or its details."""
    if not request.path.endswith("market_chart"):
        script = "<p>One</p><script>alert(1)</script><p>Two</p>"
        links = {"homepage": ["javascript:alert(1)"], "blockchain_site": ["https://b.example"]}
        return json_reply({"id": "a", "description": {"en": script}, "links": links})
    days = int(request.query["days"])
    step, count = (HOUR, days * 24) if days <= 90 else (DAY, days)
    at = [round((NOON - n * step).timestamp() * 1000) for n in range(count, 0, -1)]
    return json_reply(
        {"prices": [[ms, 10.0] for ms in at], "total_volumes": [[ms, 100.0] for ms in at]}
    )


def test_the_volume_change_is_there_from_the_next_refresh_on(
    filled: Database, gecko: CoinGecko, server: FaultServer, clock: FakeClock
) -> None:
    """Sparklines, which have no volume, had filled the hours before."""
    pipeline = Pipeline(filled, clock, source=gecko.name)
    clock.move(minutes=5)
    line = {"price": [9.0] * 168}
    pipeline.take(
        row("a", total_volume=150.0, sparkline_in_7d=line, last_updated=clock().isoformat())
    )
    market = MarketService(filled)
    assert np.isnan(market.ranking().frame["volume_change_24h_pct"].iloc[0])
    server.answer = hours_of
    service = CoinDataService(filled, gecko, clock)
    ask(service)
    clock.move(minutes=5)
    pipeline.take(row("a", total_volume=150.0, sparkline_in_7d=line))
    assert market.ranking().frame["volume_change_24h_pct"].iloc[0] == pytest.approx(50.0)
    told = service.details("a")
    assert told.details is not None
    assert told.details.description == "One\n\nTwo"
    assert (told.details.homepage, told.details.blockchain_site) == (None, "https://b.example")
    assert told.told.reason is not None
    assert told.told.reason.startswith("links.homepage: ")
    service.close()


def test_a_coin_that_coingecko_does_not_know(
    filled: Database, gecko: CoinGecko, server: FaultServer, clock: FakeClock
) -> None:
    server.say(json_reply({"error": "Could not find coin with the given id"}, 404))
    service = CoinDataService(filled, gecko, clock)
    ask(service)
    assert service.details("a").told.state == UNKNOWN_COIN
    assert len(server.requests) == 1
    service.close()


def test_the_simulated_market_tells_of_its_coins(database: Database, clock: FakeClock) -> None:
    market = SimulatedMarket(coin_count=50)
    source = SimulatedSource(clock, market)
    Pipeline(database, clock).take(*market.markets(clock(), 2))
    service = CoinDataService(database, source, clock)
    assert service.gather(1) == 1
    best = MarketService(database).ranking().frame["coin_id"].iloc[0]
    known = service.details(best)
    assert known.details is not None
    assert "invented" in known.details.description
    assert len(points(database, best)) > 90 * 24 + 270
    service.close()
