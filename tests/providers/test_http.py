"""The HTTP client against a real server: every failure is one of our errors, and no key leaks."""

from __future__ import annotations

import gzip
import json
import logging
import math
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from cointracker.core.errors import (
    AccessRefused,
    MalformedAnswer,
    NotFound,
    RateLimited,
    SourceError,
    SourceUnavailable,
    SourceUnreachable,
)
from cointracker.providers.coingecko import source as coingecko
from cointracker.providers.http import JsonClient, Limits
from tests.fakes import FakeClock
from tests.faults import HTML, NO_ANSWER, FaultServer, Reply, closed_port, full_port, json_reply
from tests.recordings import recordings

KEY = "CG-0123456789secret"
LONG_WAITS = Limits(connect_seconds=60.0, read_seconds=60.0, total_seconds=60.0)


@pytest.fixture
def client(server: FaultServer, session: requests.Session, clock: FakeClock) -> JsonClient:
    headers = {"x-cg-demo-api-key": KEY}
    return JsonClient("gecko", server.url, session, headers, LONG_WAITS, clock)


def failure(client: JsonClient) -> SourceError:
    with pytest.raises(SourceError) as caught:
        client.get("/ping")
    assert KEY not in str(caught.value)
    return caught.value


# What was recorded

RECORDED = {
    "cloudflare_attention_required_2020-02-05_TRUNCATED.html": (AccessRefused, "web page", "403"),
    "http401_history_over_365d_2024-04-20.json": (AccessRefused, "allowed time range", "10012"),
    "http403_markets_unavailable_2023-03-30.json": (AccessRefused, "unavailable", "403"),
    "http404_coin_not_found_2022-04-07.json": (NotFound, "Could not find coin", "404"),
    "http422_0.json": (MalformedAnswer, "Missing parameter ids", "422"),
    "http422_1.json": (MalformedAnswer, "Missing parameter vs_currency", "422"),
    "http422_3.json": (MalformedAnswer, "Missing parameter days", "422"),
    "http429_rate_limit_2022-09-29.json": (RateLimited, "exceeded the Rate Limit", "429"),
    "http500_4.json": (SourceUnavailable, "Internal Server Error", "500"),
}
KEPT_HEADERS = ("content-type", "retry-after")


def recorded(name: str) -> Reply:
    """The reply in a file of errors: a wrapper around it, or its bare body, a 403."""
    body = (recordings() / "coingecko" / "errors" / name).read_bytes()
    wrapper = json.loads(body) if name.endswith(".json") else {}
    if "body_text" not in wrapper:
        return Reply(body, 403)
    headers = {
        header: value if isinstance(value, str) else value[0]
        for header, value in wrapper.get("headers", {}).items()
        if header in KEPT_HEADERS
    }
    return Reply(wrapper["body_text"].encode(), wrapper["status"], headers)


def test_every_recorded_error_is_looked_at() -> None:
    assert {path.name for path in (recordings() / "coingecko" / "errors").iterdir()} == {*RECORDED}


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_error(client: JsonClient, server: FaultServer, name: str) -> None:
    kind, words, code = RECORDED[name]
    server.say(recorded(name))
    error = failure(client)
    assert type(error) is kind
    assert words in error.problem
    assert error.problem.endswith(f"({code})")
    assert error.source == "gecko"


def test_the_recorded_rate_limit_says_how_long(client: JsonClient, server: FaultServer) -> None:
    server.say(recorded("http429_rate_limit_2022-09-29.json"))
    error = failure(client)
    assert isinstance(error, RateLimited)
    assert error.retry_after_seconds == 119


def test_the_body_is_read_before_the_status(client: JsonClient, server: FaultServer) -> None:
    server.say(replace(recorded("http403_markets_unavailable_2023-03-30.json"), status=200))
    assert type(failure(client)) is AccessRefused


# The shapes of errors


@pytest.mark.parametrize(
    ("status", "payload", "kind", "problem"),
    [
        (
            401,
            {"status": {"error_code": 10002, "error_message": "API Key Missing"}},
            AccessRefused,
            "API Key Missing (10002)",
        ),
        (
            400,
            {"error": {"status": {"error_code": 10010, "error_message": "Wrong host"}}},
            AccessRefused,
            "Wrong host (10010)",
        ),
        (
            200,
            {"status": {"error_code": 10005, "error_message": "Upgrade"}},
            AccessRefused,
            "Upgrade (10005)",
        ),
        (200, {"error": "no such page"}, MalformedAnswer, "no such page (200)"),
        (400, {"error": "bad request"}, MalformedAnswer, "bad request (400)"),
        (503, {"status": {"error_code": 503}}, SourceUnavailable, "no message (503)"),
        (502, {"error": {"status": "odd"}}, SourceUnavailable, "not JSON"),
        (
            500,
            {"status": {"error_code": 10**400, "error_message": "long"}},
            SourceUnavailable,
            "long (500)",
        ),
        (500, {"error": "two\nlines\x1b[31m \ud800"}, SourceUnavailable, "two lines[31m (500)"),
        (500, [], SourceUnavailable, "(500)"),
        (404, None, NotFound, "(404)"),
        (599, "gone", SourceUnavailable, "(599)"),
    ],
)
def test_an_error_is_told_by_code_status_and_message(
    client: JsonClient,
    server: FaultServer,
    status: int,
    payload: Any,
    kind: type[SourceError],
    problem: str,
) -> None:
    server.say(json_reply(payload, status))
    error = failure(client)
    assert type(error) is kind
    assert problem in error.problem


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_an_error_without_a_body(client: JsonClient, server: FaultServer, status: int) -> None:
    server.say(Reply(b"", status))
    assert failure(client).problem == f"an empty response ({status})"


