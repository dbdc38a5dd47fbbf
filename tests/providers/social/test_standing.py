"""Sources of standing: rows checked one by one, bodies and waits bounded, addresses refused."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from cointracker.core.errors import (
    AccessRefused,
    MalformedAnswer,
    RateLimited,
    SourceUnavailable,
    SourceUnreachable,
)
from cointracker.providers import ssrf
from cointracker.providers.base import Indicator
from cointracker.providers.http import Limits, new_session
from cointracker.providers.social import standing
from cointracker.providers.social.standing import StandingClient, read_indicators
from tests.fakes import NOON, FakeClock, indicator
from tests.faults import HTML, NO_ANSWER, FaultServer, Reply, closed_port, json_reply
from tests.recordings import recordings

LIMITS = Limits(read_seconds=1.0, total_seconds=1.5, body_bytes=standing.LIMITS.body_bytes)


@pytest.fixture
def source(server: FaultServer, session: requests.Session, clock: FakeClock) -> StandingClient:
    url = f"{server.url}/mine?key=secret"
    return standing.connect(standing.FIRST, url, session=session, limits=LIMITS, clock=clock)


def test_it_asks_the_whole_address_and_reads_the_rows(
    server: FaultServer, source: StandingClient
) -> None:
    rows = [indicator("btc", 1, 90.5), {"symbol": "ETH", "standing": 2.5, "id": "ethereum"}]
    server.say(json_reply({"status": "success", "indicators": rows, "cached": False}))
    answer = source.fetch_indicators()
    assert [request.target for request in server.requests] == ["/mine?key=secret"]
    assert (answer.source, answer.fetched_at, answer.rejections) == ("standing-1", NOON, ())
    assert answer.indicators == (
        Indicator("BTC", 1, 90.5),
        Indicator("ETH", 2.5, None, "ethereum"),
    )


@pytest.mark.parametrize(
    ("row", "field", "value"),
    [
        (indicator("x", "3"), "standing", "3"),
        (indicator("x", True), "standing", "True"),
        (indicator("x", None), "standing", "None"),
        (indicator("x", 0), "standing", "0"),
        (indicator("x", -1), "standing", "-1"),
        (indicator("x", math.nan), "standing", "nan"),
        (indicator("x", math.inf), "standing", "inf"),
        (indicator("x", 10**400), "standing", "1000"),
        (indicator("x", 1, "90"), "score", "90"),
        (indicator("x", 1, math.nan), "score", "nan"),
        (indicator("x", 1, id=7), "id", "7"),
        (indicator(" \u200b", 1), "symbol", ""),
        (indicator(None, 1), "symbol", "None"),
        ({"standing": 1}, "symbol", "{"),
        ("BTC", "row", "BTC"),
        (indicator("GOOD", 5), "symbol", "GOOD"),
    ],
)
def test_a_bad_row_costs_no_other(row: Any, field: str, value: str) -> None:
    good, better = indicator("good", 3), indicator("better", 4)
    indicators, (refused,) = read_indicators([good, row, better])
    assert [(found.symbol, found.standing) for found in indicators] == [("GOOD", 3), ("BETTER", 4)]
    assert (refused.position, refused.field) == (1, field)
    assert refused.value.startswith(value)


def test_one_symbol_may_stand_for_two_coins_that_are_named() -> None:
    rows = [indicator("x", 1, id="one"), indicator("x", 2, id="two"), indicator("x", 3, id="")]
    indicators, rejections = read_indicators(rows)
    assert [found.coin_id for found in indicators] == ["one", "two", None]
    assert rejections == ()


def test_rows_are_bounded() -> None:
    rows = (indicator(f"S{number}", 1) for number in range(10_005))
    indicators, (refused,) = read_indicators(rows)
    assert len(indicators) == 10_000
    assert (refused.position, refused.reason) == (10_000, "more than 10000 rows")


ROW_AND = b'{"indicators": [{"symbol": "X", "standing": 1}'
BAD = {
    "a list": (json_reply([indicator("x", 1)]), MalformedAnswer, "no list of 'indicators'"),
    "no rows": (json_reply({"indicators": []}), MalformedAnswer, "an empty list"),
    "text rows": (json_reply({"indicators": [indicator("x", "1")]}), MalformedAnswer, "no usable"),
    "a number": (json_reply({"indicators": 3}), MalformedAnswer, "no list"),
    "a page": (HTML, MalformedAnswer, "a web page"),
    "a redirect": (Reply(b"", 302, {"Location": "/else"}), MalformedAnswer, "302"),
    "an error": (json_reply({"error": "closed"}, 500), SourceUnavailable, "closed"),
    "wait": (json_reply({}, 429), RateLimited, "429"),
    "nothing": (NO_ANSWER, SourceUnreachable, "no connection"),
    "silence": (Reply(until=threading.Event()), SourceUnreachable, "in time"),
    "a drip": (Reply(b" " * 40, drip_seconds=0.1), SourceUnreachable, "too long"),
    "10 MB": (Reply(ROW_AND + b" " * 10 * 2**20 + b"]}"), MalformedAnswer, "2097152 bytes"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_answer_is_an_error(
    server: FaultServer, source: StandingClient, case: str
) -> None:
    reply, kind, words = BAD[case]
    server.answer = lambda request: reply if request.path == "/mine" else json_reply({})
    with pytest.raises(kind, match=words) as caught:
        source.fetch_indicators()
    assert "secret" not in str(caught.value)
    assert [request.path for request in server.requests] == ["/mine"]


def test_the_bounds_are_those_of_the_specification() -> None:
    assert (standing.LIMITS.read_seconds, standing.LIMITS.total_seconds) == (30, 30)
    assert standing.LIMITS.body_bytes == 2 * 2**20


def test_another_address_has_another_fingerprint(session: requests.Session) -> None:
    urls = ["http://a/?key=1", "http://a/?key=2", "http://a/?key=1"]
    clients = [standing.connect(standing.FIRST, url, session=session) for url in urls]
    first, second, third = (client.fingerprint for client in clients)
    assert first == third != second
    assert "key" not in first


# LunarCrush


@pytest.fixture
def lunar(server: FaultServer, session: requests.Session, clock: FakeClock) -> StandingClient:
    return standing.connect_lunarcrush(
        "LC-secret", session=session, base_url=server.url, limits=LIMITS, clock=clock
    )


def test_lunarcrush_as_it_was_recorded(server: FaultServer, lunar: StandingClient) -> None:
    name = "lunarcrush_coins_list_v2_btc_only_2025-07-23.json"
    server.say(Reply((recordings() / "social" / name).read_bytes()))
    answer = lunar.fetch_indicators()
    assert answer.indicators == (Indicator("BTC", 749, 40.8),)
    (request,) = server.requests
    assert request.path == "/public/coins/list/v2"
    assert request.headers["authorization"] == "Bearer LC-secret"
    assert "secret" not in request.target


def test_lunarcrush_s_error_does_not_give_the_key_away(
    server: FaultServer, lunar: StandingClient
) -> None:
    recorded = json.loads(
        (recordings() / "social" / "lunarcrush_error_restricted_2025-07-23.json").read_text()
    )
    server.say(json_reply(recorded, 400), json_reply({"error": "bad key LC-secret"}, 401))
    with pytest.raises(MalformedAnswer, match="Invalid input parameter"):
        lunar.fetch_indicators()
    with pytest.raises(AccessRefused, match="bad key …"):
        lunar.fetch_indicators()


def test_lunarcrush_lists_the_larger_coin_first(server: FaultServer, lunar: StandingClient) -> None:
    rows = [{"symbol": "x", "alt_rank": 9}, {"symbol": "x", "alt_rank": 1}, {"symbol": "y"}, 7]
    server.say(json_reply({"data": rows}))
    answer = lunar.fetch_indicators()
    assert answer.indicators == (Indicator("X", 9),)
    assert [refused.field for refused in answer.rejections] == ["symbol", "standing", "row"]


# Where it may not stand


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.0.1",
        "fe80::1",
        "fe80::1%eth0",
        "[fe80::1]",
        "febf::1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "fd00:ec2::254",
        "100.100.100.200",
        "192.0.0.192",
    ],
)
def test_addresses_of_the_machine_s_own_network_are_forbidden(host: str) -> None:
    assert ssrf.is_forbidden(host)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "::1",
        "10.1.2.3",
        "192.168.1.5",
        "172.16.0.1",
        "fd12::1",
        "8.8.8.8",
        "2606:4700::1",
        "::ffff:127.0.0.1",
        "100.100.100.201",
        "example.org",
        "",
        "169.253.0.1",
    ],
)
def test_loopback_private_and_public_ones_are_not(host: str) -> None:
    assert not ssrf.is_forbidden(host)


@pytest.mark.parametrize("url", ["http://169.254.169.254/latest", "https://[fe80::1]/s"])
@pytest.mark.parametrize("use_proxies", [False, True])
def test_a_forbidden_address_is_refused_unasked(
    url: str, use_proxies: bool, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy would do the asking in our place."""
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    with new_session(use_proxies=use_proxies) as session:
        source = standing.connect(standing.FIRST, url, session=session, limits=LIMITS)
        with pytest.raises(AccessRefused, match="own network"):
            source.fetch_indicators()
    assert server.requests == []


