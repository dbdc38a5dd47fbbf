"""Weights: non-negative numbers, one a factor, of which only the proportions matter."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cointracker.core.errors import InvalidWeights
from cointracker.ranking.factors import FACTOR_KEYS, FACTORS, FloatArray


@dataclass(frozen=True, init=False, repr=False)
class Weights:
    """One weight a factor: `Weights(40, 35)`, `Weights(social=50)`; what is left out has its
    default.

    Iterates over the numbers in the order of `FACTORS`; `weights["social"]` is that of one factor.
    Raises InvalidWeights, naming the factor, when they cannot rank.
    """

    values: tuple[float, ...]

    def __init__(self, *values: float, **by_key: float) -> None:
        given = dict(zip(FACTOR_KEYS, values, strict=False)) | by_key
        if len(values) > len(FACTOR_KEYS) or len(given) < len(values) + len(by_key):
            raise TypeError("a weight is given twice, or there are more weights than factors")
        if unknown := given.keys() - FACTOR_KEYS:
            raise TypeError(f"there are no factors {', '.join(sorted(unknown))}")
        weights = tuple(given.get(factor.key, factor.default_weight) for factor in FACTORS)
        _check(weights)
        object.__setattr__(self, "values", weights)

    def __iter__(self) -> Iterator[float]:
        return iter(self.values)

    def __getitem__(self, key: str) -> float:
        return self.by_key()[key]

    def __repr__(self) -> str:
        named = (f"{key}={value!r}" for key, value in self.by_key().items())
        return f"Weights({', '.join(named)})"

    def by_key(self) -> dict[str, float]:
        """Each weight by the key of its factor."""
        return dict(zip(FACTOR_KEYS, self.values, strict=True))

    def replace(self, **by_key: float) -> Weights:
        """The same weights but for those given."""
        return Weights(**{**self.by_key(), **by_key})

    def shares(self) -> FloatArray:
        """Each weight's share of all: (factors,) in the order of `FACTORS`, adding up to 1."""
        values: FloatArray = np.array(self.values, dtype=np.float64)
        shares: FloatArray = values / values.sum()
        return shares

    def text(self) -> str:
        """The numbers as `parse` reads them."""
        return ",".join(repr(weight).removesuffix(".0") for weight in self)

    @classmethod
    def of(cls, values: Sequence[float]) -> Weights:
        """Weights from a number for each factor, in the order of `FACTORS`."""
        if len(values) != len(FACTORS):
            raise InvalidWeights("weights", f"must be {len(FACTORS)} numbers, got {len(values)}")
        return cls(*(float(value) for value in values))

    @classmethod
    def only(cls, **by_key: float) -> Weights:
        """Weights of these factors alone; those of all others are 0."""
        return cls(**{**dict.fromkeys(FACTOR_KEYS, 0.0), **by_key})

    @classmethod
    def parse(cls, text: str) -> Weights:
        """Weights from text such as `25,20,25,15,15`."""
        try:
            values = [float(part) for part in text.split(",")]
        except ValueError as exc:
            raise InvalidWeights("weights", "must be numbers separated by commas") from exc
        return cls.of(values)


def _check(weights: tuple[float, ...]) -> None:
    for key, value in zip(FACTOR_KEYS, weights, strict=True):
        if not math.isfinite(value):
            raise InvalidWeights(key, "must be a finite number")
        if value < 0:
            raise InvalidWeights(key, "must not be negative")
    total = sum(weights)
    if not total > 0:
        raise InvalidWeights("weights", "must not all be zero")
    if not math.isfinite(total):
        raise InvalidWeights("weights", "are too large to be added up")


DEFAULT_WEIGHTS = Weights()
