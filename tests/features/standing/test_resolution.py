"""Which coin a symbol means: an id, an override, the market cap, in this order."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointracker.features.standing.resolution import (
    Collision,
    Resolution,
    Tracked,
    by_watchlists,
    merged,
    resolve,
)
from cointracker.providers.base import Indicator

COINS = pd.DataFrame(
    [
        ("small-sol", "SOL", 1e6),
        ("solana", "sol", 9e10),
        ("silent-sol", "SOL", math.nan),
        ("bitcoin", "BTC", 1e12),
    ],
    columns=["coin_id", "symbol", "market_cap"],
)
TRACKED = Tracked.of(COINS)


def resolved(*rows: Indicator, **overrides: str) -> Resolution:
    return resolve(rows, TRACKED, overrides)


def test_a_symbol_is_the_largest_coin_that_bears_it() -> None:
    found = resolved(Indicator("BTC", 2), Indicator("SOL", 7), Indicator("DOGE", 1))
    assert found.standings == {"bitcoin": 2, "solana": 7}
    others = ("small-sol", "silent-sol")
    assert found.collisions == (Collision("SOL", "solana", others, is_overridden=False),)
    assert found.unmapped == ("DOGE",)


def test_an_override_goes_before_the_market_cap() -> None:
    found = resolved(Indicator("SOL", 7), Indicator("XBT", 3), SOL="small-sol", XBT="bitcoin")
    assert found.standings == {"small-sol": 7, "bitcoin": 3}
    others = ("solana", "silent-sol")
    assert found.collisions == (Collision("SOL", "small-sol", others, is_overridden=True),)


def test_an_override_to_a_coin_that_is_not_tracked_maps_nothing() -> None:
    assert resolved(Indicator("SOL", 7), SOL="gone") == Resolution({}, (), ("SOL",))


def test_an_id_goes_before_the_override() -> None:
    found = resolved(Indicator("SOL", 7, None, "silent-sol"), SOL="small-sol")
    assert found == Resolution({"silent-sol": 7})


def test_an_id_that_is_not_tracked_leaves_it_to_the_symbol() -> None:
    assert resolved(Indicator("BTC", 7, None, "gone")).standings == {"bitcoin": 7}


def test_of_two_rows_for_a_coin_the_one_with_the_id_counts_else_the_first() -> None:
    rows = Indicator("BTC", 1), Indicator("WBTC", 2, None, "bitcoin"), Indicator("BTC", 3)
    assert resolved(*rows).standings == {"bitcoin": 2}
    assert resolved(rows[0], rows[2]).standings == {"bitcoin": 1}


def test_equal_caps_go_by_id() -> None:
    twins = COINS.assign(symbol="X", market_cap=5.0)
    assert resolve([Indicator("X", 1)], Tracked.of(twins), {}).standings == {"bitcoin": 1}


def test_nothing_tracked() -> None:
    assert resolve([Indicator("X", 1)], Tracked.of(COINS[:0]), {}).unmapped == ("X",)


def test_the_second_fills_what_the_first_lacks() -> None:
    first, second = {"a": 1.0, "b": 2.0}, {"b": 9.0, "c": 3.0}
    assert merged([first, second]) == {"a": (1.0, 0), "b": (2.0, 0), "c": (3.0, 1)}
    assert merged([{}, second]) == {"b": (9.0, 1), "c": (3.0, 1)}


# Watchlists


def test_the_rank_by_watchlists() -> None:
    users = {"a": 5, "b": 90, "c": 5, "d": 1, "elsewhere": 10**9}
    assert by_watchlists(users, "abcdxyzw") == {"a": 2, "b": 1, "c": 2, "d": 4}


@pytest.mark.parametrize(("known", "ranked"), [(0, 0), (1, 0), (2, 2), (4, 4)])
def test_too_few_watchlists_make_no_rank(known: int, ranked: int) -> None:
    users = dict.fromkeys("abcd"[:known], 7)
    assert len(by_watchlists(users, "abcd")) == ranked


ids = st.sampled_from(["solana", "small-sol", "bitcoin", "gone"])
any_rows = st.lists(
    st.builds(
        Indicator,
        st.sampled_from(["SOL", "BTC", "X"]),
        st.floats(0.1, 9),
        st.none(),
        st.none() | ids,
    )
)


@given(any_rows, st.dictionaries(st.sampled_from(["SOL", "X"]), ids))
def test_only_tracked_coins_get_a_standing_and_only_one_that_was_given(
    rows: list[Indicator], overrides: dict[str, str]
) -> None:
    found = resolve(rows, TRACKED, overrides)
    assert set(found.standings) <= TRACKED.coin_ids
    assert set(found.standings.values()) <= {row.standing for row in rows}
    assert set(found.unmapped) <= {row.symbol for row in rows}
    for hit in found.collisions:
        assert set(hit.others) | {hit.chosen} <= TRACKED.coin_ids
        assert hit.chosen not in hit.others
