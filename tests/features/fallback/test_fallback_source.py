"""The second source takes over and hands back; its rows stay its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cointracker.core.errors import SourceError
from cointracker.features.fallback import store
from cointracker.features.fallback.fallback_source import FallbackSource
from cointracker.features.market.rankings import MarketService
from cointracker.features.market.store import coins
from cointracker.features.monitoring.refresh import RefreshService
from cointracker.features.monitoring.service import MonitoringService
from cointracker.features.monitoring.store.refreshes import FAILED, STORED, Refresh
from cointracker.markets.crypto import CRYPTO
from cointracker.providers.coingecko.source import CoinGecko
from cointracker.providers.coinpaprika import source as coinpaprika
from cointracker.providers.http import new_session
from cointracker.storage.database import Database
from tests.conftest import LIMITS
from tests.fakes import NOON, FakeClock, Notes, row, ticker
from tests.faults import HTML, NO_ANSWER, FaultServer, Reply, json_reply

GECKO = [
    row(
        "bitcoin",
        100.0,
        name="Bitcoin",
        symbol="btc",
        market_cap=1e12,
        total_volume=1000.0,
        market_cap_rank=1,
        image="https://x/b.png",
        circulating_supply=19e6,
    ),
    row("ether", 10.0, name="Ether", symbol="eth", market_cap=1e11, total_volume=500.0),
    row("tether", 1.0, name="Tether", symbol="usdt", market_cap=1e10, total_volume=900.0),
]
PAPRIKA = [
    ticker(
        "btc-bitcoin",
        101.0,
        volume_24h=7000.0,
        volume_24h_change_24h=25.0,
        market_cap=1.1e12,
        percent_change_24h=1.5,
        rank=1,
        total_supply=20e6,
    ),
    ticker("eth-ether", 10.1, volume_24h=3000.0),
    ticker("usdt-tether", 1.001, name="Tether USDt"),
    ticker("junk-junk", -1),
]


@pytest.fixture
def other() -> Iterator[FaultServer]:
    with FaultServer() as server:
        server.say(json_reply(PAPRIKA))
        yield server


@pytest.fixture
def source(
    database: Database, gecko: CoinGecko, other: FaultServer, clock: FakeClock
) -> Iterator[FallbackSource]:
    second = coinpaprika.connect(
        other.url, session=new_session(use_proxies=False), limits=LIMITS, clock=clock
    )
    source = FallbackSource(database, gecko, second, clock=clock)
    yield source
    source.close()


@pytest.fixture
def refresh(database: Database, source: FallbackSource, clock: FakeClock) -> RefreshService:
    return RefreshService(database, source, count=100, clock=clock)


@pytest.fixture
def market(database: Database) -> MarketService:
    return MarketService(database)


def live(server: FaultServer, *rows: Any) -> None:
    server.say(json_reply(rows or GECKO))


def taken(refresh: RefreshService, clock: FakeClock, **later: float) -> Refresh:
    clock.move(**later)
    done = refresh.run("test")
    assert done.outcome == STORED, done
    return done


def frame(market: MarketService) -> pd.DataFrame:
    return market.ranking().frame.set_index("coin_id")


def why(source: FallbackSource) -> dict[str, str]:
    unmapped = source.state().unmapped
    return dict(zip(unmapped["coin_id"], unmapped["why"], strict=True))


# Over and back


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (NO_ANSWER, "SourceUnreachable"),
        (Reply(b"", 429, {"Retry-After": "60"}), "RateLimited"),
        (Reply(b"", 503), "SourceUnavailable"),
        (HTML, "MalformedAnswer"),
        (json_reply([]), "MalformedAnswer"),
        (json_reply({"status": {"error_code": 10005, "error_message": "no"}}), "AccessRefused"),
    ],
)
def test_it_takes_over_whatever_fails_and_hands_back(
    *,
    server: FaultServer,
    source: FallbackSource,
    refresh: RefreshService,
    market: MarketService,
    clock: FakeClock,
    reply: Reply,
    error: str,
) -> None:
    live(server)
    assert taken(refresh, clock).error is None
    server.say(reply)
    done = taken(refresh, clock, minutes=5)
    assert (done.source, done.error) == ("coinpaprika", error)
    assert market.snapshot().source == "coinpaprika"
    assert frame(market)["price"].to_dict() == {"bitcoin": 101.0, "ether": 10.1}
    assert set(frame(market)["source"]) == {"coinpaprika"}
    assert source.state().stands_in
    assert type(source.state().main_error).__name__ == error
    live(server)
    done = taken(refresh, clock, minutes=5)
    assert (done.source, done.error, done.reason) == ("coingecko", None, None)
    assert frame(market)["price"].to_dict() == {"bitcoin": 100.0, "ether": 10.0, "tether": 1.0}
    assert (source.state().stands_in, source.state().main_error) == (False, None)


def test_the_main_one_is_asked_first_each_time(
    server: FaultServer, other: FaultServer, refresh: RefreshService, clock: FakeClock
) -> None:
    live(server)
    taken(refresh, clock)
    assert other.requests == []
    server.say(NO_ANSWER)
    for _refresh in range(2):
        taken(refresh, clock, minutes=5)
    assert (len(server.requests), len(other.requests)) == (3, 2)


def test_what_is_not_surely_known_is_left_out_and_listed(
    server: FaultServer, source: FallbackSource, refresh: RefreshService, clock: FakeClock
) -> None:
    live(server)
    taken(refresh, clock)
    server.say(NO_ANSWER)
    taken(refresh, clock, minutes=5)
    state = source.state()
    assert why(source) == {"tether": "the name differs"}
    assert (state.source, state.mapped, state.checked_at) == ("coinpaprika", 2, clock())


def test_only_refused_rows_of_our_coins_are_logged(
    server: FaultServer, other: FaultServer, refresh: RefreshService, clock: FakeClock
) -> None:
    live(server)
    taken(refresh, clock)
    server.say(NO_ANSWER)
    assert taken(refresh, clock, minutes=5).rejected == 0
    bad = ticker("eth-ether", "10.1")
    other.say(json_reply([PAPRIKA[0], bad, ticker("usdt-tether"), PAPRIKA[3]]))
    live(server, *GECKO[:2])
    taken(refresh, clock, minutes=5)
    server.say(NO_ANSWER)
    done = taken(refresh, clock, minutes=5)
    assert (done.accepted, done.rejected) == (1, 1)


def test_no_more_coins_than_asked_for_and_the_largest(
    database: Database,
    server: FaultServer,
    source: FallbackSource,
    refresh: RefreshService,
    clock: FakeClock,
) -> None:
    live(server, *reversed(GECKO))
    taken(refresh, clock)
    server.say(NO_ANSWER)
    few = RefreshService(database, source, count=1, clock=clock)
    assert taken(few, clock, minutes=5).accepted == 1


def test_too_few_coins_are_no_ranking(
    server: FaultServer,
    other: FaultServer,
    refresh: RefreshService,
    market: MarketService,
    clock: FakeClock,
) -> None:
    live(server)
    taken(refresh, clock)
    server.say(NO_ANSWER)
    other.say(json_reply(PAPRIKA[:1]))
    clock.move(minutes=5)
    failed = refresh.run("test")
    assert (failed.outcome, failed.source, failed.reason) == (FAILED, "coingecko", "no connection")
    assert len(frame(market)) == 3


def test_both_down_tells_of_the_main_one_and_keeps_the_last_snapshot(
    server: FaultServer,
    other: FaultServer,
    source: FallbackSource,
    refresh: RefreshService,
    market: MarketService,
    clock: FakeClock,
) -> None:
    live(server)
    taken(refresh, clock)
    server.say(NO_ANSWER)
    other.say(Reply(b"", 503))
    clock.move(minutes=5)
    failed = refresh.run("test")
    assert (failed.outcome, failed.source, failed.error) == (
        FAILED,
        "coingecko",
        "SourceUnreachable",
    )
    state = source.state()
    assert type(state.second_error).__name__ == "SourceUnavailable"
    assert not state.stands_in
    assert frame(market)["price"]["bitcoin"] == 100.0
    other.say(json_reply(PAPRIKA))
    assert taken(refresh, clock, minutes=5).source == "coinpaprika"
    assert source.state().second_error is None


def test_before_the_first_snapshot_there_is_nothing_to_stand_in_for(
    server: FaultServer, other: FaultServer, refresh: RefreshService
) -> None:
    server.say(NO_ANSWER)
    assert refresh.run("test").outcome == FAILED
    assert other.requests == []


def test_without_a_second_one_the_error_is_the_main_one_s(
    database: Database, server: FaultServer, gecko: CoinGecko, clock: FakeClock
) -> None:
    alone = FallbackSource(database, gecko, None, clock=clock, why_not="turned off")
    live(server)
    taken(RefreshService(database, alone, count=9, clock=clock), clock)
    server.say(NO_ANSWER)
    with pytest.raises(SourceError, match="coingecko"):
        alone.fetch_markets(9)
    alone.recheck()
    state = alone.state()
    assert (state.source, state.why_not, state.mapped) == ("", "turned off", 0)
    assert state.unmapped.empty


# Whose figures are whose


def test_names_and_facts_stay_the_main_one_s(
    database: Database,
    server: FaultServer,
    other: FaultServer,
    refresh: RefreshService,
    market: MarketService,
    clock: FakeClock,
) -> None:
    live(server)
    taken(refresh, clock)
    with database.reading() as session:
        before = coins.one(session, "bitcoin")
    other.say(json_reply([PAPRIKA[0] | {"name": "BITCOIN"}, PAPRIKA[1]]))
    server.say(NO_ANSWER)
    taken(refresh, clock, minutes=5)
    with database.reading() as session:
        pd.testing.assert_frame_equal(coins.one(session, "bitcoin"), before)
    assert before["image_url"].tolist() == ["https://x/b.png"]
    assert frame(market).loc["bitcoin", ["symbol", "name"]].tolist() == ["BTC", "Bitcoin"]


def test_the_volume_change_is_the_second_one_s_own_or_none(
    server: FaultServer, refresh: RefreshService, market: MarketService, clock: FakeClock
) -> None:
    """What one source told a day ago is not compared with what the other tells now."""
    live(server)
    taken(refresh, clock)
    server.say(NO_ANSWER)
    clock.move(hours=23, minutes=30)  # the mapping is of within an hour of the price
    live(server)
    taken(refresh, clock)
    server.say(NO_ANSWER)
    taken(refresh, clock, minutes=30)
    changes = frame(market)["volume_change_24h_pct"]
    assert changes["bitcoin"] == 25.0
    assert np.isnan(changes["ether"])
    taken(refresh, clock, hours=24)
    changes = frame(market)["volume_change_24h_pct"]
    assert changes.to_dict() == {"bitcoin": 25.0, "ether": 0.0}
    live(server, *[coin | {"total_volume": 2 * coin["total_volume"]} for coin in GECKO])
    taken(refresh, clock, minutes=5)
    changes = frame(market)["volume_change_24h_pct"]
    assert changes.to_dict() == {"bitcoin": 100.0, "ether": 100.0, "tether": 100.0}


def test_one_instant_has_one_source_s_figures(
    server: FaultServer,
    other: FaultServer,
    refresh: RefreshService,
    market: MarketService,
    clock: FakeClock,
) -> None:
    """Both tell of the same second; neither takes the other's figures for its own."""
    at = {"last_updated": "2026-03-09T11:59:00Z"}
    live(server, *[coin | at for coin in GECKO])
    taken(refresh, clock)
    server.say(NO_ANSWER)
    other.say(json_reply([coin | at for coin in PAPRIKA[:2]]))
    for _again in range(2):
        taken(refresh, clock, minutes=1)
        assert frame(market)["price"].to_dict() == {"bitcoin": 101.0, "ether": 10.1}
        assert frame(market)["market_cap"]["bitcoin"] == 1.1e12
    live(server, *[coin | at for coin in GECKO])
    taken(refresh, clock, minutes=1)
    assert frame(market)["price"].to_dict() == {"bitcoin": 100.0, "ether": 10.0, "tether": 1.0}
    assert set(frame(market)["source"]) == {"coingecko"}


