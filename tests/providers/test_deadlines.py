"""All calls of a block together end in time."""

from __future__ import annotations

import math
import threading

import pytest
import requests

from cointracker.core.errors import SourceUnreachable
from cointracker.providers.call_policy.budget import Plan
from cointracker.providers.call_policy.client import under_policy
from cointracker.providers.call_policy.policy import CallPolicy
from cointracker.providers.coingecko import source as coingecko
from cointracker.providers.deadlines import left, within
from cointracker.providers.http import JsonClient
from tests.fakes import row
from tests.faults import FaultServer, Reply, json_reply


@pytest.fixture
def client(server: FaultServer, session: requests.Session) -> JsonClient:
    return JsonClient("gecko", server.url, session)


def test_what_is_left_is_of_the_block_that_ends_first() -> None:
    assert left() == math.inf
    with within(100):
        assert 50 < left() <= 100
        with within(1_000):
            assert left() <= 100
        with within(10):
            assert left() <= 10
        assert left() > 50
    assert left() == math.inf


def test_it_holds_for_the_thread_alone() -> None:
    seen: list[float] = []
    with within(10):
        other = threading.Thread(target=lambda: seen.append(left()))
        other.start()
        other.join()
    assert seen == [math.inf]


def test_a_call_in_a_block_that_is_over_is_not_made(
    client: JsonClient, server: FaultServer
) -> None:
    server.say(json_reply({}))
    policy = CallPolicy("gecko", Plan(10, 1000))
    for asking in (client, under_policy(client, policy)):
        with within(0), pytest.raises(SourceUnreachable, match="too long in total"):
            asking.get("/ping")
    assert server.requests == []
    assert policy.state().left_this_minute == 10, "nothing is spent"


@pytest.mark.parametrize("reply", ["silent", "dripping"])
def test_an_answer_that_does_not_come_in_time_is_given_up(
    client: JsonClient, server: FaultServer, reply: str
) -> None:
    """The client itself would wait: the dripping one is whole after 1.5 s."""
    never = threading.Event()
    silent, dripping = Reply(until=never), Reply(b"[" + b" " * 150 + b"]", drip_seconds=0.01)
    server.say(silent if reply == "silent" else dripping)
    with within(0.3), pytest.raises(SourceUnreachable):
        client.get("/ping")
    never.set()


def test_a_wait_beyond_the_block_is_not_begun(client: JsonClient, server: FaultServer) -> None:
    server.say(Reply(b"", 503))
    slept: list[float] = []
    policy = CallPolicy("gecko", Plan(10, 1000), sleep=slept.append)
    with within(0.5), pytest.raises(Exception, match="503"):
        under_policy(client, policy).get("/ping")
    assert (len(server.requests), slept) == (1, [])


def test_pages_of_one_answer_share_the_block(
    server: FaultServer, session: requests.Session
) -> None:
    page = json_reply([row(f"coin-{n}") for n in range(250)])
    never = threading.Event()
    server.say(page, Reply(until=never))
    source = coingecko.connect(server.url, session=session)
    with within(1.0), pytest.raises(SourceUnreachable):
        source.fetch_markets(1_000)
    never.set()
    assert len(server.requests) <= 2
