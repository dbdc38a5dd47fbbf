"""Social standing by the API: told from what is stored, asked for only by who may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from cointracker.features.market.rankings import MarketService
from cointracker.features.standing.service import StandingService
from cointracker.providers.http import Limits, new_session
from cointracker.providers.social import standing
from tests.api.api_fixture import ApiFixture, read
from tests.fakes import Pipeline, indicator, row
from tests.faults import FaultServer, Reply, json_reply

LIMITS = Limits(read_seconds=1.0, total_seconds=2.0)
TOLD, UPDATE, SOCIAL = "/api/standing/", "/api/standing/update/", "/api/social/fetch/"


@dataclass
class Two:
    """Two sources of standing, and the house that asks them."""

    home: ApiFixture
    servers: tuple[FaultServer, FaultServer]

    def get(self, path: str) -> Any:
        return read(self.home.client(headers=self.home.bearer("viewer read")).get(path))

    def update(self, status: int = 200) -> Any:
        client = self.home.client(headers=self.home.bearer("admin write"))
        return read(client.post(UPDATE), status)


@pytest.fixture
def two(home: ApiFixture) -> Iterator[Two]:
    with FaultServer() as first, FaultServer() as second:
        first.say(json_reply({"indicators": [indicator("btc", 2, 90.5), indicator("odd", 7)]}))
        second.say(
            json_reply({"indicators": [indicator("BTC", 9), indicator("eth", 4, id="ether")]})
        )
        sources = [
            standing.connect(
                name,
                server.url,
                session=new_session(use_proxies=False),
                limits=LIMITS,
                clock=home.clock,
            )
            for name, server in ((standing.FIRST, first), (standing.SECOND, second))
        ]
        service = StandingService(
            home.services[MarketService]._database, sources, clock=home.clock, follows="listed"
        )
        home.services = home.services.including([service])
        yield Two(home, (first, second))
        service.close()


BEFORE = {
    "status": "success",
    "data": {"BTC": 3.0},
    "source": "listed",
    "last_update": "2026-03-09T12:00:00Z",
}


def test_before_anything_was_asked(two: Two) -> None:
    assert two.get(TOLD) == BEFORE
    assert two.get(SOCIAL) == {"indicators": [], "source": None, "cached": True, "timestamp": None}
    assert [server.requests for server in two.servers] == [[], []]


def test_after_an_update(two: Two) -> None:
    told = two.update()
    assert (told["status"], told["updated_count"]) == ("success", 2)
    assert two.get(TOLD) == {
        "status": "success",
        "data": {"BTC": 2.0, "ETH": 4.0},
        "source": "standing-1, standing-2",
        "last_update": "2026-03-09T12:05:00Z",
    }
    two.home.clock.move(minutes=7)
    assert two.get(SOCIAL) == {
        "indicators": [
            {"symbol": "BTC", "standing": 2.0, "score": 90.5, "id": None},
            {"symbol": "ODD", "standing": 7.0, "score": None, "id": None},
            {"symbol": "ETH", "standing": 4.0, "score": None, "id": "ether"},
        ],
        "source": "standing-1, standing-2",
        "cached": True,
        "timestamp": "2026-03-09T12:05:00Z",
    }
    assert [len(server.requests) for server in two.servers] == [1, 1]
    two.update()
    assert [len(server.requests) for server in two.servers] == [2, 2]


def test_one_that_fails_is_told_and_its_last_answer_stays(two: Two) -> None:
    two.update()
    two.servers[0].say(Reply(status=500))
    two.home.clock.move(minutes=10)
    told = two.update()
    assert told["updated_count"] == 2
    assert told["message"].startswith("Not answered: standing-1: ")
    social = two.get(SOCIAL)
    assert social["indicators"][0]["standing"] == 2.0
    assert social["timestamp"] == "2026-03-09T12:05:00Z"


def test_when_nobody_answers(two: Two) -> None:
    for server in two.servers:
        server.say(Reply(status=500))
    told = two.update(502)
    assert told["detail"].startswith("No standing provider answered. standing-1: ")
    for server in two.servers:
        assert server.url not in told["detail"]
    assert two.get(TOLD) == BEFORE


def test_of_coins_that_share_a_symbol_the_largest_is_told(two: Two) -> None:
    pipeline = Pipeline(two.home.services[MarketService]._database, two.home.clock)
    pipeline.take(
        row("small", 1.0, symbol="btc", market_cap=1.0),
        row("bitcoin", 1.0, symbol="btc", market_cap=2.0),
        row("capless", 1.0, symbol="btc"),
    )
    both = [indicator("btc", 8, id="small"), indicator("btc", 3), indicator("x", 1, id="capless")]
    two.servers[0].say(json_reply({"indicators": both}))
    two.servers[1].say(Reply(status=500))
    assert two.update()["updated_count"] == 3
    assert two.get(TOLD)["data"] == {"BTC": 3.0}


def test_a_simulated_market_brings_its_own(home: ApiFixture) -> None:
    client = home.client(headers=home.bearer("admin write"))
    assert read(client.get(TOLD)) == {
        "status": "success",
        "data": {"BTC": 3.0},
        "source": "listed",
        "last_update": "2026-03-09T12:00:00Z",
    }
    assert read(client.post(UPDATE))["updated_count"] == 1
    assert read(client.get(SOCIAL))["indicators"] == []
