"""How often, how much, and what of it can be read: the bounds of a call."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from cointracker.api.middleware import authenticate as auth_middleware
from cointracker.core.server_settings import CALLS_PER_HOUR_ANONYMOUS, CALLS_PER_HOUR_USER
from cointracker.core.settings import Settings
from tests.api.api_fixture import KEY, PASSWORD, PATIENT, ApiFixture, body_of, listening, read
from tests.faults import PATIENCE_SECONDS

COINS, SETTINGS, LOGIN = "/api/cryptocurrencies/", "/api/settings/", "/api/auth/login/"
HOUR = 3_600


# The limits as they are set at first


@pytest.fixture
def strict(home: ApiFixture) -> ApiFixture:
    """As it is served when nothing is set."""
    home.environment = Settings()
    return home


def test_an_address_has_100_calls_an_hour(strict: ApiFixture) -> None:
    client = strict.client("198.51.100.7")
    codes = [client.get("/api/nothing/").status_code for _call in range(98)]
    assert set(codes) == {404}
    assert client.get(COINS).status_code == 200
    assert client.post(LOGIN, json={}).status_code == 400
    refused = client.get(COINS)
    assert read(refused, 429) == {"detail": "Too many calls."}
    assert 3_000 < int(refused.headers["Retry-After"]) <= HOUR + 1
    assert client.get("/api/docs").status_code == 429
    for _call in range(3):
        assert client.get("/api/health/").status_code == 200
    with_cookies = client.get(COINS, headers={"Cookie": "cointracker_session=made.up"})
    assert with_cookies.status_code == 429
    assert client.get(COINS, headers={"Authorization": "Bearer ct_x"}).status_code == 429
    assert client.get(COINS, headers=strict.bearer("viewer read")).status_code == 200


def test_a_user_has_1000_calls_by_whatever_means(home: ApiFixture) -> None:
    home.environment = PATIENT.replace({"calls_per_hour_user": 5})
    client = home.client()
    for means in ("viewer read", "viewer write", "viewer read", "viewer write", "viewer read"):
        assert client.get(COINS, headers=home.bearer(means)).status_code == 200
    assert client.get(COINS, headers=home.bearer("viewer write")).status_code == 429
    assert client.get(COINS, headers=home.bearer("admin read")).status_code == 200
    assert client.get(COINS).status_code == 200
    assert (Settings()[CALLS_PER_HOUR_ANONYMOUS], Settings()[CALLS_PER_HOUR_USER]) == (100, 1000)


@pytest.fixture
def spent(home: ApiFixture) -> Any:
    """Asks once more as somebody at an address; where one call may be made, another was."""

    def asked(address: str, trusted: tuple[str, ...] = (), **headers: str) -> int:
        home.environment = PATIENT.replace(
            {"calls_per_hour_anonymous": 1, "trusted_proxies": trusted}
        )
        app = home.app()
        first = TestClient(app, client=(address, 1))
        assert first.get(COINS, headers={"X-Forwarded-For": "203.0.113.1"}).status_code == 200
        again = TestClient(app, client=(address, 2))
        status: int = again.get(COINS, headers=headers).status_code
        return status

    return asked


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.99"},
        {"X-Forwarded-For": "203.0.113.99, 10.0.0.1"},
        {"X-Real-IP": "203.0.113.99"},
        {"Forwarded": "for=203.0.113.99"},
        {"X-Forwarded-For": "127.0.0.1"},
    ],
)
def test_an_address_is_not_changed_by_a_header(spent: Any, headers: dict[str, str]) -> None:
    assert spent("198.51.100.7", **headers) == 429
    assert spent("198.51.100.7", trusted=("10.0.0.0/8",), **headers) == 429


def test_a_trusted_proxy_tells_who_calls_and_the_caller_does_not(spent: Any) -> None:
    proxy = ("10.0.0.0/8",)
    assert spent("10.0.0.1", proxy, **{"X-Forwarded-For": "203.0.113.1"}) == 429
    assert spent("10.0.0.1", proxy, **{"X-Forwarded-For": "203.0.113.99, 203.0.113.1"}) == 429
    assert spent("10.0.0.1", proxy, **{"X-Forwarded-For": "203.0.113.99"}) == 200


def test_a_network_of_ipv6_counts_as_one(home: ApiFixture) -> None:
    home.environment = PATIENT.replace({"calls_per_hour_anonymous": 1})
    app = home.app()
    codes = [
        TestClient(app, client=(address, 1)).get(COINS).status_code
        for address in ("2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1")
    ]
    assert codes == [200, 429, 200]


# Bodies


def test_a_body_that_is_too_long_is_not_read(home: ApiFixture) -> None:
    client = home.client()
    long = b'{"username": "' + b"a" * auth_middleware.MAX_BYTES + b'"}'
    said = {"detail": "The body is longer than 65536 bytes."}
    answer = client.post(LOGIN, content=long, headers={"Content-Type": "application/json"})
    assert read(answer, 413) == said

    def endless() -> Iterator[bytes]:
        for _chunk in range(100):
            yield b"a" * 1_000

    assert read(client.post(LOGIN, content=endless()), 413) == said
    told = {"Content-Length": "9" * 30}
    assert client.post(LOGIN, content=b"{}", headers=told).status_code == 413
    assert client.get(COINS).status_code == 200


def said_to(address: str, *parts: bytes) -> bytes:
    """What is answered to bytes after which nothing comes."""
    parsed = urlsplit(address)
    with socket.create_connection((parsed.hostname, parsed.port), PATIENCE_SECONDS) as raw:
        for part in parts:
            raw.sendall(part)
        return raw.recv(65_536)


def test_a_body_that_does_not_come_is_not_waited_for(
    home: ApiFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert auth_middleware.BODY_SECONDS == 30
    monkeypatch.setattr(auth_middleware, "BODY_SECONDS", 0.05)
    head = b"POST /api/auth/login/ HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"
    with listening(home.app()) as address:
        answer = said_to(address, head, b'{"use')
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'{"detail":' in answer


def test_a_body_up_to_the_bound_is_read(home: ApiFixture) -> None:
    password = "é" * 500
    body = {"username": "admin", "password": password}
    assert home.client().post(LOGIN, json=body).status_code == 401


DEEP = b"[" * 30_000
NOT_READ = ["The body could not be read as JSON."]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        DEEP,
        b"\xff\xfe",
        b"\x00",
        b'{"top_coins_count": 5,}',
        b"{'a': 1}",
        b'{"top_coins_count": ' + b"9" * 20_000 + b"}",
        b"nul",
        b"null",
        b"[]",
        b'"a"',
    ],
)
def test_a_body_that_is_no_object(home: ApiFixture, body: bytes) -> None:
    headers = home.bearer("admin write") | {"Content-Type": "application/json"}
    answer = read(home.client().put(SETTINGS, content=body, headers=headers), 400)
    assert body_of(answer) == ["body"]
    assert answer["errors"]["body"][0]


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""],
)
def test_a_body_of_another_kind_is_refused(home: ApiFixture, kind: str) -> None:
    headers = home.bearer("admin write") | {"Content-Type": kind}
    answer = home.client().put(SETTINGS, content=b'{"top_coins_count": 5}', headers=headers)
    assert body_of(read(answer, 400)) == ["body"]
    assert home.applied == []


def test_names_and_values_that_cannot_be_written_are_told_all_the_same(home: ApiFixture) -> None:
    body = b'{"\\ud800": 1, "top_coins_count": "\\udfff"}'
    headers = home.bearer("admin write") | {"Content-Type": "application/json"}
    answer = read(home.client().put(SETTINGS, content=body, headers=headers), 400)
    assert body_of(answer) == ["body"]


# What is not told


def test_no_answer_and_no_log_holds_a_secret(
    home: ApiFixture, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = [KEY, PASSWORD, *home.tokens.values()]
    client = home.logged_in()
    secrets.append(client.cookies["cointracker_session"])
    other = "CG-another-key-of-mine"
    answers = [
        client.get(SETTINGS),
        client.put(SETTINGS, json={"api_key": other}),
        client.put(SETTINGS, json={"api_key": "CG-bad\u20ac-key-1234", "top_coins_count": 0}),
        client.post(LOGIN, json={"username": PASSWORD, "password": PASSWORD}),
        client.get(COINS, headers={"Authorization": f"Bearer {KEY}"}),
        client.get("/api/auth/check/"),
        client.get("/api/docs"),
        client.get("/api/openapi.json"),
    ]
    told = "".join(answer.text for answer in answers) + caplog.text
    for secret in [*secrets, other, "CG-bad"]:
        assert secret not in told


def test_markup_in_a_name_is_handed_on_as_text(home: ApiFixture) -> None:
    answer = home.client().get(f"{COINS}ether/")
    assert read(answer)["name"] == "<script>alert(1)</script>"
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