def test_a_long_message_is_cut(client: JsonClient, server: FaultServer) -> None:
    server.say(json_reply({"error": "no " * 10_000}, 500))
    assert len(failure(client).problem) < 320


def test_a_redirect_is_not_followed(client: JsonClient, server: FaultServer) -> None:
    server.say(Reply(b"", 302, {"Location": f"{server.url}/elsewhere"}), json_reply({"ok": 1}))
    assert type(failure(client)) is MalformedAnswer
    assert [request.path for request in server.requests] == ["/ping"]


# Told to wait


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "37"}, 37),
        ({"Retry-After": "0"}, 0),
        ({"x-ratelimit-reset": "2026-03-09 03:28:00 +0000"}, 90),
        ({"x-ratelimit-reset": "2026-03-09 04:28:00 +0100"}, 90),
        ({"x-ratelimit-reset": "2026-03-09 03:00:00 +0000"}, 0),
        ({"Retry-After": "5", "x-ratelimit-reset": "2026-03-09 03:28:00 +0000"}, 5),
        ({"Retry-After": "soon", "x-ratelimit-reset": "2026-03-09 03:28:00 +0000"}, 90),
        ({}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "1e3"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({"Retry-After": "²"}, None),
        ({"x-ratelimit-reset": "2026-03-09 03:28:00"}, None),
        ({"x-ratelimit-reset": "tomorrow"}, None),
    ],
)
def test_how_long_a_429_asks_to_wait(
    client: JsonClient,
    server: FaultServer,
    clock: FakeClock,
    headers: dict[str, str],
    seconds: float | None,
) -> None:
    clock.now = datetime(2026, 3, 9, 3, 26, 30, tzinfo=UTC)
    server.say(Reply(b"", 429, headers))
    error = failure(client)
    assert isinstance(error, RateLimited)
    assert error.retry_after_seconds == seconds


# No answer, or half of one


def test_nobody_there(client: JsonClient) -> None:
    with closed_port() as url:
        error = failure(replace(client, base_url=url))
    assert (type(error), error.problem) == (SourceUnreachable, "no connection")


def test_no_connection_in_time(client: JsonClient) -> None:
    with full_port() as url:
        error = failure(replace(client, base_url=url, limits=Limits(connect_seconds=0.2)))
    assert (type(error), error.problem) == (SourceUnreachable, "no response in time")


def test_no_answer_in_time(client: JsonClient, server: FaultServer) -> None:
    released = threading.Event()
    server.say(Reply(b"{}", until=released))
    error = failure(replace(client, limits=Limits(read_seconds=0.2)))
    released.set()
    assert (type(error), error.problem) == (SourceUnreachable, "no response in time")


def test_a_body_that_stops_without_an_end(client: JsonClient, server: FaultServer) -> None:
    server.say(Reply(b"[1, 2]", drip_seconds=30))
    error = failure(replace(client, limits=Limits(read_seconds=0.2)))
    assert (type(error), error.problem) == (SourceUnreachable, "no response in time")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_drips(client: JsonClient, server: FaultServer, chunked: bool) -> None:
    body = b"5\r\n[1,2,\r\n2\r\n3]\r\n0\r\n\r\n" if chunked else b"[1, 2, 3]        "
    headers = {"Transfer-Encoding": "chunked"} if chunked else {}
    server.say(Reply(body, headers=headers, drip_seconds=0.1))
    error = failure(replace(client, limits=Limits(total_seconds=0.5)))
    assert (type(error), error.problem) == (SourceUnreachable, "the response took too long")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b"[1, 2]", missing=100),
        Reply(b"", missing=100),
        Reply(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n[1, 2"),
        Reply(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfish\r\n[1, 2]"),
    ],
    ids=["half a body", "no byte of a body", "half a chunk", "no chunk"],
)
def test_a_body_that_is_cut_off(client: JsonClient, server: FaultServer, reply: Reply) -> None:
    server.say(reply)
    error = failure(client)
    assert (type(error), error.problem) == (MalformedAnswer, "the response was cut off")


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (HTML, "a web page instead of data"),
        (Reply(b"  <p>hello"), "a web page instead of data"),
        (Reply(b""), "an empty response"),
        (Reply(b" \n "), "an empty response"),
        (Reply(b"null"), "an empty response"),
        (Reply(b"[1, 2"), "a body that is not JSON, or cut off"),
        (Reply(b"\xff\xfe[1]"), "a body that is not JSON, or cut off"),
        (Reply(b"[" * 100_000), "a body that is not JSON, or cut off"),
        (
            Reply(gzip.compress(b"[1, 2]", mtime=0)[:14], headers={"Content-Encoding": "gzip"}),
            "a body that is not JSON, or cut off",
        ),
        (
            Reply(b"[1, 2]", headers={"Content-Encoding": "gzip"}),
            "the response could not be decompressed",
        ),
        (Reply(b"", 204), "an empty response"),
    ],
)
def test_a_body_that_is_no_data(
    client: JsonClient, server: FaultServer, reply: Reply, problem: str
) -> None:
    server.say(reply)
    error = failure(client)
    assert (type(error), error.problem) == (MalformedAnswer, problem)


