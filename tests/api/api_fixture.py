"""The whole API over one small database, with an admin, a viewer and their tokens."""

from __future__ import annotations

import atexit
import json
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.testclient import TestClient

from cointracker.api.app import build_routes
from cointracker.api.middleware import headers
from cointracker.bootstrap.app_database import APP_FILE
from cointracker.core.rights import SYSTEM, Mode, Principal, Role
from cointracker.core.services import Services
from cointracker.core.settings import Settings
from cointracker.features.accounts.accounts import AccountsService
from cointracker.features.accounts.sessions import SessionsService
from cointracker.features.accounts.tokens import Scope, TokensService
from tests.databases import LIVE_FILE, app_database, market_database
from tests.fakes import NOON, FakeClock, ListedSource, Pipeline, row
from tests.faults import PATIENCE_SECONDS
from tests.serving import served

PASSWORD = "correct horse battery"
KEY = "CG-0123456789wxyz"
PATIENT = Settings(
    coingecko_key=KEY,
    coingecko_plan="demo",
    calls_per_hour_anonymous=100_000,
    calls_per_hour_user=100_000,
)
ROWS = [
    row(
        "bitcoin",
        105.0,
        symbol="btc",
        market_cap=1e12,
        total_volume=150.0,
        price_change_percentage_24h=5.0,
        last_updated="2026-03-09T11:59:30Z",
    ),
    row(
        "ether",
        10.0,
        symbol="eth",
        name="<script>alert(1)</script>",
        market_cap=1e11,
        price_change_percentage_24h=1.0,
    ),
    row("nothing", None),
]


class Applied(list[Settings]):
    """The settings that were applied, in order; `error` refuses them."""

    error: Exception | None = None

    def __call__(self, settings: Settings) -> None:
        if self.error is not None:
            raise self.error
        self.append(settings)


@dataclass
class ApiFixture:
    """services serve; mode is the access mode; environment is what cannot be changed."""

    services: Services
    source: ListedSource
    clock: FakeClock
    applied: Applied
    environment: Settings = PATIENT
    mode: Mode = Mode.PUBLIC_READ
    tokens: dict[str, str] = field(default_factory=dict)

    def app(self) -> Starlette:
        """The API as the server holds it."""
        return Starlette(
            routes=build_routes(lambda: self.services, self.services.features, self.environment),
            middleware=headers.outer_middleware(self.environment),
        )

    def client(self, address: str = "192.0.2.1", **options: Any) -> TestClient:
        """Somebody at that address, with no cookies yet."""
        return TestClient(self.app(), client=(address, 50_000), **options)

    def logged_in(self, name: str = "admin", **options: Any) -> TestClient:
        """A browser in which that user has logged in, its writes with the CSRF token."""
        client = self.client(**options)
        answer = client.post("/api/auth/login/", json={"username": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRFToken"] = answer.json()["csrf_token"]
        return client

    def bearer(self, name: str) -> dict[str, str]:
        """The header of a program; name: a key of `tokens`."""
        return {"Authorization": f"Bearer {self.tokens[name]}"}

    def session(self, name: str) -> Principal:
        """That user, logged in."""
        sessions = self.services[SessionsService]
        return sessions.principal(
            sessions.open(self.services[AccountsService].log_in(name, PASSWORD, "192.0.2.9"))
        )


@contextmanager
def api_fixture(folder: Path, **changes: Any) -> Iterator[ApiFixture]:
    """Three coins at noon and the day before, on top of what the folder holds already.

    changes: see `served`.
    """
    if (folder / LIVE_FILE).exists():
        tokens = _move_in(folder)
    else:
        files, tokens = _template()
        for name in (LIVE_FILE, APP_FILE):
            shutil.copyfile(files / name, folder / name)
    with _opened(folder, **changes) as found:
        found.tokens = dict(tokens)
        yield found


@cache
def _template() -> tuple[Path, Mapping[str, str]]:
    """The files of one that is lived in, and its tokens; the others are copies of it."""
    folder = Path(tempfile.mkdtemp(prefix="cointracker-api-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder, _move_in(folder)


def _move_in(folder: Path) -> Mapping[str, str]:
    """Store the coins and the users; the users' tokens."""
    database = market_database(folder / LIVE_FILE)
    pipeline = Pipeline(database, FakeClock(NOON - timedelta(days=1)))
    pipeline.take(row("bitcoin", 100.0, symbol="btc", total_volume=100.0))
    pipeline.clock.move(days=1)
    pipeline.take(*ROWS, standings={"bitcoin": 3.0})
    database.close()
    with _opened(folder) as found:
        accounts, tokens = found.services[AccountsService], found.services[TokensService]
        for name, role in (("admin", Role.ADMIN), ("viewer", Role.VIEWER)):
            accounts.add(name, PASSWORD, role, by=SYSTEM)
            for scope in Scope:
                by = found.session(name)
                _token, secret = tokens.make(by, scope.value, scope, 30)
                found.tokens[f"{name} {scope}"] = secret
        return found.tokens


@contextmanager
def _opened(folder: Path, **changes: Any) -> Iterator[ApiFixture]:
    database, app = market_database(folder / LIVE_FILE), app_database(folder / APP_FILE)
    clock, applied = FakeClock(NOON + timedelta(minutes=5)), Applied()
    source = ListedSource(clock, ROWS)
    services = served(database, source, app=app, given=PATIENT, apply=applied, **changes)
    found = ApiFixture(services, source, clock, applied)
    found.services = services.replace(mode=lambda: found.mode)
    try:
        yield found
    finally:
        app.close()
        database.close()


def read(answer: Any, status: int = 200) -> Any:
    """The answer's JSON, strictly read: no NaN and no Infinity."""
    assert answer.status_code == status, answer.text
    assert "Traceback" not in answer.text
    return json.loads(answer.content, parse_constant=_refuse)


def body_of(answer: Mapping[str, Any]) -> list[str]:
    """The names of the fields that were wrong."""
    assert answer["status"] == "error"
    return list(answer["errors"])


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


@contextmanager
def listening(app: Starlette) -> Iterator[str]:
    """Serve an application under a real uvicorn on loopback; its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(100)
        config = uvicorn.Config(
            app, lifespan="off", log_level="warning", access_log=False, proxy_headers=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive(), "the server did not stop"
