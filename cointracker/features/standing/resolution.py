"""Which coin a symbol of a source of social standing means; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cointracker.providers.base import Indicator

MIN_SHARE = 0.5
"""What share of the coins must have a number for a rank among them to mean anything."""


@dataclass(frozen=True)
class Collision:
    """A symbol that several tracked coins bear. chosen: the one taken; others: largest first.

    is_overridden: a person chose, not the market cap.
    """

    symbol: str
    chosen: str
    others: tuple[str, ...]
    is_overridden: bool


@dataclass(frozen=True)
class Resolution:
    """standings: by coin id. unmapped: the symbols that no tracked coin bears, in their order."""

    standings: Mapping[str, float]
    collisions: tuple[Collision, ...] = ()
    unmapped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tracked:
    """The coins that are followed. bearers: their ids by symbol, the largest cap first."""

    coin_ids: frozenset[str]
    bearers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, coins: pd.DataFrame) -> Tracked:
        """coins: coin_id, symbol, market_cap (NaN counts as the smallest); equal ones by id."""
        ordered = coins.sort_values(["market_cap", "coin_id"], ascending=[False, True])
        symbols = ordered["symbol"].str.upper()
        bearers = {str(symbol): tuple(ids) for symbol, ids in ordered.groupby(symbols)["coin_id"]}
        return cls(frozenset(coins["coin_id"]), bearers)


def resolve(
    indicators: Iterable[Indicator], tracked: Tracked, overrides: Mapping[str, str]
) -> Resolution:
    """The standings of the tracked coins that the indicators speak of.

    A row that names a tracked coin by its id is that coin's. Else an override of its symbol
    decides, and else the market cap. Of two rows for one coin the one with the id is taken, else
    the first. An override to a coin that is not tracked leaves its symbol unmapped.
    """
    standings: dict[str, float] = {}
    collisions: dict[str, Collision] = {}
    unmapped: dict[str, None] = {}
    by_id_first = sorted(indicators, key=lambda row: row.coin_id not in tracked.coin_ids)
    for row in by_id_first:
        chosen = row.coin_id if row.coin_id in tracked.coin_ids else None
        if chosen is None:
            bearers = tracked.bearers.get(row.symbol, ())
            wanted = overrides.get(row.symbol, bearers[0] if bearers else None)
            chosen = wanted if wanted in tracked.coin_ids else None
            if chosen is not None and set(bearers) - {chosen}:
                collisions[row.symbol] = _collision(row.symbol, chosen, bearers, overrides)
        if chosen is None:
            unmapped[row.symbol] = None
        else:
            standings.setdefault(chosen, row.standing)
    return Resolution(standings, tuple(collisions.values()), tuple(unmapped))


def merged(standings: Sequence[Mapping[str, float]]) -> dict[str, tuple[float, int]]:
    """Each coin's standing and the place of who gave it: the first that knows the coin."""
    by_coin: dict[str, tuple[float, int]] = {}
    for place, given in enumerate(standings):
        for coin_id, standing in given.items():
            by_coin.setdefault(coin_id, (standing, place))
    return by_coin


def by_watchlists(users: Mapping[str, int], coin_ids: Iterable[str]) -> dict[str, float]:
    """The rank of each coin by how many people watch it, 1 = most; equal ones share the better.

    Only coins of `coin_ids` count. Empty when fewer than half of them have a number.
    """
    wanted = list(coin_ids)
    known = {coin_id: users[coin_id] for coin_id in wanted if coin_id in users}
    if not known or len(known) < MIN_SHARE * len(wanted):
        return {}
    counts = np.array(list(known.values()))
    ranks = (counts[None, :] > counts[:, None]).sum(axis=1) + 1
    return dict(zip(known, ranks.astype(float).tolist(), strict=True))


def _collision(
    symbol: str, chosen: str, bearers: Sequence[str], overrides: Mapping[str, str]
) -> Collision:
    others = tuple(coin_id for coin_id in bearers if coin_id != chosen)
    return Collision(symbol, chosen, others, symbol in overrides)