@pytest.mark.parametrize("raw", [b"", b"hello\r\n\r\n", b"HTTP/1.1 20", b"\x16\x03\x01" * 999])
def test_an_answer_that_is_no_http(client: JsonClient, server: FaultServer, raw: bytes) -> None:
    server.say(Reply(raw=raw))
    assert isinstance(failure(client), SourceUnreachable | MalformedAnswer)


@pytest.mark.parametrize("body", [b"1" * 5000, gzip.compress(b"1" * 5000, mtime=0)])
def test_a_body_that_is_too_large(client: JsonClient, server: FaultServer, body: bytes) -> None:
    packed = {"Content-Encoding": "gzip"} if body.startswith(b"\x1f") else {}
    server.say(Reply(body, headers=packed))
    small = replace(client, limits=replace(LONG_WAITS, body_bytes=4999))
    error = failure(small)
    assert (type(error), error.problem) == (MalformedAnswer, "more than 4999 bytes")
    assert replace(client, limits=replace(LONG_WAITS, body_bytes=5000)).get("/") > 0


def test_after_each_failure_the_next_answer_is_whole(
    client: JsonClient, server: FaultServer
) -> None:
    """Nothing of a broken answer is left in the connection."""
    good = Reply(gzip.compress(b'{"ok": 1}', mtime=0), headers={"Content-Encoding": "gzip"})
    for bad in (NO_ANSWER, HTML, Reply(b"[1", missing=9), json_reply({"error": "x"}, 500)):
        server.say(bad, good)
        failure(client)
        assert client.get("/ping") == {"ok": 1}


# The key


@pytest.mark.parametrize(
    ("plan", "header"), [("demo", "x-cg-demo-api-key"), ("pro", "x-cg-pro-api-key")]
)
@pytest.mark.parametrize(
    "reply",
    [json_reply([]), json_reply({"error": f"{KEY} is no key"}, 401), NO_ANSWER, HTML],
    ids=["empty", "repeats the key", "no answer", "web page"],
)
def test_the_key_goes_into_its_header_and_nowhere_else(
    server: FaultServer,
    session: requests.Session,
    caplog: pytest.LogCaptureFixture,
    plan: str,
    header: str,
    reply: Reply,
) -> None:
    caplog.set_level(logging.DEBUG)
    source = coingecko.connect(server.url, key=KEY, plan=plan, session=session)
    server.say(reply)
    with pytest.raises(SourceError) as caught:
        source.fetch_markets(1)
    (request,) = server.requests
    assert [name for name, value in request.headers.items() if KEY in value] == [header]
    assert KEY not in request.target
    assert KEY not in repr(source) + repr(source.client) + str(caught.value) + repr(caught.value)
    assert KEY not in caplog.text


@pytest.mark.parametrize(("key", "plan"), [("", "keyless"), ("", "demo"), (KEY, "keyless")])
def test_without_a_plan_for_it_no_key_is_sent(
    server: FaultServer, session: requests.Session, key: str, plan: str
) -> None:
    server.say(json_reply({"gecko_says": "(V3) To the Moon!"}))
    coingecko.connect(server.url, key=key, plan=plan, session=session).ping()
    assert not [name for name in server.requests[0].headers if name.startswith("x-cg")]


# What is good


@pytest.mark.parametrize(
    "decoded",
    [{"a": [1, 2.5, None]}, [], {}, 0, False, {"error": None}, {"status": "ok"}, {"status": {}}],
)
def test_a_good_body_comes_decoded(client: JsonClient, server: FaultServer, decoded: Any) -> None:
    server.say(json_reply(decoded))
    assert client.get("/x", {"page": 2}) == decoded
    assert server.requests[0].target == "/x?page=2"


@pytest.mark.parametrize(
    ("literal", "is_right"),
    [
        ("NaN", math.isnan),
        ("1e400", math.isinf),
        ("1" * 5000, math.isinf),
        ("-" + "1" * 5000, math.isinf),
        ("12345678901234567890", (12345678901234567890).__eq__),
    ],
)
def test_numbers_beyond_reason_are_left_to_the_checks(
    client: JsonClient, server: FaultServer, literal: str, is_right: Callable[[Any], bool]
) -> None:
    server.say(Reply(f"[{literal}]".encode()))
    assert is_right(client.get("/")[0])
