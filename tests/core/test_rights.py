"""Who may do what: every page, route and socket, in both modes, as everybody there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cointracker.api.app import build_app
from cointracker.bootstrap.features import FEATURES
from cointracker.core.errors import LoginNeeded, NotAllowed
from cointracker.core.rights import (
    COMMAND,
    NOBODY,
    SYSTEM,
    Means,
    Mode,
    Principal,
    Right,
    Role,
    allows,
    mode,
    require,
)

PAGES_FOLDER = Path(__file__).parents[2] / "pages"
FIRST_PAGE = "ranking"


def user(role: Role, means: Means, *, may_write: bool = True) -> Principal:
    return Principal("somebody", role, means, may_write=may_write)


EVERYBODY = {
    "nobody": NOBODY,
    "viewer": user(Role.VIEWER, Means.SESSION),
    "viewer's token": user(Role.VIEWER, Means.TOKEN, may_write=False),
    "viewer's writing token": user(Role.VIEWER, Means.TOKEN),
    "admin": user(Role.ADMIN, Means.SESSION),
    "admin's token": user(Role.ADMIN, Means.TOKEN, may_write=False),
    "admin's writing token": user(Role.ADMIN, Means.TOKEN),
    "system": SYSTEM,
    "command": COMMAND,
    "admin without proof": Principal("somebody", Role.ADMIN),
    "forged": Principal("admin", None, Means.SESSION, may_write=True),
}
KNOWN = {name for name, who in EVERYBODY.items() if who.role is not None}
HERE = {"viewer", "admin", "system", "command"}
MAY = {
    Right.OPEN: set(EVERYBODY),
    Right.VIEW: KNOWN,
    Right.OWN: HERE,
    Right.INSPECT: {name for name in KNOWN if "viewer" not in name},
    Right.WRITE: {"admin", "admin's writing token", "system", "command"},
    Right.MANAGE: HERE - {"viewer"},
}
"""Who has each right where the mode is private."""


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("name", EVERYBODY)
@pytest.mark.parametrize("mode", Mode)
def test_every_right_of_everybody(right: Right, name: str, mode: Mode) -> None:
    who = EVERYBODY[name]
    may = name in MAY[right] or (right is Right.VIEW and mode is Mode.PUBLIC_READ)
    assert allows(who, right, mode) is may
    if may:
        require(who, right, mode)
    else:
        with pytest.raises(LoginNeeded if who.role is None else NotAllowed):
            require(who, right, mode)


def test_without_a_word_the_mode_is_the_strict_one() -> None:
    assert not allows(NOBODY, Right.VIEW)


@pytest.mark.parametrize(
    ("asked", "is_local", "found"),
    [
        ("", True, Mode.PUBLIC_READ),
        ("", False, Mode.PRIVATE),
        ("private", True, Mode.PRIVATE),
        ("public-read", False, Mode.PUBLIC_READ),
    ],
)
def test_the_mode_goes_by_the_address_unless_it_is_asked_for(
    asked: str, is_local: bool, found: Mode
) -> None:
    assert mode(asked, is_local=is_local) is found


OPEN_TO_ALL = {
    "",
    "coin",
    "weights",
    "health",
    "login",
    "/ws/coins/",
    "GET /api/health/",
    "POST /api/auth/login/",
    "POST /api/auth/logout/",
    "GET /api/auth/check/",
    "POST /api/auth/ticket/",
    "GET /api/cryptocurrencies/",
    "GET /api/cryptocurrencies/{coin}/",
    "GET /api/cryptocurrencies/{coin}/history/",
    "GET /api/monitoring/status/",
    "GET /api/standing/",
    "GET /api/social/fetch/",
    "GET /api/openapi.json",
    "GET /api/docs",
    "GET /metrics",
}
"""What nobody in particular may reach where everybody may look; said here a second time."""
OPEN_ALWAYS = {
    "login",
    "GET /api/health/",
    "POST /api/auth/login/",
    "POST /api/auth/logout/",
    "GET /api/auth/check/",
    "POST /api/auth/ticket/",
}
ONES_OWN = {"account"}
"""What it takes a login for, whoever it is, also where everybody may look."""


def places() -> Iterator[tuple[str, Right]]:
    yield from ((path, page.right) for path, page in FEATURES.pages.items())
    yield from ((path, socket.right) for path, socket in FEATURES.sockets.items())
    for (method, path), right in FEATURES.routes().items():
        yield f"{method} {path}", right


@pytest.mark.parametrize(("place", "right"), list(places()))
def test_every_place_lets_in_whom_it_should(place: str, right: Right) -> None:
    assert allows(NOBODY, right, Mode.PUBLIC_READ) is (place in OPEN_TO_ALL)
    assert allows(NOBODY, right, Mode.PRIVATE) is (place in OPEN_ALWAYS)
    is_for_all = place in OPEN_TO_ALL | OPEN_ALWAYS | ONES_OWN
    reads = place not in ONES_OWN | {"users", "audit"} and not writes(place)
    for each in Mode:
        assert allows(EVERYBODY["viewer"], right, each) is is_for_all
        assert allows(EVERYBODY["admin"], right, each)
        assert allows(EVERYBODY["admin's token"], right, each) is reads


def writes(place: str) -> bool:
    return place.startswith(("POST", "PUT")) and place not in OPEN_ALWAYS


def test_every_page_has_its_right() -> None:
    pages = {path.stem for path in PAGES_FOLDER.glob("*.py")}
    assert {"" if page == FIRST_PAGE else page for page in pages} <= set(FEATURES.pages)


def test_what_no_feature_declares_has_no_right() -> None:
    assert FEATURES.page_right("new") is None
    assert FEATURES.route_right("GET", "/api/new/") is None
    assert FEATURES.route_right("DELETE", "/api/settings/") is None
    assert FEATURES.socket_right("/ws/new/") is None


def test_a_right_is_found_by_where_it_is_asked_for() -> None:
    assert {path: FEATURES.page_right(path) for path in FEATURES.pages} == {
        path: page.right for path, page in FEATURES.pages.items()
    }
    for (method, path), right in FEATURES.routes().items():
        assert FEATURES.route_right(method, path) is right
    for path, socket in FEATURES.sockets.items():
        assert FEATURES.socket_right(path) is socket.right


def test_every_route_has_its_right() -> None:
    def services() -> Any:
        raise AssertionError("no route is called here")

    paths = build_app(services, FEATURES).openapi()["paths"]
    there = {(method.upper(), f"/api{path}") for path in paths for method in paths[path]}
    assert there <= set(FEATURES.routes())