def test_stability_reads_the_prices_of_both(
    server: FaultServer, refresh: RefreshService, market: MarketService, clock: FakeClock
) -> None:
    live(server)
    for _day in range(2):
        taken(refresh, clock, days=1)
    live(server)
    taken(refresh, clock, hours=23, minutes=50)
    server.say(NO_ANSWER)
    taken(refresh, clock, minutes=10)
    taken(refresh, clock, days=1)
    assert frame(market)["stability_samples"]["bitcoin"] == 3


# The pairs


def test_a_pair_outlives_days_without_the_main_one(
    server: FaultServer,
    other: FaultServer,
    refresh: RefreshService,
    clock: FakeClock,
    market: MarketService,
) -> None:
    live(server)
    taken(refresh, clock)
    server.say(NO_ANSWER)
    taken(refresh, clock, minutes=50)
    far = [ticker("btc-bitcoin", 180.0), ticker("eth-ether", 4.0)]
    other.say(json_reply(far))
    taken(refresh, clock, days=4)
    assert frame(market)["price"].to_dict() == {"bitcoin": 180.0, "ether": 4.0}


def test_no_pair_is_made_from_an_old_price(
    server: FaultServer, source: FallbackSource, refresh: RefreshService, clock: FakeClock
) -> None:
    live(server)
    taken(refresh, clock)
    server.say(NO_ANSWER)
    clock.move(minutes=61)
    assert refresh.run("test").outcome == FAILED
    assert why(source)["bitcoin"] == "no price from about the same time"


