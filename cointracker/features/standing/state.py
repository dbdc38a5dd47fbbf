"""How social standing comes about: what is in force, what the sources said, how they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from cointracker.features.standing.resolution import Collision
from cointracker.features.standing.store import Check
from cointracker.providers.base import Indicator


@dataclass(frozen=True)
class SourceState:
    """How one source of standing stands; check is None when it was never asked.

    age_seconds: of the stored answer, infinite without one. is_stale: the answer is older than it
    should be, and still served. rejections: the first refused rows (see `answers`).
    """

    source: str
    check: Check | None
    age_seconds: float
    is_stale: bool
    rejections: pd.DataFrame


@dataclass(frozen=True)
class StandingState:
    """How standing comes about. sources: in their order of priority; empty with watchlists alone.

    coins: how many have a standing. is_stale: every source that has an answer has a stale one.
    """

    sources: tuple[SourceState, ...]
    coins: int
    tracked: int
    is_stale: bool
    collisions: tuple[Collision, ...]
    unmapped: tuple[str, ...]


@dataclass(frozen=True)
class Standings:
    """Standing by symbol, the largest coin's of those that share one; by whom, since when."""

    by_symbol: Mapping[str, float]
    source: str | None
    at: datetime | None

    @classmethod
    def of(cls, rows: pd.DataFrame, source: str | None, at: datetime | None) -> Standings:
        """rows: symbol, standing, market_cap (NaN counts as the smallest), coin_id."""
        ordered = rows.sort_values(["market_cap", "coin_id"], ascending=[False, True])
        symbols = ordered["symbol"].str.upper()
        first = ordered.assign(symbol=symbols)[~symbols.duplicated()]
        return cls(dict(zip(first["symbol"], first["standing"], strict=True)), source, at)


@dataclass(frozen=True)
class Told:
    """The sources' last answers as one: a symbol's row is that of the first source that has it.

    answered_at: when the oldest of these answers came; None without one, as source.
    """

    indicators: tuple[Indicator, ...]
    source: str | None
    answered_at: datetime | None
