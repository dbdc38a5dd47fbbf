"""Every route, in both access modes, as everybody who may come along."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from fastapi.routing import APIRoute
from starlette.routing import Mount
from starlette.testclient import TestClient

from cointracker.api.app import build_app
from cointracker.bootstrap.features import FEATURES
from cointracker.core.rights import NOBODY, Mode, allows
from cointracker.features.accounts.sessions import SessionsService
from cointracker.features.accounts.tokens import TokensService
from tests.api.api_fixture import ApiFixture, api_fixture, read

BODIES: dict[str, Any] = {
    "/api/auth/login/": {},
    "/api/auth/ticket/": {},
    "/api/settings/": {},
}
CALLERS = ["nobody", "viewer", "admin", "viewer read", "viewer write", "admin read", "admin write"]


def routes() -> list[tuple[str, str]]:
    """Every route of the application, whether documented or not."""
    app = build_app(cast(Any, None), FEATURES)
    routers = [router for feature in FEATURES for router in feature.routers()]
    found = [route for router in (app, *routers) for route in router.routes]
    return [
        (method, f"/api{route.path}")
        for route in found
        if isinstance(route, APIRoute)
        for method in sorted(route.methods)
    ]


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiFixture]:
    with api_fixture(tmp_path_factory.mktemp("house")) as found:
        yield found


@pytest.fixture(scope="module")
def clients(open_house: ApiFixture) -> dict[str, TestClient]:
    logged_in = {name: open_house.logged_in(name) for name in ("viewer", "admin")}
    programs = {
        name: open_house.client(headers=open_house.bearer(name)) for name in open_house.tokens
    }
    return {"nobody": open_house.client()} | logged_in | programs


def test_every_route_is_declared_and_nothing_else_is_served() -> None:
    ours = {key for key in FEATURES.routes() if key[1].startswith("/api/")}
    assert set(routes()) == ours
    mounts = [
        route for route in build_app(cast(Any, None), FEATURES).routes if isinstance(route, Mount)
    ]
    assert [mount.path for mount in mounts] == ["/static-offline-docs"]


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("mode", list(Mode))
def test_each_route_lets_in_whom_it_should(
    open_house: ApiFixture, clients: dict[str, TestClient], caller: str, mode: Mode
) -> None:
    open_house.mode = mode
    client = clients[caller]
    services = open_house.services
    if caller == "nobody":
        principal = NOBODY
    elif caller in open_house.tokens:
        principal = services[TokensService].principal(open_house.tokens[caller])
    else:
        principal = services[SessionsService].principal(client.cookies["cointracker_session"])
    for method, path in sorted(routes()):
        if path == "/api/auth/logout/":
            continue
        asked = path.replace("{coin}", "bitcoin")
        answer = client.request(method, asked, json=BODIES.get(path))
        refused = 401 if principal.role is None else 403
        if allows(principal, FEATURES.routes()[method, path], mode):
            is_login = path in ("/api/auth/login/", "/api/auth/ticket/")
            assert answer.status_code == (400 if is_login else 200), (method, path, answer.text)
        else:
            assert answer.status_code == refused, (method, path, answer.text)
            assert list(answer.json()) == ["detail"]
            assert (answer.headers.get("WWW-Authenticate") == "Bearer") == (refused == 401)


def test_a_route_that_no_feature_declares_is_refused(home: ApiFixture) -> None:
    app = build_app(lambda: home.services, FEATURES, home.environment)

    @app.get("/forgotten/")
    def forgotten() -> dict[str, str]:
        return {"secret": "told"}

    answer = TestClient(app, headers=home.bearer("admin write")).get("/forgotten/")
    assert read(answer, 403) == {"detail": "You don't have permission."}


@pytest.mark.parametrize("token", ["ct_nonsense", "", "ct_" + "x" * 5_000, "ünïcode"])
def test_a_token_that_does_not_hold_is_refused_where_everyone_may_read(
    home: ApiFixture, token: str
) -> None:
    headers = {"Authorization": f"Bearer {token}".encode()}
    client = home.client()
    assert client.get("/api/cryptocurrencies/", headers=headers).status_code == 401
    assert client.get("/api/health/", headers=headers).status_code == 200
    assert client.get("/api/auth/check/", headers=headers).json()["authenticated"] is False


def test_token_and_cookie_are_never_mixed(home: ApiFixture) -> None:
    admin = home.logged_in()
    start = "/api/monitoring/start/"
    assert admin.post(start).status_code == 200
    assert admin.post(start, headers={"Authorization": "Bearer ct_wrong"}).status_code == 401
    assert admin.post(start, headers=home.bearer("viewer write")).status_code == 403
    viewer = home.logged_in("viewer")
    assert viewer.post(start).status_code == 403
    assert viewer.post(start, headers=home.bearer("admin write")).status_code == 200


def test_what_a_proxy_asks_for_itself_is_no_token_of_ours(home: ApiFixture) -> None:
    basic = {"Authorization": "Basic cmVhZGVyOnNlY3JldA=="}
    assert home.client().get("/api/cryptocurrencies/", headers=basic).status_code == 200
    admin = home.logged_in()
    assert admin.post("/api/monitoring/start/", headers=basic).status_code == 200
    del admin.headers["X-CSRFToken"]
    assert admin.post("/api/monitoring/start/", headers=basic).status_code == 403
