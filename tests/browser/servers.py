"""Dashboards in processes of their own, and a CoinGecko for them that tests control."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from cointracker.bootstrap.app_database import open_app
from cointracker.features.accounts.passwords import Passwords
from tests.accounts_fixture import auth_of
from tests.databases import APP_STEPS
from tests.faults import FaultServer, Reply, Request, json_reply
from tests.recordings import recordings

ROOT = Path(__file__).parents[2]
ADMIN, PASSWORD = "admin", "correct horse"
COOKIE = "cointracker_session"
COOKIES: list[dict[str, str]] = []
"""The admin's cookie for each server there was, as browsers take it."""
START_SECONDS, STOP_SECONDS = 300.0, 120.0
Row = dict[str, Any]


@dataclass
class Server:
    """A dashboard in a process of its own."""

    url: str
    process: subprocess.Popen[bytes]
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8")

    def session(self, name: str, password: str) -> str:
        """A new session of a user: the value of its cookie."""
        request = urllib.request.Request(
            f"{self.url}/api/auth/login/",
            data=json.dumps({"username": name, "password": password}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            given = SimpleCookie("; ".join(answer.headers.get_all("Set-Cookie")))
        return given[COOKIE].value

    def status(self, path: str, token: str = "", cookie: str = "") -> int:
        """The status that a call of the API is answered with."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
        request = urllib.request.Request(f"{self.url}/api/{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code

    def api(self, path: str, language: str = "en") -> Any:
        request = urllib.request.Request(
            f"{self.url}/api/{path}", headers={"Accept-Language": language}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def everything(self, at: str | None = None, language: str = "en") -> list[Row]:
        """All coins of the newest snapshot, or of the one at an instant, as the API ranks them."""
        asked = f"&at={at}" if at else ""
        rows: list[Row] = []
        page = 1
        while True:
            path = f"cryptocurrencies/?page_size=250&page={page}{asked}"
            answer = self.api(path, language)
            rows += answer["results"]
            if answer["next"] is None:
                return rows
            page += 1

    def stop(self) -> int:
        """End it as a service manager would; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)


def _until(condition: Callable[[], bool], seconds: float, told: Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain; {told()}"
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def serving(
    script: str, folder: Path, is_up: Callable[[Row], bool], **env: str
) -> Iterator[Server]:
    """A server while it is entered, from when its health passes `is_up`."""
    folder.mkdir(parents=True, exist_ok=True)
    cookie = _admin_cookie(folder, float(env.get("TEST_CLOCK_OFFSET", "0")))
    port, log_file = _free_port(), folder / "server.log"
    clean = {name: value for name, value in os.environ.items() if "COINTRACKER" not in name}
    command = (sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port))
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [*command, "--server.headless", "true"],
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=clean
            | {
                "NO_PROXY": "127.0.0.1",
                "COINTRACKER_DATA_DIR": str(folder),
                "COINTRACKER_COINPAPRIKA_URL": "off",
                "COINTRACKER_CALLS_PER_HOUR_ANONYMOUS": "1000000",
            }
            | env,
        )
    server = Server(f"http://127.0.0.1:{port}", process, log_file)
    COOKIES.append({"name": COOKIE, "value": cookie, "url": server.url})

    def answers() -> bool:
        assert process.poll() is None, f"the server ended by itself:\n{server.log}"
        try:
            return is_up(server.api("health/"))
        except OSError:
            return False

    try:
        _until(answers, START_SECONDS, lambda: server.log)
        yield server
        code = server.stop()
        assert code in (0, -signal.SIGTERM), f"exit code {code}:\n{server.log}"
        assert "Traceback" not in server.log, server.log
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _admin_cookie(folder: Path, clock_offset_seconds: float) -> str:
    """The cookie of an admin who logged in before the server starts."""

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=clock_offset_seconds)

    with closing(open_app(folder, APP_STEPS)) as database:
        known = auth_of(database, clock, Passwords(rounds=4))
        known.accounts.first_admin(PASSWORD)
        return known.sessions.open(known.accounts.log_in(ADMIN, PASSWORD))


def is_ready(health: Row) -> bool:
    """Whether there is a snapshot to show."""
    return bool(health["ready"])


def is_fresh(health: Row) -> bool:
    """Whether the refresh that is due at the start has ended."""
    return is_ready(health) and health["age_seconds"] < 60


