"""Weights: five non-negative numbers of which only the proportions matter (SPEC 2.4)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np

from cointracker.errors import InvalidWeights
from cointracker.ranking.factors import FACTORS, FloatArray


@dataclass(frozen=True)
class Weights:
    """One weight a factor. Raises InvalidWeights, naming the factor, when they cannot rank."""

    price_change: float = 25.0
    volume_change: float = 20.0
    stability: float = 25.0
    market_cap: float = 15.0
    social: float = 15.0

    def __post_init__(self) -> None:
        for name, value in zip(FACTORS, self, strict=True):
            if not math.isfinite(value):
                raise InvalidWeights(name, "must be a finite number")
            if value < 0:
                raise InvalidWeights(name, "must not be negative")
        total = sum(self)
        if not total > 0:
            raise InvalidWeights("weights", "must not all be zero")
        if not math.isfinite(total):
            raise InvalidWeights("weights", "are too large to be added up")

    def __iter__(self) -> Iterator[float]:
        return iter(astuple(self))

    def shares(self) -> FloatArray:
        """Each weight's share of all: (5,) in the order of `FACTORS`, adding up to 1."""
        values: FloatArray = np.array(tuple(self), dtype=np.float64)
        shares: FloatArray = values / values.sum()
        return shares

    @classmethod
    def of(cls, values: Sequence[float]) -> Weights:
        """Weights from five numbers in the order of `FACTORS`."""
        if len(values) != len(FACTORS):
            raise InvalidWeights("weights", f"must be {len(FACTORS)} numbers, got {len(values)}")
        return cls(*(float(value) for value in values))

    @classmethod
    def parse(cls, text: str) -> Weights:
        """Weights from text such as `25,20,25,15,15`."""
        try:
            values = [float(part) for part in text.split(",")]
        except ValueError as exc:
            raise InvalidWeights("weights", "must be numbers separated by commas") from exc
        return cls.of(values)


DEFAULT_WEIGHTS = Weights()

if tuple(field.name for field in fields(Weights)) != FACTORS:
    raise AssertionError("Weights and FACTORS must name the same factors in the same order")
