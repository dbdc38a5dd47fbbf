"""A simulated market: a pure function of (seed, instant), with no clock and no I/O.

How a price comes about. Each day has random numbers of its own (Philox keyed by seed and day):
24 hourly moves a coin of the market, its sector and itself, with jumps, all scaled by a
volatility that remembers 30 days. The log level is the sum of the last 120 days' moves, fading
linearly, squeezed so that it stays within a bound. Between whole hours the log price follows a
bridge keyed by the hour, in 5-minute steps. The memo only saves time. Source: docs/sources.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cointracker.providers.simulated.names import (
    SECTORS,
    SimulatedCoin,
    invented_coins,
    iso,
    listing_ages,
)

__all__ = ["SimulatedCoin", "SimulatedMarket"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Days turn at 05:00 UTC: the coin whose feed moves once a day is stale at midnight and at noon.
EPOCH = datetime(1970, 1, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
CHANGE_HOURS = {"1h": 1, "24h": 24, "7d": 168, "30d": 720}
BRIDGE_STEPS = 12
ALL = slice(None)

MARKET_SIGMA, SECTOR_SIGMA = 0.019, 0.010  # of a calm day's log return
MARKET_WILDNESS, OWN_WILDNESS = 0.45, 0.40  # standard deviations of log volatility
GAP_CHANCE = 0.003  # that a feed leaves out the 1 h, the 24 h change of a coin in an hour
FADING = 1.0 - np.arange(120)[:, None] / 120
MEMORY = 0.88 ** np.arange(30)[:, None] * np.sqrt(1 - 0.88**2)
HOUR_SHARE = np.arange(1, 25)[:, None] / 24
BUSY_HOURS = 1.0 + 0.3 * np.cos((HOUR_SHARE - 11 / 24) * 2 * np.pi)  # busiest at 15:00 UTC
COINS, SHOCKS, UNREST, BRIDGE = range(4)  # streams of random numbers


class _Shocks(NamedTuple):
    moves: Floats  # (24, coins) log moves since the day began, running sum
    trading: Floats  # (24, coins) trading activity since the day began, running sum
    gaps: Flags  # (2, 24, coins) where the 1 h, the 24 h change is left out


class _Day(NamedTuple):
    price: Floats  # (24, coins) at each whole hour
    traded: Floats  # (24, coins) activity of the 24 h before it, about 1 on an average day
    gaps: Flags  # as in _Shocks


class _View(NamedTuple):
    age_hours: Ints  # (coins,) as from listing_ages
    path: Floats  # (169, coins) prices, hourly up to the instant, NaN before listing
    traded: Floats  # (coins,)
    volume: Floats  # (coins,)
    then: dict[str, Floats]  # (coins,) prices 1h, 24h, 7d, 30d ago, NaN where not reported


class SimulatedMarket:
    """An invented market on which `coin_count` coins are listed at any instant.

    coins: every coin there is, largest base cap first. With 50 or more, six places are shared by
    two coins that take turns of 45 days, so there are six coins more than are listed at a time.
    The same seed, count and instant give the same figures, whatever was asked before. Instants
    must be aware, or ValueError. Safe to share between threads. Source: docs/sources.md.
    """

    def __init__(self, seed: int = 20260101, coin_count: int = 250) -> None:
        """Draw the coins; ValueError if coin_count is outside 1..2,500."""
        self._seed = seed
        self.coins: tuple[SimulatedCoin, ...] = invented_coins(self._rng(COINS, 0), coin_count)
        self._base, self._bound = self._column("base_price_usd"), self._column("log_bound")
        self._supply, self._turnover = self._column("circulating_supply"), self._column("turnover")
        self._market_sigma = self._column("market_beta") * MARKET_SIGMA
        self._sector_sigma = self._column("sector_beta") * SECTOR_SIGMA
        self._own_sigma = self._column("own_sigma")
        variance = self._market_sigma**2 + self._sector_sigma**2 + self._own_sigma**2
        self._hourly_sigma = np.sqrt(variance / 24)
        self._sector = self._column("sector").astype(int)
        self._daily_feed = self._column("daily_feed").astype(bool)
        self._shocks: Callable[[int], _Shocks] = lru_cache(64)(self._draw_shocks)
        self._unrest: Callable[[int], Floats] = lru_cache(512)(self._draw_unrest)
        self._day_move: Callable[[int], Floats] = lru_cache(512)(
            lambda day: self._shocks(day).moves[-1].copy()
        )
        self._day: Callable[[int], _Day] = lru_cache(64)(self._make_day)

    def markets(self, at: datetime, count: int) -> list[dict[str, Any]]:
        """The body of CoinGecko's `/coins/markets` at `at`: `count` coins, largest cap first.

        Fewer if `count` exceeds the coin count. Missing numbers are None, prices USD, changes
        percent points; the sparkline is hourly, oldest first, its last point at `last_updated`.
        ValueError for a negative count or a naive instant. Source: docs/sources.md.
        """
        if count < 0:
            raise ValueError(f"count must not be negative, got {count}")
        view = self._view(at)
        cap = np.where(view.age_hours >= 0, view.path[-1] * self._supply, -1.0)
        order = [int(i) for i in np.argsort(-cap, kind="stable") if cap[i] >= 0][:count]
        figures = self._figures(view) | self._sparklines(view, at)
        return [
            self.coins[place].constants()
            | {key: values[place] for key, values in figures.items()}
            | {"market_cap_rank": rank}
            for rank, place in enumerate(order, start=1)
        ]

    def standings(self, at: datetime) -> dict[str, int]:
        """Social standing at `at`, coin id to 1.., best first; some coins have none.

        Grows with cap, with the last seven days' change and with how busily the coin trades.
        ValueError for a naive instant. Source: docs/sources.md.
        """
        view = self._view(at)
        momentum = np.nan_to_num(np.log(view.path[-1] / view.path[0]))
        appeal = np.log10(self._base * self._supply) + 2.5 * np.clip(momentum, -0.5, 0.5)
        appeal += 0.7 * self._column("social_pull") + 0.3 * np.log(view.traded)
        known = (view.age_hours >= 0) & self._column("has_standing").astype(bool)
        order = [i for i in np.argsort(-appeal, kind="stable") if known[i]]
        return {self.coins[i].coin_id: standing for standing, i in enumerate(order, start=1)}

    def history(self, until: datetime, hours: int, coin_id: str | None = None) -> pd.DataFrame:
        """The `hours` whole hours up to the last one <= `until`, as `markets()` reports them.

        Of all coins, or of one: a year of one takes half a second, two months a tenth of that.

        Columns coin_id (str), observed_at (datetime64[us, UTC]), price, volume_24h, market_cap,
        change_1h_pct, change_24h_pct, change_7d_pct, change_30d_pct (float64, NaN missing);
        ordered by observed_at, coin_id; no rows for a coin while it is not listed. ValueError
        for negative hours, a naive instant, or a coin that is none of `coins`.
        Source: docs/sources.md.
        """
        if hours < 0:
            raise ValueError(f"hours must not be negative, got {hours}")
        stop, reach = _split(until)[0] + 1, CHANGE_HOURS["30d"]
        of = self._places(coin_id)
        price, traded, gaps = self._stretch(stop - hours - reach, stop, of)
        now, coins = price[reach:], self.coins[of]
        age_hours = listing_ages(coins, np.arange(stop - hours, stop))
        volume = self._volume(now, traded[reach:], age_hours, 0.0, of)
        values = {"price": now, "volume_24h": volume, "market_cap": now * self._supply[of]}
        for span, back in CHANGE_HOURS.items():
            then = np.where(age_hours >= back, price[reach - back : len(price) - back], np.nan)
            values[f"change_{span}_pct"] = _change_pct(now, _reported(then, gaps[:, reach:], span))
        return self._frame(coins, values, age_hours >= 0, stop - hours)

    def _places(self, coin_id: str | None) -> slice:
        """Where in `coins` one of them stands, or all."""
        if coin_id is None:
            return ALL
        place = [coin.coin_id for coin in self.coins].index(coin_id)
        return slice(place, place + 1)

    def _view(self, at: datetime) -> _View:
        hour, share = _split(at)
        age_hours = listing_ages(self.coins, np.array([hour]))[0]
        path = np.array([self._price(hour - back, share) for back in range(168, -1, -1)])
        traded = self._traded(hour, share)
        volume = self._volume(path[-1], traded, age_hours, share)
        path[:-1][np.arange(168, 0, -1)[:, None] > age_hours] = np.nan
        month = np.where(age_hours >= CHANGE_HOURS["30d"], self._price(hour - 720, share), np.nan)
        then = {"1h": path[-2], "24h": path[-25], "7d": path[0], "30d": month}
        gaps = self._day(hour // 24).gaps[:, hour % 24]
        then = {span: _reported(prices, gaps, span) for span, prices in then.items()}
        return _View(age_hours, path, traded, volume, then)

    def _figures(self, view: _View) -> dict[str, list[float | None]]:
        """The columns of `/coins/markets` that change with the instant, each (coins,)."""
        price, then = view.path[-1], view.then
        change_pct = {span: _change_pct(price, then[span]) for span in CHANGE_HOURS}
        columns = {
            "current_price": price,
            "market_cap": price * self._supply,
            "fully_diluted_valuation": price * self._column("diluted_supply"),
            "total_volume": view.volume,
            "high_24h": np.fmax.reduce(view.path[-25:]),
            "low_24h": np.fmin.reduce(view.path[-25:]),
            "price_change_24h": price - then["24h"],
            "price_change_percentage_24h": change_pct["24h"],
            "market_cap_change_24h": (price - then["24h"]) * self._supply,
            "market_cap_change_percentage_24h": change_pct["24h"],
            "ath_change_percentage": _change_pct(price, self._column("ath_usd")),
            "atl_change_percentage": _change_pct(price, self._column("atl_usd")),
        }
        for span in CHANGE_HOURS:
            columns[f"price_change_percentage_{span}_in_currency"] = change_pct[span]
        return {key: _numbers(values) for key, values in columns.items()}

    def _sparklines(self, view: _View, at: datetime) -> dict[str, list[Any]]:
        """When each coin was last updated, and its sparkline up to then."""
        day, path = _split(at)[0] // 24, view.path[1:].copy()
        slow = np.array([self._price(day * 24 - back, 0.0) for back in range(167, -1, -1)])
        path[:, self._daily_feed] = slow[:, self._daily_feed]
        lines = [{"price": line[~np.isnan(line)].tolist()} for line in path.T]
        instants = [iso(at), iso(EPOCH + timedelta(days=day))]
        updated = [instants[int(slow_feed)] for slow_feed in self._daily_feed]
        return {"last_updated": updated, "sparkline_in_7d": lines}

    def _stretch(self, start: int, stop: int, of: slice = ALL) -> tuple[Floats, Floats, Flags]:
        """Prices and activity (hours, coins) and gaps (2, hours, coins) of whole hours."""
        days = [self._day(number) for number in range(start // 24, (stop - 1) // 24 + 1)]
        part = slice(start % 24, start % 24 + stop - start)
        price = np.concatenate([day.price[:, of] for day in days])[part]
        traded = np.concatenate([day.traded[:, of] for day in days])[part]
        return price, traded, np.concatenate([day.gaps[..., of] for day in days], axis=1)[:, part]

    @staticmethod
    def _frame(
        coins: tuple[SimulatedCoin, ...], values: dict[str, Floats], listed: Flags, start: int
    ) -> pd.DataFrame:
        """A row for each hour from `start` on and listed coin, from (hours, coins) arrays."""
        ids = [coin.coin_id for coin in coins]
        by_id = np.array(sorted(range(len(ids)), key=ids.__getitem__))
        hour, place = np.nonzero(listed[:, by_id])
        grid = pd.date_range(EPOCH + start * HOUR, periods=len(listed), freq="h", unit="us")
        columns: dict[str, Any] = {
            "coin_id": pd.array(sorted(ids), dtype="str").take(place),
            "observed_at": grid.take(hour),
        }
        return pd.DataFrame(columns | {k: v[hour, by_id[place]] for k, v in values.items()})

    def _price(self, hour: int, share: float) -> Floats:
        """(coins,) prices `share` (0 to below 1) of an hour after the whole hour `hour`."""
        here: Floats = self._day(hour // 24).price[hour % 24]
        if share == 0.0:
            return here
        ahead = self._day((hour + 1) // 24).price[(hour + 1) % 24]
        between = (1 - share) * np.log(here) + share * np.log(ahead) + self._bridge(hour, share)
        price: Floats = np.where(self._daily_feed, here, np.exp(between))
        return price

    def _traded(self, hour: int, share: float) -> Floats:
        here = self._day(hour // 24).traded[hour % 24]
        ahead = self._day((hour + 1) // 24).traded[(hour + 1) % 24]
        traded: Floats = here + np.where(self._daily_feed, 0.0, share) * (ahead - here)
        return traded

    def _bridge(self, hour: int, share: float) -> Floats:
        """(coins,) what the log price adds to the straight line between two whole hours."""
        steps = self._rng(BRIDGE, hour).normal(size=(BRIDGE_STEPS, len(self.coins)))
        step = int(share * BRIDGE_STEPS)
        walked = steps[:step].sum(axis=0) + (share * BRIDGE_STEPS - step) * steps[step]
        strayed: Floats = (walked - share * steps.sum(axis=0)) * self._hourly_sigma
        return strayed / math.sqrt(BRIDGE_STEPS)

    def _volume(
        self, price: Floats, traded: Floats, age_hours: Ints, share: float, of: slice = ALL
    ) -> Floats:
        """Trailing 24 h volume in USD; it grows over the first 24 h of a listing."""
        since_listing = np.clip((age_hours + share) / 24, 0.0, 1.0)
        volume: Floats = price * self._supply[of] * self._turnover[of] * traded * since_listing
        return volume

    def _make_day(self, day: int) -> _Day:
        today, yesterday = self._shocks(day), self._shocks(day - 1)
        opening, closing = self._level(day - 1), self._level(day)
        level = opening + today.moves + HOUR_SHARE * (closing - opening - today.moves[-1])
        price = self._base * np.exp(self._bound * np.tanh(level / self._bound))
        traded = (yesterday.trading[-1] - yesterday.trading + today.trading) / 24
        price[:, self._daily_feed] = price[0, self._daily_feed]
        traded[:, self._daily_feed] = traded[0, self._daily_feed]
        return _Day(price, traded, today.gaps)

    def _level(self, day: int) -> Floats:
        """(coins,) log price over the base price, not yet squeezed, in the day's last hour."""
        moves = np.array([self._day_move(day - back) for back in range(len(FADING))])
        level: Floats = (FADING * moves).sum(axis=0)
        return level

    def _draw_shocks(self, day: int) -> _Shocks:
        rng, size = self._rng(SHOCKS, day), (24, len(self.coins))
        unrest = np.array([self._unrest(day - back) for back in range(len(MEMORY))])
        wildness = np.exp((MEMORY * unrest).sum(axis=0))
        common_wildness, own_wildness = np.split(wildness, [1 + SECTORS])
        common = rng.standard_t(4, (24, 1 + SECTORS)) / np.sqrt(2)
        common = common_wildness * (common + _jumps(rng, common.shape, 0.002, 8.0))
        own = rng.standard_t(5, size) / np.sqrt(5 / 3)
        own = own_wildness * (own + _jumps(rng, size, 0.0015, 12.0))
        moves = self._market_sigma * common[:, :1] + self._own_sigma * own
        moves = (moves + self._sector_sigma * common[:, 1 + self._sector]) / np.sqrt(24)
        stir = np.minimum(np.abs(moves) / self._hourly_sigma, 20.0)
        trading = BUSY_HOURS * own_wildness * np.sqrt(wildness[0]) * (0.4 + 0.6 * stir)
        gaps = rng.random((2, *size)) < GAP_CHANCE
        return _Shocks(moves.cumsum(axis=0), trading.cumsum(axis=0), gaps)

    def _draw_unrest(self, day: int) -> Floats:
        """(1 + sectors + coins,) the day's news for the log volatility of each driver."""
        events = self._rng(UNREST, day).normal(size=1 + SECTORS + len(self.coins))
        events[: 1 + SECTORS] *= MARKET_WILDNESS
        events[1 + SECTORS :] *= OWN_WILDNESS
        return events

    def _rng(self, stream: int, index: int) -> np.random.Generator:
        key = np.array([(self._seed << 2 | stream) % 2**64, index % 2**64], dtype=np.uint64)
        return np.random.Generator(np.random.Philox(key=key))

    def _column(self, fact: str) -> Floats:
        return np.array([getattr(coin, fact) for coin in self.coins], dtype=np.float64)


def _jumps(rng: np.random.Generator, size: tuple[int, ...], chance: float, sigma: float) -> Floats:
    jumps: Floats = (rng.random(size) < chance) * rng.normal(0.0, sigma, size)
    return jumps


def _split(at: datetime) -> tuple[int, float]:
    """Whole hours since EPOCH, and the share of the next one that has passed."""
    if at.utcoffset() is None:
        raise ValueError(f"an aware instant is needed, got the naive {at.isoformat()}")
    hour, rest = divmod(at - EPOCH, HOUR)
    return hour, rest / HOUR


def _change_pct(now: Floats, then: Floats) -> Floats:
    return (now / then - 1.0) * 100.0


def _reported(then: Floats, gaps: Flags, span: str) -> Floats:
    """`then` without the prices that the feed leaves out; gaps: (1 h, 24 h) on the first axis."""
    left_out = {"1h": gaps[0], "24h": gaps[1]}.get(span)
    return then if left_out is None else np.where(left_out, np.nan, then)


def _numbers(values: Floats) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in values.tolist()]
