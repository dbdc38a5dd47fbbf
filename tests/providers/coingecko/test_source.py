"""The CoinGecko source against a server: pages, and one bad coin among a hundred good ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cointracker.core.errors import MalformedAnswer, SourceUnavailable
from cointracker.providers.coingecko.source import CoinGecko
from tests.fakes import NOON, FakeClock, row
from tests.faults import FaultServer, Reply, Request, json_reply
from tests.recordings import recordings

HUNDRED = "coingecko/markets/2025-12-29T2315Z_100c_ajarek.json"
LITERAL = "the literal goes here"
BAD = 50


def market_of(size: int) -> Callable[[Request], Reply]:
    """A market of that many coins, served by the page."""

    def answer(request: Request) -> Reply:
        per_page, page = int(request.query["per_page"]), int(request.query["page"])
        start = (page - 1) * per_page
        numbers = range(start, min(start + per_page, size))
        return json_reply([row(f"coin-{number}") for number in numbers])

    return answer


@pytest.mark.parametrize(
    ("count", "listed", "per_page", "pages"),
    [
        (1, 2000, 1, 1),
        (100, 2000, 100, 1),
        (250, 2000, 250, 1),
        (251, 2000, 250, 2),
        (1000, 2000, 250, 4),
        (1000, 300, 250, 2),
        (1000, 250, 250, 2),
        (1000, 7, 250, 1),
        (250, 250, 250, 1),
    ],
)
def test_no_more_pages_than_it_takes(
    gecko: CoinGecko, server: FaultServer, count: int, listed: int, per_page: int, pages: int
) -> None:
    server.answer = market_of(listed)
    batch = gecko.fetch_markets(count)
    ids = [market.coin_id for market in batch.markets]
    assert ids == [f"coin-{number}" for number in range(min(count, listed))]
    assert [request.query["page"] for request in server.requests] == [
        str(page) for page in range(1, pages + 1)
    ]
    assert {request.query["per_page"] for request in server.requests} == {str(per_page)}


def test_what_a_page_is_asked_for(gecko: CoinGecko, server: FaultServer) -> None:
    server.answer = market_of(1)
    gecko.fetch_markets(1)
    assert server.requests[0].path == "/coins/markets"
    assert server.requests[0].query == {
        "vs_currency": "usd",
        "order": "market_cap_desc",
        "per_page": "1",
        "page": "1",
        "sparkline": "true",
        "price_change_percentage": "1h,24h,7d,30d",
    }


def test_a_coin_that_moves_between_two_pages_counts_once(
    gecko: CoinGecko, server: FaultServer
) -> None:
    first = [row(f"coin-{number}") for number in range(250)]
    server.say(json_reply(first), json_reply([first[-1], row("last")]))
    batch = gecko.fetch_markets(500)
    assert len(batch.markets) == 251
    assert [(r.coin_id, r.reason) for r in batch.rejections] == [("coin-249", "came twice")]


def test_a_page_that_fails_fails_the_whole(gecko: CoinGecko, server: FaultServer) -> None:
    server.say(json_reply([row(f"coin-{number}") for number in range(250)]), Reply(b"", 503))
    with pytest.raises(SourceUnavailable):
        gecko.fetch_markets(300)


def test_what_a_batch_says_of_itself(
    gecko: CoinGecko, server: FaultServer, clock: FakeClock
) -> None:
    server.answer = market_of(1)
    batch = gecko.fetch_markets(1)
    assert (batch.source, batch.fetched_at, batch.quote_currency) == ("coingecko", clock(), "usd")


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ([], "an empty list"),
        ({"coins": []}, "a list was due, dict came"),
        ("coins", "a list was due, str came"),
        (7, "a list was due, int came"),
        ([None, 7], "no usable row of 2; the first: row: "),
        ([row("x", -1), row("y", 0)], "no usable row of 2; the first: current_price: "),
    ],
)
def test_an_answer_without_a_usable_row(
    gecko: CoinGecko, server: FaultServer, payload: Any, problem: str
) -> None:
    server.say(json_reply(payload))
    with pytest.raises(MalformedAnswer) as caught:
        gecko.fetch_markets(2)
    assert caught.value.problem.startswith(problem)


# One poisoned coin among a hundred recorded ones


@pytest.fixture
def hundred() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((recordings() / HUNDRED).read_bytes())
    return rows


def served(server: FaultServer, rows: list[Any], literal: str = "") -> None:
    """Serve the rows, with a literal of JSON in the place of LITERAL."""
    server.say(Reply(json.dumps(rows).replace(json.dumps(LITERAL), literal).encode()))


MARKUP = "<img src=x onerror=alert(1)>" * 370


@pytest.mark.parametrize(
    ("field", "literal", "value", "reason"),
    [
        ("current_price", '"87234.5"', "87234.5", "valid number"),
        ("current_price", "NaN", "nan", "finite"),
        ("current_price", "-Infinity", "-inf", "finite"),
        ("current_price", "1e400", "inf", "finite"),
        ("current_price", "1" * 5000, "inf", "finite"),
        ("current_price", "1" * 350, "1" * 119 + "…", "valid number"),
        ("current_price", "-0.5", "-0.5", "greater than 0"),
        ("current_price", "0", "0", "greater than 0"),
        ("current_price", "1e-61", "1e-61", "1e-60"),
        ("total_volume", "1e61", "1e+61", "1e+60"),
        ("current_price", "true", "True", "valid number"),
        ("current_price", "[1]", "[1]", "valid number"),
        ("market_cap", "-1", "-1", "greater than or equal to 0"),
        ("market_cap_rank", "-3", "-3", "greater than or equal to 0"),
        ("market_cap_rank", "1e400", "inf", "integer"),
        ("total_volume", '"0"', "0", "valid number"),
        ("price_change_percentage_24h", "-100.5", "-100.5", "greater than or equal to -100"),
        ("circulating_supply", "-2", "-2", "greater than or equal to 0"),
        ("name", json.dumps(MARKUP), MARKUP[:119] + "…", "at most 200"),
        ("name", "null", "None", "valid string"),
        ("symbol", '""', "", "at least 1"),
        ("last_updated", '"yesterday"', "yesterday", "Invalid isoformat"),
        ("last_updated", "1773057600", "1773057600", "valid datetime"),
        ("atl_date", '"2013-02-30T00:00:00Z"', "2013-02-30T00:00:00Z", "day"),
        ("sparkline_in_7d", "[1, 2]", "[1, 2]", "dictionary"),
    ],
)
def test_a_poisoned_field_costs_its_coin_alone(
    gecko: CoinGecko,
    server: FaultServer,
    hundred: list[dict[str, Any]],
    *,
    field: str,
    literal: str,
    value: str,
    reason: str,
) -> None:
    served(server, hundred)
    whole = gecko.fetch_markets(100).markets
    poisoned = hundred[BAD]["id"]
    hundred[BAD] |= {field: LITERAL}
    served(server, hundred, literal)
    batch = gecko.fetch_markets(100)
    assert batch.markets == whole[:BAD] + whole[BAD + 1 :]
    (rejection,) = batch.rejections
    assert (rejection.position, rejection.coin_id) == (BAD, poisoned)
    assert (rejection.field, rejection.value) == (field, value)
    assert reason in rejection.reason


@pytest.mark.parametrize(
    ("literal", "coin_id", "field"),
    [
        ("17", None, "row"),
        ("null", None, "row"),
        ("[]", None, "row"),
        ('"bitcoin"', None, "row"),
        ("{}", None, "id"),
        ('{"id": null, "symbol": null, "name": null, "current_price": null}', None, "id"),
        ('{"id": 5, "symbol": "x", "name": "X"}', None, "id"),
        ('{"id": "x", "name": "X"}', "x", "symbol"),
        ('{"id": "bitcoin", "symbol": "btc", "name": "Bitcoin"}', "bitcoin", "id"),
    ],
)
def test_a_poisoned_row_costs_no_other(
    gecko: CoinGecko,
    server: FaultServer,
    hundred: list[Any],
    literal: str,
    coin_id: str | None,
    field: str,
) -> None:
    ids = [coin["id"] for coin in hundred]
    hundred[BAD] = LITERAL
    served(server, hundred, literal)
    batch = gecko.fetch_markets(100)
    assert [market.coin_id for market in batch.markets] == ids[:BAD] + ids[BAD + 1 :]
    (rejection,) = batch.rejections
    assert (rejection.position, rejection.coin_id, rejection.field) == (BAD, coin_id, field)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"last_updated": "2031-01-01T00:00:00Z"}, {"updated_at": NOON}),
        ({"last_updated": None}, {"updated_at": NOON}),
        ({"current_price": None}, {"price": None}),
        ({"name": "<b>Bold</b>"}, {"name": "<b>Bold</b>"}),
        ({"image": 17}, {"image_url": None}),
        (
            {"sparkline_in_7d": {"price": [1, "2", None, -3, 0]}},
            {"sparkline": (1.0, None, None, None, None)},
        ),
    ],
)
def test_what_is_odd_but_no_reason_to_lose_a_coin(
    gecko: CoinGecko,
    server: FaultServer,
    hundred: list[dict[str, Any]],
    fields: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    hundred[BAD] |= fields
    served(server, hundred)
    batch = gecko.fetch_markets(100)
    assert batch.rejections == ()
    assert vars(batch.markets[BAD]) | expected == vars(batch.markets[BAD])