@pytest.fixture
def loopback_forbidden() -> Iterator[None]:
    """Nothing answers at a link-local address here: 127.0.0.1 takes the part of one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssrf, "METADATA", frozenset([ssrf.ip_address("127.0.0.1")]))
        yield


@pytest.mark.usefixtures("loopback_forbidden")
@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f000001"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_name_that_leads_to_a_forbidden_address_is_refused(
    server: FaultServer, session: requests.Session, scheme: str, host: str
) -> None:
    """However the name is written, what counts is where the connection came to."""
    url = server.url.replace("127.0.0.1", host).replace("http", scheme)
    server.say(json_reply({"indicators": [indicator("x", 1)]}))
    source = standing.connect(standing.FIRST, url, session=session, limits=LIMITS)
    with pytest.raises(AccessRefused, match="own network"):
        source.fetch_indicators()
    assert server.requests == []


def test_a_name_that_leads_elsewhere_is_asked(
    server: FaultServer, session: requests.Session
) -> None:
    server.say(json_reply({"indicators": [indicator("x", 1)]}))
    url = server.url.replace("127.0.0.1", "localhost")
    source = standing.connect(standing.SECOND, url, session=session, limits=LIMITS)
    assert source.fetch_indicators().indicators == (Indicator("X", 1),)


def test_nobody_there(session: requests.Session) -> None:
    with closed_port() as url:
        source = standing.connect(standing.FIRST, url, session=session, limits=LIMITS)
        with pytest.raises(SourceUnreachable, match="no connection"):
            source.fetch_indicators()