def test_pairs_are_made_ahead_and_compared_again_when_due(
    database: Database,
    server: FaultServer,
    other: FaultServer,
    source: FallbackSource,
    refresh: RefreshService,
    clock: FakeClock,
) -> None:
    source.recheck()
    assert other.requests == []
    live(server)
    taken(refresh, clock)
    source.recheck()
    assert source.state().mapped == 2
    source.recheck()
    assert len(other.requests) == 1
    taken(refresh, clock, hours=6)
    other.say(json_reply([replace_price(PAPRIKA[0], 500.0), PAPRIKA[1]]))
    source.recheck()
    assert why(source) == {
        "bitcoin": "the price differs",
        "tether": "no coin with this symbol",
    }
    with database.reading() as session:
        found = store.of(session, "coinpaprika").set_index("coin_id")
    assert found["source_id"].dropna().to_dict() == {"ether": "eth-ether"}
    assert found["confirmed_at"]["ether"] == clock()
    assert pd.isna(found["confirmed_at"]["bitcoin"])


def test_a_coin_that_is_new_is_compared_at_once(
    server: FaultServer,
    other: FaultServer,
    source: FallbackSource,
    refresh: RefreshService,
    clock: FakeClock,
) -> None:
    live(server, GECKO[0])
    taken(refresh, clock)
    source.recheck()
    live(server)
    taken(refresh, clock, minutes=5)
    source.recheck()
    assert len(other.requests) == 2


