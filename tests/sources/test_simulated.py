"""The simulated market as a source; the market itself is tested in test_simulated_market.py."""

from __future__ import annotations

from cointracker.sources.payloads import read_markets
from cointracker.sources.simulated import SimulatedSource
from cointracker.sources.simulated_market import SimulatedMarket
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


def test_it_always_answers_and_holds_nothing() -> None:
    source = SimulatedSource(FakeClock(), MARKET)
    source.ping()
    source.close()
    assert source.fetch_markets(1).markets
