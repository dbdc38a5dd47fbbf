"""A coin's past, by the API."""

from __future__ import annotations

from typing import Any

import pytest

from cointracker.features.market.rankings import MarketService
from tests.api.api_fixture import ROWS, ApiFixture, body_of, read
from tests.fakes import Pipeline

COINS = "/api/cryptocurrencies/"


def past(home: ApiFixture, coin: str = "bitcoin", query: str = "", status: int = 200) -> Any:
    return read(home.client().get(f"{COINS}{coin}/history/{query}"), status)


def test_a_coins_past(home: ApiFixture) -> None:
    told = past(home, query="?interval=raw&from=2026-03-08T00:00:00Z")
    assert told == {
        "coin_id": "bitcoin",
        "interval": "raw",
        "results": [
            {
                "timestamp": "2026-03-08T12:00:00Z",
                "price": 100.0,
                "volume_24h": 100.0,
                "market_cap": None,
                "stability": None,
                "rank": None,
            },
            {
                "timestamp": "2026-03-09T11:59:30Z",
                "price": 105.0,
                "volume_24h": 150.0,
                "market_cap": 1e12,
                "stability": None,
                "rank": 1,
            },
        ],
    }


def instants(answer: Any) -> list[str]:
    return [point["timestamp"] for point in answer["results"]]


def test_by_hours_and_days(home: ApiFixture) -> None:
    assert past(home)["interval"] == "1h"
    assert instants(past(home)) == [
        "2026-03-08T12:00:00Z",
        "2026-03-09T11:00:00Z",
        "2026-03-09T12:00:00Z",
    ]
    days = past(home, query="?interval=1d")
    assert instants(days) == ["2026-03-08T00:00:00Z", "2026-03-09T00:00:00Z"]
    assert days["results"][1]["price"] == 105.0


def test_from_and_to_take_any_offset(home: ApiFixture) -> None:
    query = "?from=2026-03-08T15:30:00%2B03:30&to=2026-03-08T15:31:00%2B03:30"
    assert instants(past(home, query=query)) == ["2026-03-08T12:00:00Z"]
    later = "?from=2026-03-08T12:00:01Z&to=2026-03-09T12:01:00Z&interval=raw"
    assert instants(past(home, query=later)) == ["2026-03-09T11:59:30Z"]


def test_a_coin_that_left_still_has_one(home: ApiFixture) -> None:
    pipeline = Pipeline(home.services[MarketService]._database, home.clock)
    pipeline.take(ROWS[1])
    assert read(home.client().get(f"{COINS}bitcoin/"), 404)
    by_number = past(home, coin="1")
    assert by_number == past(home)
    assert len(by_number["results"]) == 3


@pytest.mark.parametrize("coin", ["nobody", "99", "BITCOIN", "%00", "' OR 1=1 --"])
def test_a_coin_that_never_was(home: ApiFixture, coin: str) -> None:
    assert list(past(home, coin=coin, status=404)) == ["detail"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?interval=5m", "interval"),
        ("?from=2026-03-09", "from"),
        ("?from=yesterday", "from"),
        ("?to=2026-03-09T00:00:00", "to"),
        ("?from=2026-03-09T00:00:00Z&to=2026-03-08T00:00:00Z", "from"),
        ("?interval=raw&from=2026-01-01T00:00:00Z", "from"),
        ("?interval=1h&from=2025-01-01T00:00:00Z", "from"),
        ("?interval=1d&from=1999-01-01T00:00:00Z", "from"),
        ("?from=0001-01-01T00:00:00%2B23:59", "from"),
        ("?to=0001-01-01T00:00:00Z", "from"),
        ("?from=9999-12-31T23:59:59-23:59", "from"),
    ],
)
def test_a_past_that_cannot_be(home: ApiFixture, query: str, field: str) -> None:
    assert body_of(past(home, query=query, status=400)) == [field]
