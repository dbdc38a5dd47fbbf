"""How sure a rank is: where a coin lands when the weights are a little different."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cointracker.ranking.factors import FloatArray
from cointracker.ranking.score import UNRANKED
from cointracker.ranking.weights import Weights

DRAWS = 1_000
SEED = 20_260_101
RELATIVE_DEVIATION = 0.2
PERCENTILES = (5.0, 95.0)


@dataclass(frozen=True)
class RankBands:
    """The 5th and the 95th percentile of each coin's rank: (coins,) each, 0 for unranked ones."""

    low: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]


def rank_bands(
    factors: FloatArray, weights: Weights, *, cap: FloatArray, coin_ids: npt.NDArray[np.str_]
) -> RankBands:
    """Rank bands of coins when the weights are drawn 1,000 times around the chosen ones.

    Arguments as in `rank_coins`. The seed is fixed: the same input gives the same bands.
    """
    draws = drawn_shares(weights)
    ties_settled = np.lexsort((coin_ids, np.where(np.isnan(cap), np.inf, -cap)))
    scores = _scores(factors[ties_settled], draws)
    ranks = _ranks(scores)
    low, high = np.percentile(ranks, PERCENTILES, axis=1, method="inverted_cdf")
    ranked = ~np.isnan(scores[:, 0])
    bands = np.zeros((2, len(factors)), dtype=np.int64)
    bands[0, ties_settled] = np.where(ranked, low, UNRANKED)
    bands[1, ties_settled] = np.where(ranked, high, UNRANKED)
    return RankBands(low=bands[0], high=bands[1])


def drawn_shares(weights: Weights) -> FloatArray:
    """Shares drawn from a Dirichlet distribution around the weights': (draws, factors), rows add up
    to 1.

    The concentration k makes the squared relative deviation of the shares, (1 - w) / w / (k + 1),
    weighted by the shares themselves, 20 % squared: with n weights above zero their sum is n - 1,
    so k + 1 = (n - 1) / 0.2^2. A weight of zero stays zero.
    """
    shares = weights.shares()
    above_zero = shares > 0
    draws = np.tile(shares, (DRAWS, 1))
    if above_zero.sum() > 1:
        concentration = (above_zero.sum() - 1) / RELATIVE_DEVIATION**2 - 1
        around = np.random.default_rng(SEED)
        draws[:, above_zero] = around.dirichlet(concentration * shares[above_zero], DRAWS)
    return draws


def _scores(factors: FloatArray, draws: FloatArray) -> FloatArray:
    """(coins, draws) scores, NaN where no weighted factor is known."""
    known = ~np.isnan(factors)
    coverage = known.astype(np.float64) @ draws.T
    points = np.where(known, factors, 0.0) @ draws.T
    return points / np.where(coverage > 0, coverage, np.nan)


def _ranks(scores: FloatArray) -> npt.NDArray[np.int32]:
    """(coins, draws) ranks from 1, equal scores in the order of the rows, NaN last."""
    order = np.argsort(-scores.T, axis=1, kind="stable")
    ranks = np.empty(order.shape, dtype=np.int32)
    np.put_along_axis(ranks, order, np.arange(1, len(scores) + 1, dtype=np.int32)[None, :], axis=1)
    return ranks.T
