"""CoinPaprika's tickers: what is asked, what is read, and what is refused row by row."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from cointracker.core.errors import MalformedAnswer, SourceError
from cointracker.providers.base import MarketRow
from cointracker.providers.coinpaprika import source
from cointracker.providers.coinpaprika.source import CoinPaprika, read_tickers
from tests.conftest import LIMITS
from tests.fakes import NOON, FakeClock, ticker
from tests.faults import HTML, FaultServer, Reply, json_reply
from tests.recordings import recordings


@pytest.fixture
def paprika(server: FaultServer, session: requests.Session, clock: FakeClock) -> CoinPaprika:
    return source.connect(server.url, session=session, limits=LIMITS, clock=clock)


def one(row: dict[str, Any]) -> MarketRow:
    markets, rejections = read_tickers([row], "USD", NOON)
    assert rejections == ()
    return markets[0]


def test_the_recorded_ticker_is_read_whole() -> None:
    path = recordings() / "other_apis" / "coinpaprika_ticker_btc_2022-04-19.json"
    assert one(json.loads(path.read_text())) == MarketRow(
        coin_id="btc-bitcoin",
        symbol="BTC",
        name="Bitcoin",
        updated_at=datetime(2022, 4, 19, 15, 43, 22, tzinfo=UTC),
        price=41389.57931641128,
        volume_24h=35357658696.99645,
        volume_change_24h_pct=15.07,
        market_cap=787066061422,
        market_cap_rank=1,
        change_1h_pct=-0.66,
        change_24h_pct=5.25,
        change_7d_pct=3.22,
        change_30d_pct=1.15,
        circulating_supply=19016044,
        total_supply=19016031,
        max_supply=21000000,
        ath=68692.137036932,
        ath_change_pct=-39.75,
        ath_at=datetime(2021, 11, 10, 16, 51, 15, tzinfo=UTC),
    )


def test_one_call_asks_for_all_in_the_currency(
    server: FaultServer, session: requests.Session, clock: FakeClock
) -> None:
    euro = source.connect(server.url, quote_currency="eur", session=session, clock=clock)
    rows = [ticker("btc-bitcoin", quotes={"EUR": {"price": 7.0}}), ticker("eth-ethereum")]
    server.say(json_reply(rows))
    batch = euro.fetch_tickers()
    assert [(r.path, r.query) for r in server.requests] == [("/tickers", {"quotes": "EUR"})]
    assert (batch.source, batch.quote_currency, batch.fetched_at) == ("coinpaprika", "eur", NOON)
    assert [(market.coin_id, market.price) for market in batch.markets] == [("btc-bitcoin", 7.0)]
    (refused,) = batch.rejections
    assert (refused.position, refused.coin_id, refused.field) == (1, "eth-ethereum", "quotes.EUR")


@pytest.mark.parametrize(
    "reply",
    [json_reply([]), json_reply({"a": 1}), json_reply([ticker("x", -1)]), HTML, Reply(b"")],
)
def test_an_answer_without_a_usable_row_is_an_error(
    server: FaultServer, paprika: CoinPaprika, reply: Reply
) -> None:
    server.say(reply)
    with pytest.raises(MalformedAnswer) as caught:
        paprika.fetch_tickers()
    assert caught.value.source == "coinpaprika"


def test_its_own_errors_are_ours(server: FaultServer, paprika: CoinPaprika) -> None:
    server.say(json_reply({"error": "too many requests", "block_duration": 3600}, 429))
    with pytest.raises(SourceError, match="too many requests") as caught:
        paprika.fetch_tickers()
    assert type(caught.value).__name__ == "RateLimited"


def test_an_amount_of_zero_is_one_that_is_not_known() -> None:
    zeros = ticker(
        "x", rank=0, total_supply=0, max_supply=0.0, circulating_supply=0, market_cap=0, ath_price=0
    )
    market = one(zeros)
    unknown = ("market_cap_rank", "total_supply", "max_supply", "market_cap", "ath")
    assert [getattr(market, name) for name in unknown] == [None] * 5


def test_a_volume_or_a_change_of_zero_is_a_figure() -> None:
    market = one(ticker("x", volume_24h=0, volume_24h_change_24h=-100, percent_change_7d=0))
    assert (market.volume_24h, market.volume_change_24h_pct, market.change_7d_pct) == (0, -100, 0)
    flat = one(ticker("x", volume_24h=5, volume_24h_change_24h=0))
    assert flat.volume_change_24h_pct == 0


@pytest.mark.parametrize("volume", [None, 0])
def test_no_volume_has_not_stayed_the_same(volume: int | None) -> None:
    market = one(ticker("x", volume_24h=volume, volume_24h_change_24h=0))
    assert market.volume_change_24h_pct is None


@pytest.mark.parametrize(
    ("first_data_at", "known"),
    [
        ("2026-03-09T11:00:01Z", []),
        ("2026-03-09T11:00:00Z", [1]),
        ("2026-03-08T12:00:00Z", [1, 24]),
        ("2026-03-02T12:00:00Z", [1, 24, 7]),
        ("2026-02-07T12:00:00Z", [1, 24, 7, 30]),
        (None, [1, 24, 7, 30]),
    ],
)
def test_a_change_from_before_the_first_data_is_missing(
    first_data_at: str | None, known: list[int]
) -> None:
    changes = {f"percent_change_{span}": 0.0 for span in ("1h", "24h", "7d", "30d")}
    market = one(ticker("x", first_data_at=first_data_at, **changes))
    found = {
        1: market.change_1h_pct,
        24: market.change_24h_pct,
        7: market.change_7d_pct,
        30: market.change_30d_pct,
    }
    assert [span for span, change in found.items() if change is not None] == known


@pytest.mark.parametrize("at", [None, "2026-03-09T12:00:01Z"])
def test_a_missing_or_future_instant_is_the_call_s(at: str | None) -> None:
    assert one(ticker("x", last_updated=at)).updated_at == NOON


@pytest.mark.parametrize(
    ("row", "field", "value"),
    [
        (7, "row", "7"),
        ({}, "id", "{}"),
        (ticker("x") | {"symbol": None}, "symbol", "None"),
        (ticker("x") | {"quotes": []}, "quotes", "[]"),
        (ticker("x") | {"quotes": {}}, "quotes.USD", "None"),
        (ticker("x", "100.0"), "quotes.USD.price", "100.0"),
        (ticker("x", 0), "quotes.USD.price", "0"),
        (ticker("x", -3), "quotes.USD.price", "-3"),
        (ticker("x", None), "quotes.USD.price", "None"),
        (ticker("x", math.nan), "quotes.USD.price", "nan"),
        (ticker("x", 10**400), "quotes.USD.price", "1000"),
        (ticker("x", True), "quotes.USD.price", "True"),
        (ticker("x", volume_24h=-1), "quotes.USD.volume_24h", "-1"),
        (ticker("x", volume_24h_change_24h="5"), "quotes.USD.volume_24h_change_24h", "5"),
        (ticker("x", percent_change_24h=-101), "quotes.USD.percent_change_24h", "-101"),
        (ticker("x", last_updated="soon"), "last_updated", "soon"),
        (ticker("x", total_supply=False), "total_supply", "False"),
        (ticker("good"), "id", "good"),
    ],
)
def test_a_bad_row_costs_no_other(row: Any, field: str, value: str) -> None:
    markets, (refused,) = read_tickers([ticker("good"), row, ticker("better")], "USD", NOON)
    assert [market.coin_id for market in markets] == ["good", "better"]
    assert (refused.position, refused.field) == (1, field)
    assert refused.value.startswith(value)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner)
)
QUOTE = dict.fromkeys(source.QuotePayload.model_fields, st.floats() | st.integers() | anything)
ticker_like = st.fixed_dictionaries(
    {"id": st.text(max_size=3), "symbol": st.text(max_size=3), "name": st.text(max_size=9)}
    | {"quotes": st.fixed_dictionaries({"USD": st.fixed_dictionaries({}, optional=QUOTE)})},
    optional={"rank": anything, "total_supply": st.floats(), "last_updated": anything},
)


@given(st.lists(anything | ticker_like, max_size=4))
def test_no_json_breaks_the_checks_and_what_passes_is_sound(rows: list[Any]) -> None:
    markets, rejections = read_tickers(rows, "USD", NOON)
    assert len(markets) + len(rejections) == len(rows)
    for market in markets:
        assert market.price is not None
        assert 0 < market.price < math.inf
        for name in ("volume_24h", "market_cap", "total_supply", "ath"):
            assert (getattr(market, name) or 0) >= 0
    for refused in rejections:
        assert max(len(text) for text in (refused.field, refused.value, refused.reason)) <= 120
