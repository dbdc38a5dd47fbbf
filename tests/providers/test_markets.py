"""The checks of `/coins/markets`: what is good passes whole, what is not says why."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointracker.features.monitoring.recordings import captures
from cointracker.providers.base import MarketRow
from cointracker.providers.markets import MarketPayload, read_markets
from tests.fakes import NOON, row
from tests.recordings import recordings

NUMBERS = [name for name, kind in MarketRow.__annotations__.items() if kind == "float | None"]
TEXT_CHARS = 120


def one(fields: dict[str, Any]) -> MarketRow:
    markets, rejections = read_markets([fields], NOON)
    assert rejections == ()
    return markets[0]


# What was recorded


def test_every_recorded_market_is_accepted() -> None:
    """No row of any capture is rejected: 14 files, 1,425 rows, and none of them is bad."""
    accepted = 0
    for capture in captures(recordings() / "coingecko" / "markets"):
        fetched_at = capture.captured_at + timedelta(hours=1)
        markets, rejections = read_markets(json.loads(capture.body), fetched_at)
        assert rejections == ()
        rows = json.loads(capture.body, parse_int=float)
        for market, recorded in zip(markets, rows, strict=True):
            assert_same_figures(market, recorded, fetched_at)
        accepted += len(markets)
    assert accepted == 1425


SAME = {
    "coin_id": "id",
    "price": "current_price",
    "volume_24h": "total_volume",
    "market_cap": "market_cap",
    "market_cap_rank": "market_cap_rank",
    "fully_diluted_valuation": "fully_diluted_valuation",
    "circulating_supply": "circulating_supply",
    "total_supply": "total_supply",
    "max_supply": "max_supply",
    "ath": "ath",
    "ath_change_pct": "ath_change_percentage",
    "atl": "atl",
    "atl_change_pct": "atl_change_percentage",
    "change_1h_pct": "price_change_percentage_1h_in_currency",
    "change_7d_pct": "price_change_percentage_7d_in_currency",
    "change_30d_pct": "price_change_percentage_30d_in_currency",
    "image_url": "image",
}


def assert_same_figures(market: MarketRow, recorded: dict[str, Any], fetched_at: datetime) -> None:
    ours = {name: getattr(market, name) for name in SAME}
    assert ours == {name: recorded.get(key) for name, key in SAME.items()}
    assert market.symbol == recorded["symbol"].upper()
    assert market.name == recorded["name"].replace("\u200b", "").strip()
    updated = recorded.get("last_updated", fetched_at.isoformat())
    assert market.updated_at == datetime.fromisoformat(updated)
    in_currency = recorded.get("price_change_percentage_24h_in_currency")
    assert market.change_24h_pct in (in_currency, recorded.get("price_change_percentage_24h"))


def test_what_reads_odd_in_the_recordings_is_read_right() -> None:
    rows = [
        row("stable", name="\u200b\u200bStable", symbol="stable"),
        row("bscex", price_change_percentage_24h=1191.2),
        row("baby-doge-coin", 3.839e-09),
        row("test-3", price_change_percentage_24h=None, total_volume=0, market_cap_rank=0),
    ]
    stable, bscex, baby, test = read_markets(rows, NOON)[0]
    assert (stable.name, bscex.change_24h_pct, baby.price) == ("Stable", 1191.2, 3.839e-09)
    assert (test.change_24h_pct, test.volume_24h, test.market_cap_rank) == (None, 0, None)


# One row


def test_what_is_not_given_is_missing_and_never_zero() -> None:
    market = one({"id": "x", "symbol": "x", "name": "X"} | dict.fromkeys(["ath", "current_price"]))
    assert [getattr(market, name) for name in NUMBERS] == [None] * len(NUMBERS)
    assert market.updated_at == NOON
    assert market.sparkline == ()


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        (None, NOON),
        ("2026-03-09T11:59:58.123Z", datetime(2026, 3, 9, 11, 59, 58, 123_000, tzinfo=UTC)),
        ("2026-03-09T11:59:58+03:30", datetime(2026, 3, 9, 8, 29, 58, tzinfo=UTC)),
        ("2026-03-09T11:59:58", datetime(2026, 3, 9, 11, 59, 58, tzinfo=UTC)),
        ("1970-01-01T00:00:00.000Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2026-03-09T12:00:00.001Z", NOON),
        ("9998-12-31T23:59:59Z", NOON),
    ],
)
def test_when_a_coin_was_updated(text: str | None, instant: datetime) -> None:
    market = one(row("bitcoin", last_updated=text))
    assert market.updated_at == instant
    assert market.updated_at.utcoffset() == timedelta(0)


def test_the_change_in_the_quote_currency_goes_before_the_one_in_dollars() -> None:
    both = row("x", price_change_percentage_24h=1, price_change_percentage_24h_in_currency=2)
    assert one(both).change_24h_pct == 2
    assert one(row("x", price_change_percentage_24h=1)).change_24h_pct == 1


def test_a_sparkline_keeps_its_length_and_loses_what_is_no_price() -> None:
    values = [1, 2.5, None, "3", True, -4, 0, math.nan, math.inf, 10**350, 1e-300, [5], 6e-9]
    market = one(row("x", sparkline_in_7d={"price": values}))
    assert market.sparkline == (1.0, 2.5, *[None] * 10, 6e-9)


@pytest.mark.parametrize("line", [None, {}, {"price": []}, {"cap": [1]}])
def test_no_sparkline(line: object) -> None:
    assert one(row("x", sparkline_in_7d=line)).sparkline == ()


# One row among others: test_coingecko.py tries more through the client


@pytest.mark.parametrize(
    ("bad", "field", "value", "reason"),
    [
        (17, "row", "17", "dictionary"),
        ("bitcoin", "row", "bitcoin", "dictionary"),
        ({}, "id", "{}", "required"),
        (row("x") | {"id": None}, "id", "None", "string"),
        (row("x") | {"id": " \u200b"}, "id", "", "at least 1"),
        (row("x") | {"id": "good"}, "id", "good", "came twice"),
        (row("x", math.nan), "current_price", "nan", "finite"),
        (row("x", 10**350), "current_price", "1000", "valid number"),
        (row("x", name="\ud800" * 9), "name", "", "at least 1"),
        (row("x", image=None, symbol=["\ud800"]), "symbol", r"['\ud800']", "string"),
        (row("x", ath_date="0001-01-01T00:00:00Z"), "ath_date", "0001-01-01", "1970"),
        (row("x", last_updated="9999-12-31T23:59:59-05:00"), "last_updated", "9999", "9998"),
        (row("x", last_updated="0001-01-01T00:00:00+05:00"), "last_updated", "0001", "1970"),
        (row("x", last_updated="2026-02-30"), "last_updated", "2026-02-30", "day"),
        (row("x", last_updated="x" * 9999), "last_updated", "xxx", "Invalid isoformat"),
        (row("x", sparkline_in_7d=[1, 2]), "sparkline_in_7d", "[1, 2]", "dictionary"),
    ],
)
def test_a_bad_row_costs_no_other(bad: Any, field: str, value: str, reason: str) -> None:
    markets, (rejection,) = read_markets([row("good"), bad, row("better")], NOON)
    assert [market.coin_id for market in markets] == ["good", "better"]
    assert (rejection.position, rejection.field) == (1, field)
    assert rejection.value.startswith(value)
    assert reason in rejection.reason
    assert max(len(rejection.value), len(rejection.reason)) <= TEXT_CHARS


# Anything at all

text = st.text(st.characters(exclude_categories=()), max_size=30)
huge = st.integers(-99, 99).map(lambda number: number * 10**350)
scalars = st.none() | st.booleans() | st.integers() | huge | st.floats() | text
anything = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(text, inner))
dates = st.datetimes(timezones=st.none() | st.timezones()).map(datetime.isoformat)
plausible = {
    "id": text,
    "symbol": text,
    "name": text | st.just("x" * 10_000),
    "last_updated": dates,
    "ath_date": dates,
    "sparkline_in_7d": st.fixed_dictionaries({"price": st.lists(scalars)}),
}
numeric = st.floats() | st.integers() | huge
coin_like = st.fixed_dictionaries(
    {"id": text, "symbol": text, "name": text},
    optional={
        name: plausible.get(name, numeric) | anything
        for name in MarketPayload.model_fields
        if name not in ("id", "symbol", "name")
    },
)


@given(st.lists(anything | coin_like, max_size=5))
def test_no_json_breaks_the_checks_and_what_passes_is_sound(rows: list[Any]) -> None:
    markets, rejections = read_markets(rows, NOON)
    assert len(markets) + len(rejections) == len(rows)
    assert len({market.coin_id for market in markets}) == len(markets)
    for market in markets:
        assert_sound(market)
    for rejection in rejections:
        for said in (rejection.coin_id or "", rejection.field, rejection.value, rejection.reason):
            said.encode()
            assert len(said) <= TEXT_CHARS


def assert_sound(market: MarketRow) -> None:
    for name in (market.coin_id, market.symbol, market.name):
        assert name.strip()
        assert name.isprintable() or not name.isascii()
    for field in fields(market):
        value = getattr(market, field.name)
        if isinstance(value, str):
            value.encode()
        if isinstance(value, float):
            assert value == 0 or 1e-60 <= abs(value) <= 1e60
            assert value >= (-100 if field.name.endswith("pct") else 0)
        if isinstance(value, datetime):
            assert value.utcoffset() == timedelta(0)
    assert market.price is None or market.price > 0
    assert market.updated_at <= NOON
    assert all(price is None or 1e-60 <= price <= 1e60 for price in market.sparkline)
