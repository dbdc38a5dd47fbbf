"""The coins of the simulated market: invented names and symbols, and what never changes of each.

Names do not depend on the seed; ids begin with `sim-`, so that no row can pass for a real coin.
Source: docs/sources.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

SECTORS = 6
LARGEST_CAP_USD, SMALLEST_CAP_USD = 2e12, 1e7
PEGGED_RANKS = (2, 6, 23, 58, 127, 199)
PRICE_BOUND, PEGGED_BOUND = 1.2, 0.002
SMALLEST_ODD_MARKET = 50  # with fewer coins none is silent, stale, new or a namesake
LISTING_HOURS, LISTING_STAGGER_HOURS, ALWAYS_LISTED_HOURS = 45 * 24, 180, 10**9
FIRST_EXTREME = datetime(2019, 1, 1, tzinfo=UTC)

WORDS = [
    [head + middle for middle in ("ba", "de", "fi", "lu", "mi", "no", "pa", "ri", "so", "ta", "vu")]
    for head in (
        *("Bru", "Kre", "Plo", "Sna", "Vor", "Dro", "Hol", "Lum", "Rut", "Wob", "Cla"),
        *("Fen", "Jol", "Mos", "Qua", "Tre", "Yar", "Gwi", "Nib", "Ulm", "Zep"),
    )
]
ENDINGS = ("dril", "thorn", "mble", "gast", "lop", "nk", "ckle", "rth", "fen", "sk", "wick", "zzle")
SECOND_WORDS = ("Acorn", "Bramble", "Candle", "Lantern", "Meadow", "Pebble", "Saddle", "Thimble")
MAX_NAMES = len(WORDS) * len(WORDS[0]) * len(ENDINGS)
REAL_TICKERS = """
    ADA ALGO APT ARB ATOM AVAX AXS BAT BCH BNB BTC BUSD CRO CRV DAI DOGE DOT EGLD ENS EOS ETC ETH
    FET FIL FLOW FTM GALA GNO GRT HBAR ICP IMX INJ JUP KAS KCS KNC LDO LEO LINK LPT LRC LTC MANA MKR
    MNT NEAR NEO OKB ONDO PAX PEPE POL QNT QTUM REN RSR RUNE RVN SAND SEI SHIB SNX SOL STX SUI TAO
    TIA TON TRX TUSD UNI USDC USDT VET VRT WBTC WIF WLD WOO XLM XMR XRP XTZ YFI ZEC ZEN ZIL ZRX
"""


@dataclass(frozen=True)
class SimulatedCoin:
    """What never changes of one simulated coin.

    own_sigma: standard deviation of a calm day's log return that is the coin's alone.
    log_bound: how far the log price can get from `base_price_usd`, either way.
    turnover: share of the cap that changes hands in an average day, 0 if no volume is reported.
    listing_slot: None if always listed; two coins share a slot and take turns (0, then 1).
    """

    coin_id: str
    symbol: str
    name: str
    pegged: bool
    base_price_usd: float
    circulating_supply: float
    total_supply: float | None
    max_supply: float | None
    diluted_supply: float | None
    log_bound: float
    market_beta: float
    sector: int
    sector_beta: float
    own_sigma: float
    turnover: float
    social_pull: float
    has_standing: bool
    daily_feed: bool
    listing_slot: int | None
    listing_turn: int
    ath_usd: float
    ath_at: datetime
    atl_usd: float
    atl_at: datetime

    @property
    def base_cap_usd(self) -> float:
        """Market cap at the base price, USD."""
        return self.base_price_usd * self.circulating_supply

    def constants(self) -> dict[str, Any]:
        """The part of the coin's `/coins/markets` row that is the same at any instant."""
        return {
            "id": self.coin_id,
            "symbol": self.symbol.lower(),
            "name": self.name,
            "image": None,
            "circulating_supply": self.circulating_supply,
            "total_supply": self.total_supply,
            "max_supply": self.max_supply,
            "ath": self.ath_usd,
            "ath_date": iso(self.ath_at),
            "atl": self.atl_usd,
            "atl_date": iso(self.atl_at),
            "roi": None,
        }


