"""Pages of other hosts: what a browser lets them do in a user's name, and what we do."""

from __future__ import annotations

import pytest

from cointracker.api.middleware.origins import is_allowed
from tests.api.api_fixture import PASSWORD, PATIENT, ApiFixture, read

FRIEND, STRANGER = "https://friend.example", "https://evil.example"
START, COINS, LOGIN = "/api/monitoring/start/", "/api/cryptocurrencies/", "/api/auth/login/"


@pytest.fixture
def befriended(home: ApiFixture) -> ApiFixture:
    home.environment = PATIENT.replace({"allowed_origins": (FRIEND,)})
    return home


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é", "x" * 10_000])
def test_a_write_with_the_cookie_needs_its_token(home: ApiFixture, token: str | None) -> None:
    client = home.logged_in()
    del client.headers["X-CSRFToken"]
    headers = {} if token is None else {"X-CSRFToken": token.encode()}
    assert list(read(client.post(START, headers=headers), 403)) == ["detail"]
    assert read(client.put("/api/settings/", json={}, headers=headers), 403)
    assert read(client.post("/api/auth/logout/", headers=headers), 403)
    assert client.get("/api/settings/").status_code == 200


def test_the_token_of_another_session_is_not_enough(home: ApiFixture) -> None:
    one, other = home.logged_in(), home.logged_in()
    foreign = {"X-CSRFToken": other.headers["X-CSRFToken"]}
    assert one.post(START, headers=foreign).status_code == 403
    assert one.post(START).status_code == 200
    doubled = {"X-CSRFToken": "made-up", "Cookie": "csrftoken=made-up"}
    assert one.post(START, headers=doubled).status_code in (401, 403)


def test_a_program_needs_no_such_token(home: ApiFixture) -> None:
    assert home.client().post(START, headers=home.bearer("admin write")).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        STRANGER,
        "null",
        "",
        "http://testserver.evil.example",
        "http://testserver:81",
        "http://evil.example/http://testserver",
        "file://",
        "http://[",
        "http://testserver@evil.example",
    ],
)
def test_a_page_elsewhere_writes_nothing_and_logs_nobody_in(
    befriended: ApiFixture, origin: str
) -> None:
    client = befriended.logged_in()
    headers = {"Origin": origin}
    said = {"detail": "Pages of this origin may not write."}
    assert read(client.post(START, headers=headers), 403) == said
    credentials = {"username": "admin", "password": PASSWORD}
    answer = befriended.client().post(LOGIN, json=credentials, headers=headers)
    assert read(answer, 403) == said
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("origin", ["http://testserver", "https://testserver", FRIEND])
def test_our_own_pages_and_friends_may_write(befriended: ApiFixture, origin: str) -> None:
    assert befriended.logged_in().post(START, headers={"Origin": origin}).status_code == 200


def preflight(origin: str, method: str = "PUT") -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "content-type, x-csrftoken, authorization",
    }


def test_browsers_are_told_that_strangers_may_not_read(befriended: ApiFixture) -> None:
    client = befriended.logged_in()
    asked = client.options("/api/settings/", headers=preflight(STRANGER))
    assert asked.status_code == 400
    for answer in (asked, client.get(COINS, headers={"Origin": STRANGER})):
        assert "access-control-allow-origin" not in answer.headers


def test_browsers_are_told_that_friends_may(befriended: ApiFixture) -> None:
    client = befriended.client()
    asked = client.options("/api/settings/", headers=preflight(FRIEND))
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == FRIEND
    assert "PUT" in asked.headers["access-control-allow-methods"]
    assert client.options(COINS, headers=preflight(FRIEND, "DELETE")).status_code == 400
    answer = client.get(COINS, headers={"Origin": FRIEND})
    assert answer.headers["access-control-allow-origin"] == FRIEND
    assert "Origin" in answer.headers["vary"]


def test_without_friends_nobody_elsewhere_may(home: ApiFixture) -> None:
    asked = home.client().options(COINS, headers=preflight(FRIEND, "GET"))
    assert "access-control-allow-origin" not in asked.headers


@pytest.mark.parametrize(
    ("origin", "host", "others", "allowed"),
    [
        (None, "a.example", (), True),
        ("https://a.example", "a.example", (), True),
        ("https://a.example", "a.example:443", (), True),
        ("http://a.example", "a.example:80", (), True),
        ("https://A.Example", "a.example", (), True),
        ("http://a.example:8501", "a.example:8501", (), True),
        ("http://[::1]:8501", "[::1]:8501", (), True),
        ("http://a.example", None, (), False),
        ("ftp://a.example", "a.example", (), False),
        ("http://a.example:99999", "a.example", (), False),
        ("http://a.example:8501", "a.example:8502", (), False),
        ("https://a.example", "a.example:80", (), False),
        ("https://b.example", "a.example", (), False),
        ("https://a.example.evil.example", "a.example", (), False),
        ("https://evil.example/a.example", "a.example", (), False),
        ("null", "a.example", (), False),
        ("", "", (), False),
        ("https://", "", (), False),
        ("file://a.example", "a.example", (), False),
        ("https://a.example:x", "a.example", (), False),
        ("https://b.example", "a.example", ("https://b.example",), True),
        ("https://b.example", "a.example", ("https://c.example", "https://B.example/"), True),
        ("http://b.example", "a.example", ("https://b.example",), False),
    ],
)
def test_origins(
    origin: str | None, host: str | None, others: tuple[str, ...], allowed: bool
) -> None:
    assert is_allowed(origin, host, others) is allowed
