"""Score, coverage, contributions and rank from the factor matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cointracker.ranking.factors import FloatArray
from cointracker.ranking.weights import Weights

UNRANKED = 0
"""The rank of a coin without a score."""


@dataclass(frozen=True)
class Ranking:
    """What weights make of a factor matrix, row for row.

    score: (coins,) 0..100, NaN when no weighted factor is known. coverage: (coins,) 0..1.
    contributions: (coins, factors) score points that add up to the score, NaN where the factor is
    unknown. rank: (coins,) 1..N without gaps, 0 (`UNRANKED`) for coins without a score.
    order: (coins,) row numbers, best first, unranked ones last.
    """

    score: FloatArray
    coverage: FloatArray
    contributions: FloatArray
    rank: npt.NDArray[np.int64]
    order: npt.NDArray[np.int64]


def rank_coins(
    factors: FloatArray, weights: Weights, *, cap: FloatArray, coin_ids: npt.NDArray[np.str_]
) -> Ranking:
    """Ranking of coins by the weighted mean of the factors that each of them has.

    factors: (coins, factors), NaN where unknown. cap: (coins,) market cap, decides between equal
    scores, larger first, unknown last. coin_ids: (coins,) str, decides what is still equal.
    """
    shares = weights.shares()
    coverage = np.where(np.isnan(factors), 0.0, shares).sum(axis=1)
    has_score = coverage > 0
    contributions = factors * shares / np.where(has_score, coverage, np.nan)[:, None]
    score = np.where(has_score, np.nansum(contributions, axis=1), np.nan)
    order = _order(score, cap, coin_ids)
    return Ranking(score, coverage, contributions, _ranks(order, has_score), order)


def _order(
    score: FloatArray, cap: FloatArray, coin_ids: npt.NDArray[np.str_]
) -> npt.NDArray[np.int64]:
    """Row numbers by score descending, then cap descending, then coin id; NaN last in each."""
    keys = (np.asarray(coin_ids), _descending(cap), _descending(score))
    return np.asarray(np.lexsort(keys), dtype=np.int64)


def _descending(values: FloatArray) -> FloatArray:
    return np.where(np.isnan(values), np.inf, -values)


def _ranks(order: npt.NDArray[np.int64], has_score: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(1, len(order) + 1)
    return np.where(has_score, ranks, UNRANKED)
