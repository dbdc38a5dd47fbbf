"""Which row of another source is which of our coins; pure, and never a guess.

A row is a coin's when symbol, name and price agree and no other row or coin has the same claim.
Prices are compared only when they are of about the same time; where they are not, a pair that was
found before is still believed, for names and symbols do not move while prices do.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cointracker.core.i18n import N_
from cointracker.providers.base import MarketRow

MAX_DIFFERENT = 0.05
MAX_APART = timedelta(hours=1)

MAPPED = ""
NOT_FOUND = N_("no coin with this symbol")
NAME_DIFFERS = N_("the name differs")
PRICE_DIFFERS = N_("the price differs")
PRICE_UNKNOWN = N_("no price from about the same time")
AMBIGUOUS = N_("more than one match")


@dataclass(frozen=True)
class Known:
    """A coin as the main source last told of it; price None when it gave none."""

    coin_id: str
    symbol: str
    name: str
    price: float | None
    observed_at: datetime


@dataclass(frozen=True)
class Verdict:
    """What became of one coin. why: `MAPPED` (empty) when `source_id` may be used, else why not.

    source_id: the other source's id; None when there is none, or the one found before when it
    cannot be used now but was not disproved. is_confirmed: the prices were compared and agree.
    """

    coin_id: str
    source_id: str | None
    why: str
    is_confirmed: bool = False


def match(
    known: Sequence[Known], offered: Iterable[MarketRow], found_before: Mapping[str, str]
) -> tuple[Verdict, ...]:
    """A verdict on each known coin, in their order; no row is mapped twice, nor is a coin.

    offered: rows under the other source's ids. found_before: its ids by coin id.
    """
    rows = _by_symbol(offered)
    claims = {
        coin.coin_id: [
            row for row in rows[_symbol(coin.symbol)] if _claims(coin, row, found_before)
        ]
        for coin in known
    }
    wanted = Counter(row.coin_id for rows_of_coin in claims.values() for row in rows_of_coin)
    verdicts = [
        _verdict(coin, claims[coin.coin_id], rows[_symbol(coin.symbol)], wanted, found_before)
        for coin in known
    ]
    used = {verdict.source_id for verdict in verdicts if verdict.why == MAPPED}
    return tuple(_without_what_is_used(verdict, used) for verdict in verdicts)


def plain_name(name: str) -> str:
    """A name without case, spaces and punctuation; letters and digits of any script stay."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(sign for sign in folded if sign.isalnum())


def _symbol(symbol: str) -> str:
    return symbol.strip().casefold()


def _by_symbol(offered: Iterable[MarketRow]) -> defaultdict[str, list[MarketRow]]:
    rows = defaultdict(list)
    for row in offered:
        rows[_symbol(row.symbol)].append(row)
    return rows


def _claims(coin: Known, row: MarketRow, found_before: Mapping[str, str]) -> bool:
    agrees = _prices_agree(coin, row)
    if agrees is None:
        agrees = found_before.get(coin.coin_id) == row.coin_id
    return agrees and _same_name(coin, row)


def _same_name(coin: Known, row: MarketRow) -> bool:
    name = plain_name(coin.name)
    return bool(name) and name == plain_name(row.name)


def _prices_agree(coin: Known, row: MarketRow) -> bool | None:
    """Whether the prices lie within 5 % of the coin's; None when they cannot be compared."""
    if coin.price is None or row.price is None:
        return None
    if abs(coin.observed_at - row.updated_at) > MAX_APART:
        return None
    return abs(row.price - coin.price) <= MAX_DIFFERENT * coin.price


def _verdict(
    coin: Known,
    claims: Sequence[MarketRow],
    rows: Sequence[MarketRow],
    wanted: Mapping[str, int],
    found_before: Mapping[str, str],
) -> Verdict:
    if len(claims) == 1 and wanted[claims[0].coin_id] == 1:
        return Verdict(
            coin.coin_id, claims[0].coin_id, MAPPED, _prices_agree(coin, claims[0]) is True
        )
    if claims:
        return Verdict(coin.coin_id, None, AMBIGUOUS)
    why = _why_not(coin, rows)
    kept = None if why == PRICE_DIFFERS else found_before.get(coin.coin_id)
    return Verdict(coin.coin_id, kept, why)


def _why_not(coin: Known, rows: Sequence[MarketRow]) -> str:
    """Why none of the rows of a coin's symbol is the coin's."""
    if not rows:
        return NOT_FOUND
    of_name = [row for row in rows if _same_name(coin, row)]
    if not of_name:
        return NAME_DIFFERS
    compared = any(_prices_agree(coin, row) is not None for row in of_name)
    return PRICE_DIFFERS if compared else PRICE_UNKNOWN


def _without_what_is_used(verdict: Verdict, used: set[str | None]) -> Verdict:
    """The verdict, forgetting an id kept from before that is another coin's now."""
    if verdict.why != MAPPED and verdict.source_id in used:
        return Verdict(verdict.coin_id, None, verdict.why)
    return verdict
