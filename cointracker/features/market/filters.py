"""Which coins of a ranking are shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

PEGGED_CHOICES = ("all", "without", "only")


@dataclass(frozen=True)
class Filter:
    """Conditions that a coin must meet; the defaults let every coin pass.

    Caps and volumes in the quote currency, coverage 0..1. A coin whose figure is missing does
    not meet a condition on it.
    """

    search: str = ""
    min_market_cap: float = 0.0
    min_volume: float = 0.0
    min_coverage: float = 0.0
    pegged: str = "all"

    @property
    def conditions(self) -> int:
        """How many conditions beside the search are set."""
        figures = (self.min_market_cap, self.min_volume, self.min_coverage)
        return sum(figure > 0 for figure in figures) + (self.pegged != "all")

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of a ranking that pass, in their order."""
        keep = np.ones(len(frame), dtype=np.bool_)
        for column, least in (
            ("market_cap", self.min_market_cap),
            ("volume_24h", self.min_volume),
            ("coverage", self.min_coverage),
        ):
            if least > 0:
                keep &= (frame[column] >= least).to_numpy()
        if self.pegged != "all":
            keep &= (frame["pegged"] == (self.pegged == "only")).to_numpy()
        if wanted := self.search.strip().casefold():
            keep &= _mentions(frame, wanted)
        return frame[keep]


def _mentions(frame: pd.DataFrame, wanted: str) -> np.ndarray:
    """Which rows have the text in name, symbol or coin id; not a pattern, the very text."""
    matches = np.zeros(len(frame), dtype=np.bool_)
    for column in ("name", "symbol", "coin_id"):
        matches |= frame[column].str.casefold().str.contains(wanted, regex=False).to_numpy()
    return matches
