"""Which coins pass which conditions."""

from __future__ import annotations

import pandas as pd
import pytest

from cointracker.features.market.filters import Filter

NAN = float("nan")
COINS = pd.DataFrame(
    [
        ("bitcoin", "BTC", "Bitcoin", 2e12, 3e10, 1.0, False),
        ("tether", "USDT", "Tether", 1e11, 5e10, 0.85, True),
        ("weth", "WETH", "Wrapped (ether)", 1e9, NAN, 0.4, False),
        ("ghost", "GHO.T", "Straße", NAN, 0.0, 0.0, True),
    ],
    columns=["coin_id", "symbol", "name", "market_cap", "volume_24h", "coverage", "pegged"],
    index=[7, 3, 5, 1],
)
ALL = ["bitcoin", "tether", "weth", "ghost"]


@pytest.mark.parametrize(
    ("conditions", "passing"),
    [
        ({}, ALL),
        ({"min_market_cap": 1e11}, ["bitcoin", "tether"]),
        ({"min_market_cap": 1e11 + 1}, ["bitcoin"]),
        ({"min_market_cap": 1e-9}, ["bitcoin", "tether", "weth"]),
        ({"min_volume": 1}, ["bitcoin", "tether"]),
        ({"min_volume": 3e10}, ["bitcoin", "tether"]),
        ({"min_coverage": 0.4}, ["bitcoin", "tether", "weth"]),
        ({"min_coverage": 1}, ["bitcoin"]),
        ({"pegged": "without"}, ["bitcoin", "weth"]),
        ({"pegged": "only"}, ["tether", "ghost"]),
        ({"pegged": "only", "min_market_cap": 1}, ["tether"]),
        ({"search": "t"}, ALL),
        ({"search": " BIT "}, ["bitcoin"]),
        ({"search": "usdt"}, ["tether"]),
        ({"search": "ether"}, ["tether", "weth"]),
        ({"search": "("}, ["weth"]),
        ({"search": "gho.t"}, ["ghost"]),
        ({"search": "b.c"}, []),
        ({"search": "STRASSE"}, ["ghost"]),
        ({"search": "   "}, ALL),
        ({"search": "bitcoin", "pegged": "only"}, []),
    ],
)
def test_passing(conditions, passing):
    assert Filter(**conditions).apply(COINS)["coin_id"].tolist() == passing


def test_rows_stay_as_they_are():
    passing = Filter(min_volume=1).apply(COINS)
    pd.testing.assert_frame_equal(passing, COINS.loc[[7, 3]])


def test_no_coins():
    strict = Filter("x", 1, 1, 1, "only")
    passing = strict.apply(COINS.iloc[:0])
    assert passing.empty
    assert list(passing.columns) == list(COINS.columns)


@pytest.mark.parametrize(
    ("conditions", "count"),
    [
        ({}, 0),
        ({"search": "bit"}, 0),
        ({"pegged": "without"}, 1),
        ({"min_market_cap": 1, "min_volume": 1, "min_coverage": 0.1, "pegged": "only"}, 4),
    ],
)
def test_conditions_beside_the_search(conditions, count):
    assert Filter(**conditions).conditions == count
