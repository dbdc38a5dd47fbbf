"""The simulated market as a source; the market itself is tested in test_simulated_market.py."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pandas.testing import assert_frame_equal

from cointracker.core.errors import NotFound
from cointracker.providers.base import CoinDetails
from cointracker.providers.coingecko.market_chart import COLUMNS
from cointracker.providers.markets import read_markets
from cointracker.providers.simulated.market import SimulatedMarket
from cointracker.providers.simulated.source import SimulatedSource
from tests.fakes import NOON, FakeClock

MARKET = SimulatedMarket(coin_count=60)


def test_it_gives_what_the_market_is_at_the_instant_of_its_clock() -> None:
    clock = FakeClock()
    source = SimulatedSource(clock, MARKET)
    for _hour in range(2):
        batch = source.fetch_markets(20)
        assert (batch.source, batch.fetched_at) == ("simulated", clock())
        assert (batch.markets, batch.rejections) == read_markets(
            MARKET.markets(clock(), 20), clock()
        )
        assert len(batch.markets) == 20
        clock.move(hours=1)


def test_standings_are_by_coin_and_the_best_is_first() -> None:
    standings = SimulatedSource(FakeClock(), MARKET).fetch_standings()
    assert standings == MARKET.standings(NOON)
    assert min(standings.values()) == 1.0
    assert {type(standing) for standing in standings.values()} == {float}


def test_history_ends_at_its_clock() -> None:
    history = SimulatedSource(FakeClock(), MARKET).fetch_history(5)
    assert history["observed_at"].max() == NOON
    assert history["observed_at"].nunique() == 5


def test_details_say_that_the_coin_is_invented() -> None:
    source = SimulatedSource(FakeClock(), MARKET)
    coin_id = MARKET.coins[0].coin_id
    told = source.fetch_details(coin_id)
    assert told == CoinDetails(coin_id, "simulated", NOON, told.description)
    assert "invented" in told.description
    with pytest.raises(NotFound):
        source.fetch_details("bitcoin")
    with pytest.raises(NotFound):
        source.fetch_chart("bitcoin", 90)


@pytest.mark.parametrize("place", [0, 17, len(MARKET.coins) - 1])
def test_a_chart_is_the_history_of_one_coin(place: int) -> None:
    clock = FakeClock(NOON + timedelta(minutes=20))
    source, coin_id = SimulatedSource(clock, MARKET), MARKET.coins[place].coin_id
    hourly, daily = source.fetch_chart(coin_id, 90), source.fetch_chart(coin_id, 100)
    assert tuple(hourly.columns) == tuple(daily.columns) == COLUMNS
    every = source.fetch_history(100 * 24)
    alone = every[every["coin_id"] == coin_id]
    recent = alone["observed_at"] > NOON - timedelta(days=90)
    assert_frame_equal(hourly, alone[recent].reset_index(drop=True), check_exact=True)
    midnights = (alone["observed_at"].dt.hour == 0) | (alone["observed_at"] == NOON)
    assert_frame_equal(daily, alone[midnights].reset_index(drop=True), check_exact=True)


def test_it_always_answers_and_holds_nothing() -> None:
    source = SimulatedSource(FakeClock(), MARKET)
    source.ping()
    source.close()
    assert source.fetch_markets(1).markets