def test_nothing_is_compared_while_the_main_one_is_silent(
    server: FaultServer,
    other: FaultServer,
    source: FallbackSource,
    refresh: RefreshService,
    clock: FakeClock,
) -> None:
    live(server)
    taken(refresh, clock)
    server.say(NO_ANSWER)
    taken(refresh, clock, minutes=5)
    clock.move(hours=9)
    source.recheck()
    assert len(other.requests) == 1


def test_a_comparison_that_fails_is_told_and_costs_nothing(
    server: FaultServer,
    other: FaultServer,
    source: FallbackSource,
    refresh: RefreshService,
    clock: FakeClock,
) -> None:
    live(server)
    taken(refresh, clock)
    source.recheck()
    taken(refresh, clock, hours=7)
    other.say(HTML)
    source.recheck()
    state = source.state()
    assert (state.mapped, type(state.second_error).__name__) == (2, "MalformedAnswer")


def test_how_long_ago_a_pair_was_confirmed_is_kept(
    database: Database, server: FaultServer, refresh: RefreshService, clock: FakeClock
) -> None:
    live(server)
    taken(refresh, clock)
    server.say(NO_ANSWER)
    taken(refresh, clock, minutes=5)
    taken(refresh, clock, days=2)
    with database.reading() as session:
        (bitcoin, *_rest) = store.of(session, "coinpaprika").to_dict("records")
    assert bitcoin["confirmed_at"] == NOON + timedelta(minutes=5)
    assert bitcoin["checked_at"] == clock()


def replace_price(coin: dict[str, Any], price: float) -> dict[str, Any]:
    return coin | {"quotes": {"USD": coin["quotes"]["USD"] | {"price": price}}}


def test_the_page_is_told_whose_figures_it_shows(
    server: FaultServer, refresh: RefreshService, market: MarketService, clock: FakeClock
) -> None:
    monitoring = MonitoringService(
        market,
        refresh,
        market=CRYPTO,
        is_substitute=False,
        interval_seconds=300,
        next_at=lambda: None,
        clock=clock,
        audit=Notes(),
    )
    assert not monitoring.status().is_from_fallback
    live(server)
    taken(refresh, clock)
    assert not monitoring.status().is_from_fallback
    server.say(NO_ANSWER)
    taken(refresh, clock, minutes=5)
    status = monitoring.status()
    assert (status.is_from_fallback, status.is_failing, status.is_simulated) == (True, False, False)
    assert replace(status, snapshot=None).is_from_fallback is False
