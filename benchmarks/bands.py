"""Rank bands of 1,000 coins against one scoring pass in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from benchmarks.server import median
from cointracker.ranking.score import rank_coins
from cointracker.ranking.sensitivity import DRAWS, rank_bands
from cointracker.ranking.weights import DEFAULT_WEIGHTS

COINS, RUNS = 1_000, 15


def main() -> None:
    """Print the figures."""
    chance = np.random.default_rng(1)
    factors = chance.uniform(0, 100, (COINS, 5))
    factors[chance.random(factors.shape) < 0.1] = np.nan
    ties = {
        "cap": chance.lognormal(20, 2, COINS),
        "coin_ids": np.array([f"coin-{number}" for number in range(COINS)]),
    }
    once = _milliseconds(lambda: rank_coins(factors, DEFAULT_WEIGHTS, **ties))
    bands = _milliseconds(lambda: rank_bands(factors, DEFAULT_WEIGHTS, **ties))
    print(f"rank bands, {COINS} coins, {DRAWS} draws, median of {RUNS}")
    print(f"  one scoring pass {once:8.2f} ms")
    print(f"  bands            {bands:8.2f} ms   {bands / once:.0f} x one pass")


def _milliseconds(action: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        action()
        times.append((time.perf_counter() - began) * 1000.0)
    return median(times)
