"""Why a coin stands where it stands: its largest contributions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cointracker.ranking.factors import FACTOR_KEYS

MAX_REASONS = 3


@dataclass(frozen=True)
class Reason:
    """One factor that carries the score: its key and its value, 0..100."""

    factor: str
    value: float


def reasons(factors: Sequence[float], contributions: Sequence[float]) -> tuple[Reason, ...]:
    """The up to three factors that give a coin most score points, largest contribution first.

    factors and contributions: one row each, a number a factor, NaN where unknown. A factor that
    gives no points is no reason. Equal contributions keep the order of `FACTORS`.
    """
    giving = [i for i, points in enumerate(contributions) if not math.isnan(points) and points > 0]
    giving.sort(key=lambda i: -contributions[i])
    return tuple(Reason(FACTOR_KEYS[i], float(factors[i])) for i in giving[:MAX_REASONS])
