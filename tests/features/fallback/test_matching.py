"""Which row is which coin: what agrees is mapped, what is unclear is not, and says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointracker.features.fallback.matching import (
    AMBIGUOUS,
    MAPPED,
    NAME_DIFFERS,
    NOT_FOUND,
    PRICE_DIFFERS,
    PRICE_UNKNOWN,
    Known,
    Verdict,
    match,
    plain_name,
)
from cointracker.providers.base import MarketRow
from tests.fakes import NOON

HOUR = timedelta(hours=1)
BITCOIN = Known("bitcoin", "BTC", "Bitcoin", 100.0, NOON)
BTC = MarketRow("btc-bitcoin", "BTC", "Bitcoin", NOON, price=100.0)


def verdict(coin: Known, *rows: MarketRow, **found_before: str) -> Verdict:
    (found,) = match([coin], rows, found_before)
    return found


def unmapped(why: str, kept: str | None = None) -> Verdict:
    return Verdict("bitcoin", kept, why)


def test_a_row_that_agrees_is_the_coin_s() -> None:
    other = MarketRow("eth-ethereum", "ETH", "Ethereum", NOON, price=100.0)
    assert verdict(BITCOIN, other, BTC) == Verdict("bitcoin", "btc-bitcoin", MAPPED, True)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (replace(BTC, symbol="XBT"), NOT_FOUND),
        (replace(BTC, symbol="$BTC"), NOT_FOUND),
        (replace(BTC, name="Bitcoin Cash"), NAME_DIFFERS),
        (replace(BTC, name="Bit"), NAME_DIFFERS),
        (replace(BTC, price=94.99), PRICE_DIFFERS),
        (replace(BTC, price=105.01), PRICE_DIFFERS),
        (replace(BTC, price=None), PRICE_UNKNOWN),
        (replace(BTC, updated_at=NOON - HOUR - timedelta(seconds=1)), PRICE_UNKNOWN),
        (replace(BTC, updated_at=NOON + HOUR + timedelta(seconds=1)), PRICE_UNKNOWN),
    ],
)
def test_what_does_not_agree_is_not_mapped_and_says_why(row: MarketRow, why: str) -> None:
    assert verdict(BITCOIN, row) == unmapped(why)
    assert verdict(BITCOIN) == unmapped(NOT_FOUND)


@pytest.mark.parametrize("price", [95.0, 100.0, 105.0])
@pytest.mark.parametrize("hours", [-1, 0, 1])
@pytest.mark.parametrize("name", ["Bitcoin", "BITCOIN ", "bit-coin", "Bit Coin", "Ｂitcoin"])
def test_what_agrees_well_enough(price: float, hours: int, name: str) -> None:
    row = replace(BTC, symbol="btc", price=price, name=name, updated_at=NOON + hours * HOUR)
    assert verdict(BITCOIN, row).source_id == "btc-bitcoin"


def test_without_our_price_nothing_is_compared() -> None:
    assert verdict(replace(BITCOIN, price=None), BTC) == unmapped(PRICE_UNKNOWN)


@pytest.mark.parametrize("name", ["", "!!", "🐕"])
def test_names_without_a_letter_are_never_the_same(name: str) -> None:
    assert verdict(replace(BITCOIN, name=name), replace(BTC, name=name)).why == NAME_DIFFERS


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("USD Coin", "USDCoin"),
        ("Lido DAO", "lido.dao"),
        ("Straße", "STRASSE"),
        ("比特币", "比特币 "),
    ],
)
def test_names_that_are_the_same(one: str, other: str) -> None:
    assert plain_name(one) == plain_name(other) != ""


@pytest.mark.parametrize(
    ("one", "other"), [("Tether", "Tether USDt"), ("Béla", "Bela"), ("Coin 1", "Coin 2")]
)
def test_names_that_are_not_guessed_to_be_the_same(one: str, other: str) -> None:
    assert plain_name(one) != plain_name(other)


def test_two_rows_that_fit_one_coin_fit_none() -> None:
    assert verdict(BITCOIN, BTC, replace(BTC, coin_id="btc-twin")) == unmapped(AMBIGUOUS)
    further = replace(BTC, coin_id="btc-twin", price=106.0)
    assert verdict(BITCOIN, BTC, further).source_id == "btc-bitcoin"


def test_two_coins_that_one_row_fits_get_none() -> None:
    twin = replace(BITCOIN, coin_id="bitcoin-twin", price=104.0)
    assert [found.why for found in match([BITCOIN, twin], [BTC], {})] == [AMBIGUOUS, AMBIGUOUS]
    far = replace(twin, price=120.0)
    assert [found.why for found in match([BITCOIN, far], [BTC], {})] == [MAPPED, PRICE_DIFFERS]


# A pair that was found before


def test_it_is_believed_while_prices_cannot_be_compared() -> None:
    days_later = replace(BTC, price=180.0, updated_at=NOON + 72 * HOUR)
    found = verdict(BITCOIN, days_later, bitcoin="btc-bitcoin")
    assert found == Verdict("bitcoin", "btc-bitcoin", MAPPED, False)
    assert verdict(BITCOIN, days_later, bitcoin="btc-other").why == PRICE_UNKNOWN


def test_it_is_forgotten_when_prices_disagree() -> None:
    assert verdict(BITCOIN, replace(BTC, price=50.0), bitcoin="btc-bitcoin") == unmapped(
        PRICE_DIFFERS
    )


def test_it_is_forgotten_when_another_fits_as_well() -> None:
    twin = replace(BTC, coin_id="btc-twin")
    assert verdict(BITCOIN, BTC, twin, bitcoin="btc-bitcoin") == unmapped(AMBIGUOUS)


@pytest.mark.parametrize(
    ("rows", "why"), [((), NOT_FOUND), ((replace(BTC, name="Renamed"),), NAME_DIFFERS)]
)
def test_it_is_kept_unused_while_its_row_is_gone(rows: tuple[MarketRow, ...], why: str) -> None:
    assert verdict(BITCOIN, *rows, bitcoin="btc-bitcoin") == unmapped(why, kept="btc-bitcoin")


def test_it_is_forgotten_when_its_row_is_another_coin_s_now() -> None:
    renamed = replace(BITCOIN, coin_id="new", name="New")
    rows = [replace(BTC, name="New")]
    old, new = match([BITCOIN, renamed], rows, {"bitcoin": "btc-bitcoin"})
    assert old == unmapped(NAME_DIFFERS)
    assert new == Verdict("new", "btc-bitcoin", MAPPED, True)


# Whatever comes

symbols, names = st.sampled_from(["A", "a", "B"]), st.sampled_from(["One", "one!", "Two", ""])
prices = st.none() | st.sampled_from([1.0, 1.04, 1.08, 2.0])
instants = st.sampled_from([NOON, NOON + HOUR, NOON + 9 * HOUR])
coins = st.builds(Known, st.sampled_from("pqrstu"), symbols, names, prices, observed_at=instants)
rows = st.builds(MarketRow, st.sampled_from("123456"), symbols, names, instants, price=prices)
before = st.dictionaries(st.sampled_from("pqrstu"), st.sampled_from("123456"))


@given(
    st.lists(coins, unique_by=lambda coin: coin.coin_id),
    st.lists(rows, unique_by=lambda row: row.coin_id),
    before,
)
def test_never_one_row_for_two_coins_nor_two_rows_for_one(
    known: list[Known], offered: list[MarketRow], found_before: dict[str, str]
) -> None:
    verdicts = match(known, offered, found_before)
    assert [found.coin_id for found in verdicts] == [coin.coin_id for coin in known]
    used = [found.source_id for found in verdicts if found.why == MAPPED]
    assert len(set(used)) == len(used)
    assert set(used) <= {row.coin_id for row in offered}
    kept = {found.source_id for found in verdicts if found.why != MAPPED} - {None}
    assert not kept & set(used)
    by_id = {row.coin_id: row for row in offered}
    for coin, found in zip(known, verdicts, strict=True):
        if found.why == MAPPED:
            assert_agrees(coin, by_id[found.source_id or ""], found_before, found.is_confirmed)


def assert_agrees(
    coin: Known, row: MarketRow, found_before: dict[str, str], is_confirmed: bool
) -> None:
    assert coin.symbol.upper() == row.symbol.upper()
    assert coin.name.strip("!").upper() == row.name.strip("!").upper() != ""
    apart = abs(coin.observed_at - row.updated_at) > HOUR
    if coin.price is None or row.price is None or apart:
        assert not is_confirmed
        assert found_before[coin.coin_id] == row.coin_id
    else:
        assert is_confirmed
        assert abs(row.price / coin.price - 1) <= 0.05 + 1e-12


@given(
    st.lists(coins, unique_by=lambda coin: coin.coin_id),
    st.lists(rows, unique_by=lambda row: row.coin_id),
    st.randoms(),
)
def test_the_order_of_rows_and_coins_does_not_matter(
    known: list[Known], offered: list[MarketRow], random: object
) -> None:
    def shuffled(items: list) -> list:  # type: ignore[type-arg]
        return random.sample(items, len(items))  # type: ignore[attr-defined]

    assert set(match(known, offered, {})) == set(match(shuffled(known), shuffled(offered), {}))
