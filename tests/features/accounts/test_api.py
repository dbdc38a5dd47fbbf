"""Login, logout, tickets and tokens: who gets in, who stays, and who is put out."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from cointracker.core.rights import SYSTEM
from cointracker.features.accounts.accounts import AccountsService
from cointracker.features.accounts.sessions import SessionsService
from cointracker.features.accounts.tokens import TokensService
from tests.api.api_fixture import PASSWORD, ApiFixture, body_of, read

LOGIN, CHECK, LOGOUT = "/api/auth/login/", "/api/auth/check/", "/api/auth/logout/"
WRONG = {"username": "admin", "password": "wrong horse battery"}


def cookies(answer: Any) -> dict[str, str]:
    """What each cookie of an answer says after its value, by its name."""
    found = {}
    for line in answer.headers.get_list("set-cookie"):
        name, _, rest = line.partition("=")
        found[name] = rest.partition(";")[2].lower()
    return found


def checked(client: TestClient, **headers: str) -> Any:
    return read(client.get(CHECK, headers=headers))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_login_sets_two_cookies(home: ApiFixture, scheme: str) -> None:
    client = home.client(base_url=f"{scheme}://testserver")
    answer = client.post(LOGIN, json={"username": "admin", "password": PASSWORD})
    told = read(answer)
    assert told["status"] == "success"
    assert list(told) == ["status", "message", "csrf_token"]
    given = cookies(answer)
    assert set(given) == {"cointracker_session", "csrftoken"}
    for said in given.values():
        assert "path=/" in said
        assert "samesite=lax" in said
        assert "max-age=2592000" in said
        assert ("secure" in said) == (scheme == "https")
    assert "httponly" in given["cointracker_session"]
    assert "httponly" not in given["csrftoken"]
    assert client.cookies["csrftoken"] == told["csrf_token"]
    assert checked(client) == {
        "authenticated": True,
        "username": "admin",
        "role": "admin",
        "csrf_token": told["csrf_token"],
    }


def test_nobody_is_told_so(home: ApiFixture) -> None:
    nobody = {"authenticated": False, "username": None, "role": None, "csrf_token": None}
    assert checked(home.client()) == nobody
    told = checked(home.client(), **home.bearer("viewer read"))
    assert told == {
        "authenticated": True,
        "username": "viewer",
        "role": "viewer",
        "csrf_token": None,
    }


@pytest.mark.parametrize(
    "credentials",
    [
        WRONG,
        WRONG | {"username": "nobody"},
        {"username": "", "password": ""},
        {"username": "admin\0", "password": PASSWORD},
    ],
)
def test_a_wrong_password_and_an_unknown_name_look_the_same(
    home: ApiFixture, credentials: dict[str, str]
) -> None:
    answer = home.client().post(LOGIN, json=credentials)
    assert read(answer, 401) == {"detail": "The name or the password is wrong."}
    assert not cookies(answer)


def test_guessing_ends_for_the_address_and_not_for_the_admin_elsewhere(home: ApiFixture) -> None:
    guesser = home.client("198.51.100.7")
    for _guess in range(5):
        assert guesser.post(LOGIN, json=WRONG).status_code == 401
    blocked = guesser.post(LOGIN, json={"username": "admin", "password": PASSWORD})
    assert read(blocked, 429) == {"detail": "Too many attempts."}
    assert 0 < int(blocked.headers["Retry-After"]) <= 900
    assert not cookies(blocked)
    forwarded = {"X-Forwarded-For": "203.0.113.5"}
    assert guesser.post(LOGIN, json=WRONG, headers=forwarded).status_code == 429
    assert checked(home.logged_in(address="198.51.100.8"))["authenticated"]


def test_a_logout_ends_the_session_wherever_its_cookie_is(home: ApiFixture) -> None:
    client = home.logged_in()
    stolen = dict(client.cookies)
    answer = client.post(LOGOUT)
    assert read(answer)["status"] == "success"
    assert all("max-age=0" in said for said in cookies(answer).values())
    assert not client.cookies
    thief = home.client(cookies=stolen)
    assert not checked(thief)["authenticated"]
    assert thief.get("/api/settings/").status_code == 401
    assert read(home.client().post(LOGOUT))["status"] == "success"


def forgeries(real: str) -> list[str]:
    value, _, signature = real.rpartition(".")
    return [
        "",
        "admin",
        f"{value}.",
        f"{value}x.{signature}",
        f"{value}.{signature[:-2]}AA",
        signature,
        f"admin.{signature}",
        real * 20,
        "é" * 10,
        real[:-1],
    ]


def test_a_forged_cookie_is_nobody(home: ApiFixture) -> None:
    client = home.logged_in()
    real = client.cookies["cointracker_session"]
    for forged in forgeries(real):
        header = {"Cookie": f"cointracker_session={forged}".encode()}
        other = home.client()
        assert other.get(CHECK, headers=header).json()["authenticated"] is False
        assert other.get("/api/settings/", headers=header).status_code == 401


def test_a_session_ends_by_itself(home: ApiFixture) -> None:
    client = home.logged_in()
    home.clock.move(days=6)
    assert checked(client)["authenticated"]
    home.clock.move(days=7)
    assert not checked(client)["authenticated"]
    busy = home.logged_in()
    for _day in range(29):
        home.clock.move(days=1)
        assert checked(busy)["authenticated"]
    home.clock.move(days=1)
    assert not checked(busy)["authenticated"]


def test_another_password_ends_all_sessions(home: ApiFixture) -> None:
    one, other = home.logged_in(), home.logged_in()
    home.services[AccountsService].set_password("admin", "another horse battery", by=SYSTEM)
    assert not checked(one)["authenticated"]
    assert other.post("/api/monitoring/stop/").status_code == 401


def test_a_token_ends_when_it_is_revoked_expires_or_loses_its_user(home: ApiFixture) -> None:
    client, settings = home.client(), "/api/settings/"
    tokens = home.services[TokensService]
    admin = home.session("admin")
    revoked = next(token for token in tokens.of(admin) if token.scope == "read")
    assert client.get(settings, headers=home.bearer("admin read")).status_code == 200
    tokens.revoke(admin, revoked.token_id)
    assert client.get(settings, headers=home.bearer("admin read")).status_code == 401
    assert client.get(settings, headers=home.bearer("admin write")).status_code == 200
    home.services[AccountsService].remove("viewer", by=SYSTEM)
    viewer = home.bearer("viewer read")
    assert client.get("/api/cryptocurrencies/", headers=viewer).status_code == 401
    home.clock.move(days=30)
    assert client.get(settings, headers=home.bearer("admin write")).status_code == 401


def test_a_ticket_becomes_a_session_once_and_soon(home: ApiFixture) -> None:
    ticket = home.services[SessionsService].ticket(home.session("viewer"))
    client = home.client()
    answer = client.post("/api/auth/ticket/", json={"ticket": ticket})
    assert read(answer)["csrf_token"] == client.cookies["csrftoken"]
    assert "httponly" in cookies(answer)["cointracker_session"]
    assert checked(client)["username"] == "viewer"
    assert home.client().post("/api/auth/ticket/", json={"ticket": ticket}).status_code == 401


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, ["username", "password"]),
        ({"username": "admin"}, ["password"]),
        ({"username": 1, "password": True}, ["username", "password"]),
        ({"username": "admin", "password": PASSWORD, "role": "admin"}, ["role"]),
        ({"username": "a" * 1_001, "password": "b"}, ["username"]),
        ([], ["body"]),
        ("admin", ["body"]),
        (None, ["body"]),
    ],
)
def test_a_login_that_cannot_be_read(home: ApiFixture, body: Any, wrong: list[str]) -> None:
    assert body_of(read(home.client().post(LOGIN, json=body), 400)) == wrong
