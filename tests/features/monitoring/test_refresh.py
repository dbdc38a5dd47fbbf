"""A refresh, well and badly: what fails costs no good row, and the log says why."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from cointracker.core.errors import RateLimited
from cointracker.features.market.rankings import MarketService
from cointracker.features.market.snapshot_writer import RankingOptions
from cointracker.features.monitoring.refresh import ASKING, STORING, Progress, RefreshService
from cointracker.features.monitoring.service import MonitoringService
from cointracker.features.monitoring.store import refreshes
from cointracker.features.monitoring.store.refreshes import FAILED, STORED, UNCHANGED
from cointracker.markets.crypto import CRYPTO
from cointracker.providers.base import MarketBatch
from cointracker.providers.coingecko.source import CoinGecko
from cointracker.storage.database import Database
from tests.fakes import NOON, FakeClock, ListedSource, Notes, Pipeline, row
from tests.faults import HTML, NO_ANSWER, FaultServer, Reply, json_reply, wait_until_in
from tests.recordings import recordings

FIVE_MINUTES = {"minutes": 5}
GOOD = json_reply(
    [
        row(
            "bitcoin",
            70_000.0,
            market_cap=1.4e12,
            total_volume=4e10,
            price_change_percentage_24h=2.0,
        ),
        row(
            "ether", 2_000.0, market_cap=2.4e11, total_volume=2e10, price_change_percentage_24h=-1.0
        ),
    ]
)
TABLES = ("coins", "observations", "standings", "snapshots", "rankings", "rejections")


@pytest.fixture
def service(database: Database, gecko: CoinGecko, clock: FakeClock) -> RefreshService:
    return RefreshService(database, gecko, count=100, clock=clock)


@pytest.fixture
def market(database: Database) -> MarketService:
    return MarketService(database)


@pytest.fixture
def monitoring(
    market: MarketService, service: RefreshService, clock: FakeClock
) -> MonitoringService:
    return MonitoringService(
        market,
        service,
        market=CRYPTO,
        is_substitute=False,
        interval_seconds=300,
        next_at=lambda: None,
        clock=clock,
        audit=Notes(),
    )


def sizes(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {table: session.value(f"SELECT count(*) FROM {table}") for table in TABLES}  # noqa: S608


def newest_in_log(database: Database) -> dict[str, Any]:
    with database.reading() as session:
        newest = refreshes.log(session, limit=1).iloc[0]
    return newest.where(newest.notna(), None).to_dict()


# What a refresh stores


def test_a_refresh_stores_what_came_and_logs_itself(
    database: Database, server: FaultServer, service: RefreshService, market: MarketService
) -> None:
    server.say(GOOD)
    done = service.run("manual")
    assert (done.outcome, done.trigger, done.source) == (STORED, "manual", "coingecko")
    assert (done.accepted, done.rejected, done.error, done.reason) == (2, 0, None, None)
    assert newest_in_log(database) == asdict(done)
    assert service.last() == done
    view = market.ranking()
    assert (view.snapshot.refresh_id, view.snapshot.at) == (done.refresh_id, NOON)
    assert view.frame["coin_id"].tolist() == ["bitcoin", "ether"]
    assert view.frame["price"].tolist() == [70_000.0, 2_000.0]


def test_the_same_capture_twice_doubles_nothing(
    database: Database, server: FaultServer, service: RefreshService
) -> None:
    server.say(GOOD)
    outcomes = [service.run("manual").outcome]
    before = sizes(database)
    outcomes.append(service.run("manual").outcome)
    assert outcomes == [STORED, UNCHANGED]
    assert sizes(database) == before
    assert newest_in_log(database)["outcome"] == UNCHANGED


def test_standings_are_stored_and_ranked(pipeline: Pipeline) -> None:
    pipeline.take(row("a"), row("b"), standings={"a": 1.0, "z": 2.0})
    pipeline.clock.move(hours=1)
    pipeline.take(row("a"), row("b"))
    frame = MarketService(pipeline.database).ranking().frame.set_index("coin_id")
    assert frame.loc["a", ["standing", "factor_social"]].tolist() == [1.0, 99.9]
    assert frame.loc["b", ["standing", "factor_social"]].isna().all()


def test_the_volume_change_is_against_a_day_ago(pipeline: Pipeline) -> None:
    for volume, hours in ((100.0, 24.5), (150.0, 0)):
        pipeline.clock.now = NOON - timedelta(hours=hours)
        pipeline.take(row("a", total_volume=volume), row("b", total_volume=volume - 100))
    changes = MarketService(pipeline.database).ranking().frame.set_index("coin_id")
    assert changes["volume_change_24h_pct"]["a"] == pytest.approx(50.0)
    assert np.isnan(changes["volume_change_24h_pct"]["b"])


# What can go wrong

ERRORS = "coingecko/errors"
FAULTS = {
    "no answer": (NO_ANSWER, "SourceUnreachable", "no connection"),
    "silence": (Reply(b"[]", until=threading.Event()), "SourceUnreachable", "in time"),
    "a drip": (Reply(b"[" + b" " * 70, drip_seconds=0.1), "SourceUnreachable", "too long"),
    "cut off": (replace(GOOD, missing=99), "MalformedAnswer", "cut off"),
    "half": (Reply(GOOD.body[:99]), "MalformedAnswer", "cut off"),
    "a web page": (HTML, "MalformedAnswer", "a web page instead of data"),
    "an empty response": (Reply(b""), "MalformedAnswer", "an empty response"),
    "an empty list": (json_reply([]), "MalformedAnswer", "an empty list"),
    "an object": (json_reply({"coins": []}), "MalformedAnswer", "a list was due, dict came"),
    "bad rows alone": (json_reply([row("a", -1), 7]), "MalformedAnswer", "no usable row of 2"),
    "too much": (Reply(b"[" + b" " * 1_000_000 + b"]"), "MalformedAnswer", "1000000 bytes"),
    "elsewhere": (Reply(b"", 302, {"Location": "/"}), "MalformedAnswer", "(302)"),
    "wait": (Reply(b"", 429, {"Retry-After": "60"}), "RateLimited", "an empty response (429)"),
    "an error with surrogates": (json_reply({"error": "\ud800!"}, 500), "SourceUnavailable", "!"),
}
RECORDED = {
    "cloudflare_attention_required_2020-02-05_TRUNCATED.html": ("MalformedAnswer", "web page"),
    "http401_history_over_365d_2024-04-20.json": ("AccessRefused", "allowed time range"),
    "http403_markets_unavailable_2023-03-30.json": ("AccessRefused", "temporarily unavailable"),
    "http404_coin_not_found_2022-04-07.json": ("NotFound", "Could not find coin"),
    "http422_0.json": ("MalformedAnswer", "Missing parameter ids"),
    "http422_1.json": ("MalformedAnswer", "Missing parameter vs_currency"),
    "http422_3.json": ("MalformedAnswer", "Missing parameter days"),
    "http429_rate_limit_2022-09-29.json": ("RateLimited", "exceeded the Rate Limit"),
    "http500_4.json": ("SourceUnavailable", "Internal Server Error"),
}


def recorded(name: str) -> Reply:
    """The reply in a file of errors: the body in its wrapper, or the file itself with a 200."""
    body = (recordings() / ERRORS / name).read_bytes()
    wrapper = json.loads(body) if name.endswith(".json") else {}
    if "body_text" not in wrapper:
        return Reply(body)
    return Reply(wrapper["body_text"].encode(), wrapper["status"])


@pytest.mark.parametrize("name", [*FAULTS, *RECORDED])
@pytest.mark.slow
def test_a_failure_leaves_the_last_snapshot_and_says_why(
    database: Database,
    server: FaultServer,
    clock: FakeClock,
    service: RefreshService,
    monitoring: MonitoringService,
    market: MarketService,
    *,
    name: str,
) -> None:
    reply, error, reason = FAULTS[name] if name in FAULTS else (recorded(name), *RECORDED[name])
    server.say(GOOD, reply, GOOD)
    first = service.run("schedule")
    view, stored = market.ranking(), sizes(database)

    clock.move(minutes=15)
    failed = service.run("schedule")
    assert (failed.outcome, failed.error, failed.accepted) == (FAILED, error, 0)
    assert reason in (failed.reason or "")
    assert newest_in_log(database) == asdict(failed)
    assert failed.refresh_id == first.refresh_id + 1
    status = monitoring.status()
    assert (status.is_failing, status.is_late, status.age_seconds) == (True, True, 900.0)
    assert status.snapshot == view.snapshot
    assert_frame_equal(market.ranking().frame, view.frame)
    assert sizes(database) == stored

    assert service.run("schedule").outcome == STORED
    assert (monitoring.status().is_failing, monitoring.status().age_seconds) == (False, 0.0)


def test_one_bad_coin_costs_no_other_and_is_in_the_log(
    database: Database, server: FaultServer, service: RefreshService, market: MarketService
) -> None:
    rows = json.loads(
        (recordings() / "coingecko/markets/2025-12-29T2315Z_100c_ajarek.json").read_bytes()
    )
    rows[7] |= {"current_price": -1.5}
    server.say(json_reply(rows))
    done = service.run("manual")
    assert (done.outcome, done.accepted, done.rejected) == (STORED, 99, 1)
    assert set(market.ranking().frame["coin_id"]) == {coin["id"] for coin in rows} - {rows[7]["id"]}
    with database.reading() as session:
        (rejected,) = refreshes.rejections(session, done.refresh_id).to_dict("records")
    assert rejected == {
        "position": 7,
        "coin_id": rows[7]["id"],
        "field": "current_price",
        "value": "-1.5",
        "reason": "Input should be greater than 0",
    }


EXTREMES = (None, 0, 1e-60, 1e-30, 1.0, 1e15, 1e30, 1e60)
extreme = st.sampled_from(EXTREMES)
extreme_row = st.builds(
    lambda price, **fields: row("odd", price or None, **fields),
    extreme,
    market_cap=extreme,
    total_volume=extreme,
    price_change_percentage_24h=extreme,
    sparkline_in_7d=st.fixed_dictionaries({"price": st.lists(extreme, max_size=170)}),
    last_updated=st.sampled_from([None, "1970-01-01", "2026-03-01", "9998-12-31T23:59:59"]),
)


@given(st.lists(extreme_row, min_size=2, max_size=2))
@pytest.mark.slow
def test_figures_at_the_edge_of_numbers_are_ranked_like_others(
    shared: Database, rows: list[dict[str, Any]]
) -> None:
    """A day lies between two refreshes; the coin beside the odd one has the score it would have."""
    clock = FakeClock()
    pipeline = Pipeline(shared, clock)
    plain = row("plain", market_cap=1e9, price_change_percentage_24h=0)
    try:
        for odd in rows:
            pipeline.take(odd, plain)
            clock.move(days=1)
        frame = MarketService(shared).ranking().frame.set_index("coin_id")
    finally:
        with shared.transaction() as session:
            for table in (*TABLES, "refreshes"):
                session.execute(f"DELETE FROM {table}")  # noqa: S608
    assert frame.loc["plain", "score"] == pytest.approx((25 * 20 + 15 * 50) / 40)
    assert frame["score"].dropna().between(0, 100).all()
    assert sorted(frame.loc[frame["rank"] > 0, "rank"]) == [
        *range(1, (frame["rank"] > 0).sum() + 1)
    ]


# A database that does not take it


def test_a_database_that_is_closed_makes_it_fail(
    database: Database, server: FaultServer, service: RefreshService
) -> None:
    server.say(GOOD)
    database.close()
    done = service.run("schedule")
    assert (done.outcome, done.error, done.refresh_id) == (FAILED, "DatabaseClosed", 0)
    assert service.last() == done


def test_a_write_that_fails_stores_nothing_and_is_logged(
    database: Database, server: FaultServer, service: RefreshService, market: MarketService
) -> None:
    with database.transaction() as session:
        session.execute("ALTER TABLE rankings RENAME TO away")
    server.say(GOOD)
    done = service.run("schedule")
    assert (done.outcome, done.error) == (FAILED, "StorageError")
    assert newest_in_log(database) == asdict(done)
    with database.transaction() as session:
        session.execute("ALTER TABLE away RENAME TO rankings")
    assert set(sizes(database).values()) == {0}
    assert service.run("schedule").outcome == STORED
    assert len(market.ranking().frame) == 2


# One at a time


def test_a_second_run_joins_the_one_under_way(
    server: FaultServer, service: RefreshService, monitoring: MonitoringService
) -> None:
    released = threading.Event()
    server.say(replace(GOOD, until=released))
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(service.run("manual"))) for _ in range(4)
    ]
    threads[0].start()
    server.arrival()
    assert monitoring.status().is_running
    for thread in threads[1:]:
        thread.start()
        wait_until_in("result", thread)
    released.set()
    for thread in threads:
        thread.join()
    assert len(server.requests) == 1
    assert [result is results[0] for result in results] == [True] * 4
    assert (results[0].outcome, monitoring.status().is_running) == (STORED, False)


def test_whoever_joins_a_refresh_that_fails_learns_it(
    server: FaultServer, service: RefreshService
) -> None:
    released = threading.Event()
    server.say(Reply(b"", 503, until=released), GOOD)
    joiner = threading.Thread(target=lambda: joined.append(service.run("manual")))
    joined: list[Any] = []
    with ThreadPoolExecutor() as pool:
        first = pool.submit(service.run, "schedule")
        server.arrival()
        joiner.start()
        wait_until_in("result", joiner)
        released.set()
        assert first.result().outcome == FAILED
    joiner.join()
    assert joined == [first.result()]
    assert service.run("manual").outcome == STORED


def test_an_error_nobody_thought_of_does_not_block_the_next_refresh(
    database: Database, clock: FakeClock
) -> None:
    source = ListedSource(clock, [row("a")], error=RuntimeError("a bug"))  # type: ignore[arg-type]
    service = RefreshService(database, source, count=1, clock=clock)
    with pytest.raises(RuntimeError, match="a bug"):
        service.run("manual")
    assert not service.is_running
    source.error = None
    assert service.run("manual").outcome == STORED


def test_the_reason_leaves_out_the_name_of_the_source(database: Database, clock: FakeClock) -> None:
    source = ListedSource(clock, error=RateLimited("listed", "slow down", 60))
    done = RefreshService(database, source, count=1, clock=clock).run("manual")
    assert (done.source, done.reason) == ("listed", "slow down")


# The first refresh knows a week


def week(price: float) -> dict[str, Any]:
    """168 hourly prices that end at `price`; the price a day ago was a percent lower, and so on."""
    return {"price": [price * 0.99 ** (hours / 24) for hours in range(167, -1, -1)]}


def kinds(database: Database) -> dict[str, int]:
    with database.reading() as session:
        frame = session.frame("SELECT kind, count(*) AS n FROM observations GROUP BY kind")
    return dict(zip(frame["kind"], frame["n"], strict=True))


def test_stability_is_there_at_once(pipeline: Pipeline) -> None:
    pipeline.take(row("steady", 50.0, sparkline_in_7d=week(50.0)), row("new", 1.0))
    frame = MarketService(pipeline.database).ranking().frame.set_index("coin_id")
    assert frame["stability_samples"].to_dict() == {"steady": 7, "new": 0}
    assert frame["factor_stability"]["steady"] == pytest.approx(100.0, abs=0.1)
    assert np.isnan(frame["factor_stability"]["new"])
    assert kinds(pipeline.database) == {"observed": 2, "sparkline": 167}


def test_a_sparkline_is_taken_once(pipeline: Pipeline) -> None:
    for minutes, expected in ((0, 1), (5, 2), (10, 3), (59, 4)):
        pipeline.clock.now = NOON + timedelta(minutes=minutes)
        pipeline.take(row("a", 50.0, sparkline_in_7d=week(50.0)))
        assert kinds(pipeline.database) == {"observed": expected, "sparkline": 167}


def test_a_sparkline_fills_what_was_missed(pipeline: Pipeline) -> None:
    """The server stood still from noon to five: the hours between are in the sparkline."""
    for hours in (0, 5):
        pipeline.clock.now = NOON + timedelta(hours=hours)
        pipeline.take(row("a", 50.0, sparkline_in_7d=week(50.0)))
    assert kinds(pipeline.database) == {"observed": 2, "sparkline": 167 + 4}


def test_a_sparkline_gives_way_to_what_is_observed(pipeline: Pipeline) -> None:
    pipeline.take(row("a", 50.0, sparkline_in_7d=week(50.0)))
    pipeline.clock.move(minutes=5)
    pipeline.take(row("a", 33.0, last_updated="2026-03-09T11:00:00Z"))
    with pipeline.database.reading() as session:
        at_eleven = session.frame(
            "SELECT kind, price FROM observations WHERE observed_at = '2026-03-09 11:00:00+00'"
        )
    assert at_eleven.to_numpy().tolist() == [["observed", 33.0]]
    assert kinds(pipeline.database) == {"observed": 2, "sparkline": 166}


# Where it is, and what changes while it is there


class Watching(ListedSource):
    """Tells what `look` sees while it is asked."""

    seen: list[object]
    look: Callable[[], object]

    def fetch_markets(self, count: int) -> MarketBatch:
        self.seen.append(self.look())
        return super().fetch_markets(count)


def test_it_tells_where_it_is(database: Database, clock: FakeClock) -> None:
    source = Watching(clock, [row("bitcoin")])
    service = RefreshService(database, source, count=1, clock=clock)
    source.seen, source.look = [], service.progress
    assert service.progress() is None
    service.run("manual")
    assert source.seen == [Progress(ASKING, clock(), clock())]
    assert service.progress() is None


def test_while_it_waits_to_store_it_says_so(database: Database, clock: FakeClock) -> None:
    service = RefreshService(database, ListedSource(clock, [row("a")]), count=1, clock=clock)
    with database.transaction():
        running = threading.Thread(target=service.run, args=("manual",))
        running.start()
        wait_until_in("_store", running)
        assert service.progress() == Progress(STORING, clock(), clock())
    service.finish()
    running.join()
    service.finish()
    assert service.last() is not None


def test_what_it_uses_can_be_changed(database: Database, clock: FakeClock) -> None:
    """From the next refresh on: the one under way ends as it began."""
    first = Watching(clock, [row("a"), row("b"), row("c")], name="first")
    second = ListedSource(clock, [row("a"), row("b"), row("c")], name="second")
    service = RefreshService(database, first, count=3, clock=clock)
    first.seen = []
    first.look = lambda: service.use(source=second, count=2, options=RankingOptions(history_days=9))
    done = service.run("manual")
    assert (done.source, done.accepted) == ("first", 3)
    assert MarketService(database).snapshot().history_days == 7
    clock.move(minutes=5)
    done = service.run("manual")
    assert (done.source, done.accepted) == ("second", 2)
    assert MarketService(database).snapshot().history_days == 9


def test_a_refresh_that_hangs_is_cut_off(
    database: Database, gecko: CoinGecko, server: FaultServer, clock: FakeClock
) -> None:
    never = threading.Event()
    server.say(Reply(until=never))
    service = RefreshService(database, gecko, count=1, clock=clock, asking_seconds=0.3)
    done = service.run("manual")
    never.set()
    assert (done.outcome, done.error) == (FAILED, "SourceUnreachable")
