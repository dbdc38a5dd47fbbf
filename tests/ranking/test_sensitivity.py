"""Rank bands: where a coin lands when the weights are a little different."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointracker.ranking.score import UNRANKED, rank_coins
from cointracker.ranking.sensitivity import DRAWS, RankBands, drawn_shares, rank_bands
from cointracker.ranking.weights import DEFAULT_WEIGHTS, Weights

NAN = float("nan")


def market(coins: int, seed: int, missing: float = 0.2) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    chance = np.random.default_rng(seed)
    factors = chance.uniform(0, 100, (coins, 5))
    factors[chance.random(factors.shape) < missing] = NAN
    ids = np.array([f"coin-{number:03}" for number in range(coins)])
    return factors, {"cap": chance.lognormal(20, 2, coins), "coin_ids": ids}


def slow_bands(
    factors: np.ndarray, weights: Weights, ties: dict[str, np.ndarray]
) -> list[tuple[int, int]]:
    """The same, one draw after the other, through the ranking itself."""
    seen: list[list[int]] = [[] for _ in factors]
    for shares in drawn_shares(weights):
        for ranks, rank in zip(
            seen, rank_coins(factors, Weights(*shares), **ties).rank.tolist(), strict=True
        ):
            ranks.append(rank)
    return [(sorted(ranks)[DRAWS // 20 - 1], sorted(ranks)[DRAWS * 19 // 20 - 1]) for ranks in seen]


def pairs(bands: RankBands) -> list[tuple[int, int]]:
    return list(zip(bands.low.tolist(), bands.high.tolist(), strict=True))


@pytest.mark.parametrize("weights", [DEFAULT_WEIGHTS, Weights(40, 0, 5, 10, 45)])
def test_bands_are_percentiles_of_the_ranks_of_each_draw(weights: Weights) -> None:
    factors, ties = market(30, seed=7)
    assert pairs(rank_bands(factors, weights, **ties)) == slow_bands(factors, weights, ties)


def test_the_same_input_gives_the_same_bands() -> None:
    factors, ties = market(50, seed=1)
    first, again = (rank_bands(factors, DEFAULT_WEIGHTS, **ties) for _ in range(2))
    assert pairs(first) == pairs(again)


@given(st.integers(0, 2**31))
def test_bands_go_with_their_coins_whatever_the_order(seed: int) -> None:
    factors, ties = market(20, seed)
    order = np.random.default_rng(seed).permutation(20)
    shuffled = {name: values[order] for name, values in ties.items()}
    bands = pairs(rank_bands(factors, DEFAULT_WEIGHTS, **ties))
    assert pairs(rank_bands(factors[order], DEFAULT_WEIGHTS, **shuffled)) == [
        bands[row] for row in order
    ]


def test_a_coin_that_leads_in_everything_is_sure_of_its_rank() -> None:
    factors, ties = market(20, seed=3, missing=0.0)
    factors[4] = 100.0
    assert pairs(rank_bands(factors, DEFAULT_WEIGHTS, **ties))[4] == (1, 1)


def test_one_weight_alone_cannot_move() -> None:
    factors, ties = market(20, seed=5, missing=0.0)
    alone = Weights(0, 0, 1, 0, 0)
    ranks = rank_coins(factors, alone, **ties).rank.tolist()
    assert pairs(rank_bands(factors, alone, **ties)) == [(rank, rank) for rank in ranks]


def test_a_coin_without_a_score_has_no_band() -> None:
    factors, ties = market(5, seed=2, missing=0.0)
    factors[3] = NAN
    assert pairs(rank_bands(factors, DEFAULT_WEIGHTS, **ties))[3] == (UNRANKED, UNRANKED)


def test_equal_coins_keep_the_order_of_their_caps_in_every_draw() -> None:
    factors = np.full((3, 5), 50.0)
    ties = {"cap": np.array([1.0, NAN, 2.0]), "coin_ids": np.array(["a", "b", "c"])}
    assert pairs(rank_bands(factors, DEFAULT_WEIGHTS, **ties)) == [(2, 2), (3, 3), (1, 1)]


def test_no_coins_no_bands() -> None:
    factors, ties = market(0, seed=0)
    assert pairs(rank_bands(factors, DEFAULT_WEIGHTS, **ties)) == []


@pytest.mark.parametrize(
    "weights",
    [DEFAULT_WEIGHTS, Weights(1, 1, 1, 1, 1), Weights(60, 10, 10, 10, 10), Weights(3, 0, 1, 0, 0)],
)
def test_a_weight_moves_by_about_a_fifth_of_itself(weights: Weights) -> None:
    shares, draws = weights.shares(), drawn_shares(weights)
    positive = shares > 0
    assert np.allclose(draws.sum(axis=1), 1.0)
    assert (draws[:, ~positive] == 0).all()
    deviations = draws[:, positive].std(axis=0) / shares[positive]
    weighted = np.sqrt((shares[positive] * deviations**2).sum())
    assert weighted == pytest.approx(0.2, rel=0.05)
    assert np.allclose(draws.mean(axis=0), shares, atol=0.01)


def test_a_rank_lies_in_its_band_for_most_coins() -> None:
    factors, ties = market(100, seed=9)
    ranks = rank_coins(factors, DEFAULT_WEIGHTS, **ties).rank
    bands = rank_bands(factors, DEFAULT_WEIGHTS, **ties)
    assert ((bands.low <= ranks) & (ranks <= bands.high)).mean() > 0.95
    assert bisect_left(sorted(bands.high - bands.low), 1) < 20, "bands of chance coins are wide"