def iso(at: datetime) -> str:
    """An aware instant as CoinGecko writes it, `2026-03-09T12:00:00.000Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def invented_coins(rng: np.random.Generator, listed: int) -> tuple[SimulatedCoin, ...]:
    """Coins of which exactly `listed` are on the market at any instant, largest base cap first.

    Each of six slots adds a coin that is off the market while the other has its turn: `listed`
    + 6 coins, or `listed` if there are fewer than 50. ValueError if outside 1..2,500.
    """
    if not 1 <= listed <= MAX_NAMES - 272:
        raise ValueError(f"coin_count must be 1 to {MAX_NAMES - 272}, got {listed}")
    names = _names()
    coins = [_coin(rng, next(names), rank, listed) for rank in range(listed)]
    for slot, rank in enumerate(_slot_ranks(listed)):
        coins[rank] = replace(coins[rank], listing_slot=slot)
        successor = _coin(rng, next(names), rank, listed)
        coins.append(replace(successor, listing_slot=slot, listing_turn=1))
    coins.sort(key=lambda coin: (-coin.base_cap_usd, coin.coin_id))
    return tuple(_with_symbols(coins))


def listing_ages(coins: tuple[SimulatedCoin, ...], hours: NDArray[np.int64]) -> NDArray[np.int64]:
    """(hours, coins) whole hours since each coin's listing, -1 while it is not listed.

    hours: (hours,) whole hours since a fixed instant. The turns in a slot take 45 days each, and
    the slots change over 7.5 days apart.
    """
    ages = np.full((len(hours), len(coins)), ALWAYS_LISTED_HOURS, dtype=np.int64)
    for place, coin in enumerate(coins):
        if coin.listing_slot is not None:
            shifted = hours + coin.listing_slot * LISTING_STAGGER_HOURS
            turn, age = np.divmod(shifted, LISTING_HOURS)
            ages[:, place] = np.where(turn % 2 == coin.listing_turn, age, -1)
    return ages


def _coin(rng: np.random.Generator, word: str, rank: int, listed: int) -> SimulatedCoin:
    pegged, odd = rank in PEGGED_RANKS, listed >= SMALLEST_ODD_MARKET
    smallness = math.log(rank + 1) / math.log(max(listed, 2))
    cap_usd = LARGEST_CAP_USD * (SMALLEST_CAP_USD / LARGEST_CAP_USD) ** smallness
    price_usd = 1.0 if pegged else _base_price_usd(rng, rank, listed)
    supply = max(1.0, round(cap_usd * math.exp(rng.normal(0, 0.1)) / price_usd))
    limit = math.ceil(supply * rng.uniform(1, 2.5))
    issued = rng.uniform(supply, limit)
    total_supply = float(round(issued)) if rng.random() > 0.06 else None
    max_supply = float(limit) if rng.random() < 0.4 and not pegged else None
    bound = PEGGED_BOUND if pegged else PRICE_BOUND
    above, below = bound * (1.1 + rng.exponential(0.2, 2))
    turnover = math.exp(rng.normal(math.log(0.3 if pegged else 0.05), 0.7))
    name = f"{word} Dollar" if pegged else word
    return SimulatedCoin(
        coin_id="sim-" + name.lower().replace(" ", "-"),
        symbol="",
        name=name,
        pegged=pegged,
        base_price_usd=price_usd,
        circulating_supply=float(supply),
        total_supply=total_supply,
        max_supply=max_supply,
        diluted_supply=(max_supply or total_supply) if rng.random() > 0.04 else None,
        log_bound=bound,
        market_beta=0.0 if pegged else rng.uniform(0.8, 1.2) + 0.3 * smallness,
        sector=int(rng.integers(SECTORS)),
        sector_beta=0.0 if pegged else rng.uniform(0.6, 1.4),
        own_sigma=1.2e-4 if pegged else (0.006 + 0.03 * smallness**2) * rng.uniform(0.8, 1.25),
        turnover=0.0 if odd and rank in (int(0.28 * listed), listed - 4) else min(turnover, 1.5),
        social_pull=rng.normal(),
        has_standing=bool(rng.random() < 0.85),
        daily_feed=odd and rank == int(0.18 * listed),
        listing_slot=None,
        listing_turn=0,
        ath_usd=price_usd * math.exp(above),
        ath_at=FIRST_EXTREME + timedelta(hours=int(rng.integers(50_000))),
        atl_usd=price_usd * math.exp(-below),
        atl_at=FIRST_EXTREME + timedelta(hours=int(rng.integers(50_000))),
    )


def _base_price_usd(rng: np.random.Generator, rank: int, listed: int) -> float:
    usual = 10.0 ** float(np.clip(rng.normal(0.5 - 2.0 * rank / listed, 1.3), -6, 3.5))
    return 9e4 if rank == 0 else 2e-8 if rank in (listed // 12, listed - 2) else usual


def _slot_ranks(listed: int) -> list[int]:
    """Ranks whose place on the market two coins share."""
    odd = listed >= SMALLEST_ODD_MARKET
    ranks = [int(share * listed) for share in (0.14, 0.3, 0.44, 0.6, 0.74, 0.9) if odd]
    return [rank + 1 if rank in PEGGED_RANKS else rank for rank in ranks]


def _names() -> Iterator[str]:
    for number in range(MAX_NAMES):
        rest, head = divmod(number * 1009 + 77, len(WORDS))
        ending, middle = divmod(rest, len(WORDS[0]))
        word = WORDS[head][middle] + ENDINGS[ending % len(ENDINGS)]
        yield word if number % 4 else f"{word} {SECOND_WORDS[number // 4 % len(SECOND_WORDS)]}"


def _with_symbols(coins: list[SimulatedCoin]) -> Iterator[SimulatedCoin]:
    """The coins with symbols of 3 to 5 letters; two of them bear an earlier one's symbol."""
    odd, many = len(coins) >= SMALLEST_ODD_MARKET, len(coins)
    namesakes = {int(0.35 * many): int(0.05 * many), int(0.7 * many): int(0.11 * many)}
    given: list[str] = []
    for place, coin in enumerate(coins):
        again = odd and place in namesakes
        given.append(given[namesakes[place]] if again else _symbol(coin, place, given))
        yield replace(coin, symbol=given[-1])


def _symbol(coin: SimulatedCoin, place: int, taken: list[str]) -> str:
    """Letters of the name in their order, as few as are still free; with USD if pegged."""
    word, tail = coin.name.upper().replace(" ", ""), "USD" if coin.pegged else ""
    lengths = (1,) if coin.pegged else (2 + place % 2, 3, 4)
    candidates = (
        word[0] + "".join(letters) + tail
        for length in lengths
        for letters in combinations(word[1:], length)
    )
    return next(c for c in candidates if c not in taken and c not in REAL_TICKERS.split())