@dataclass
class Gecko:
    """Plays CoinGecko: recorded coins, made up to be of now; or whatever a test says.

    failure: the answer to everything while it is set. held: while it is set and not released,
    markets are not answered. told: what `/coins/{id}` says of the coins that it knows; their past
    is a flat line at 1. told_held: as `held`, for what is told of coins.
    """

    faults: FaultServer
    rows: list[Row] = field(default_factory=list)
    offset_seconds: float = 0.0
    failure: Reply | None = None
    held: threading.Event | None = None
    told: dict[str, Row] = field(default_factory=dict)
    told_held: threading.Event | None = None

    def __post_init__(self) -> None:
        self.faults.answer = self._answer

    def _answer(self, request: Request) -> Reply:
        if self.failure is not None:
            return self.failure
        if request.path == "/ping":
            return json_reply({"gecko_says": "(V3) To the Moon!"})
        if request.path.startswith("/coins/") and request.path != "/coins/markets":
            return replace(self._of_one(request.path.split("/")), until=self.told_held)
        return replace(json_reply(self._as_of_now()), until=self.held)

    def _of_one(self, parts: list[str]) -> Reply:
        coin_id = parts[2]
        if coin_id not in self.told:
            return json_reply({"error": "coin not found"}, 404)
        if parts[-1] != "market_chart":
            return json_reply(self.told[coin_id] | {"id": coin_id})
        now = datetime.now(UTC) + timedelta(seconds=self.offset_seconds)
        ago = [now - timedelta(hours=hours) for hours in range(48, 0, -1)]
        flat = [[instant.timestamp() * 1000, 1.0] for instant in ago]
        return json_reply({"prices": flat, "market_caps": flat, "total_volumes": flat})

    def _as_of_now(self) -> list[Row]:
        seen = [_instant(row["last_updated"]) for row in self.rows]
        later = datetime.now(UTC) + timedelta(seconds=self.offset_seconds) - max(seen)
        return [
            row | {"last_updated": (instant + later).isoformat()}
            for row, instant in zip(self.rows, seen, strict=True)
        ]


@dataclass
class Live:
    """The dashboard on a live market whose answers and whose clock the test sets."""

    server: Server
    gecko: Gecko

    @property
    def url(self) -> str:
        return self.server.url

    def refresh(self, rows: list[Row] | None = None, later_seconds: float = 60.0) -> str:
        """Let time pass, then refresh; the outcome. rows: what CoinGecko says from now on."""
        if rows is not None:
            self.gecko.rows, self.gecko.failure, self.gecko.held = rows, None, None
        self.gecko.offset_seconds += later_seconds
        return str(self._post("refresh")["outcome"])

    def wait(self, later_seconds: float) -> None:
        """Let time pass for the dashboard."""
        self.gecko.offset_seconds += later_seconds
        self._post("clock")

    def _post(self, what: str) -> Row:
        url = f"{self.url}/test/{what}?offset={self.gecko.offset_seconds}"
        request = urllib.request.Request(url, method="POST", data=b"")
        with urllib.request.urlopen(request, timeout=60) as answer:
            said: Row = json.load(answer)
            return said


def capture(day: str) -> list[Row]:
    """The coins of a recorded day, largest first, as CoinGecko sent them."""
    path = recordings() / "coingecko" / "markets_daily" / "raw" / f"{day}.json"
    rows: list[Row] = json.loads(path.read_bytes())
    return rows


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@contextmanager
def serving_live(
    folder: Path,
    gecko: Gecko,
    is_up: Callable[[Row], bool],
    per_month: int = 1_000_000,
    **env: str,
) -> Iterator[Live]:
    with serving(
        "tests/browser/app_fast.py",
        folder,
        is_up,
        COINTRACKER_SOURCE="coingecko",
        COINTRACKER_COINGECKO_URL=gecko.faults.url,
        COINTRACKER_COINGECKO_CALLS_PER_MINUTE="1000",
        COINTRACKER_COINGECKO_CALLS_PER_MONTH=str(per_month),
        COINTRACKER_UPDATE_INTERVAL="3600",
        TEST_CLOCK_OFFSET=str(gecko.offset_seconds),
        **env,
    ) as server:
        yield Live(server, gecko)
