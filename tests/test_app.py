"""The whole server, as `make run` starts it, in a process of its own: it serves, and it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from cointracker.bootstrap.app_database import APP_FILE
from cointracker.features.market.rankings import MarketService
from tests.databases import LIVE_FILE, SIMULATED_FILE, market_database
from tests.fakes import FakeClock, Pipeline, row
from tests.faults import PATIENCE_SECONDS, FaultServer, closed_port, json_reply
from tests.listening import heard

ROOT = Path(__file__).parents[1]
PAUSE_SECONDS = 0.05  # between two looks at a process
ABORTED = 1  # how click, which streamlit's command is made of, ends after Ctrl-C
LOOKS = int(5 * PATIENCE_SECONDS / PAUSE_SECONDS)


@dataclass
class App:
    """A server process and what it wrote."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=PATIENCE_SECONDS) as answer:
                return answer.status, answer.read()
        except HTTPError as error:
            return error.code, error.read()

    def told(self, path: str, headers: dict[str, str]) -> Message:
        """The headers of the answer."""
        request = urllib.request.Request(self.url + path, headers=headers)
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return answer.headers  # type: ignore[no-any-return]

    def health(self) -> dict[str, Any]:
        """What health says as soon as the server answers."""
        for _look in self.looks():
            try:
                return json.loads(self.get("/api/health/")[1])  # type: ignore[no-any-return]
            except OSError:
                continue
        raise AssertionError("it never answered")

    def looks(self) -> Iterator[int]:
        """Moments to look again, as long as the server lives."""
        for look in range(LOOKS):
            assert self.process.poll() is None, self.log.read_text()
            yield look
            threading.Event().wait(PAUSE_SECONDS)

    def end(self, how: signal.Signals) -> str:
        """Send the signal; what the server wrote until it ended."""
        self.process.send_signal(how)
        code = self.process.wait(timeout=PATIENCE_SECONDS)
        assert code in (0, -how, 128 + how) or (how, code) == (signal.SIGINT, ABORTED)
        return self.log.read_text()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def app(folder: Path, **variables: str) -> Iterator[App]:
    """A server with its data in the folder and an empty home."""
    port, log = free_port(), folder / "log.txt"
    own = {f"COINTRACKER_{name}": value for name, value in variables.items()}
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "NO_PROXY": "127.0.0.1",
        "COINTRACKER_DATA_DIR": str(folder),
        "COINTRACKER_COINPAPRIKA_URL": "off",
        **own,
    }
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with (
        log.open("wb") as out,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out) as process,
    ):
        try:
            yield App(f"http://127.0.0.1:{port}", process, log)
        finally:
            process.kill()


@pytest.mark.parametrize(
    "how",
    [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)],
    ids=lambda how: how.name,
)
def test_it_serves_and_a_signal_ends_it_cleanly(
    tmp_path: Path, server: FaultServer, how: signal.Signals
) -> None:
    server.say(json_reply([row("bitcoin", 70_000.0, market_cap=1e12)]))
    with app(tmp_path, COINGECKO_URL=server.url, COINGECKO_KEY="CG-secret") as running:
        assert running.health()["source"] == "coingecko"
        while server.arrival().path != "/coins/markets":
            pass
        assert next(_ for _ in running.looks() if running.health()["ready"]) is not None
        health = running.health()
        assert (health["status"], health["simulated"]) == ("ok", False)
        assert running.get("/")[0] == 200
        assert b"bitcoin" in running.get("/api/cryptocurrencies/")[1]
        assert running.get("/api/cryptocurrencies/nobody/")[0] == 404
        assert running.get("/api/docs")[0] == 200
        for path in ("/", "/api/health/"):
            told = running.told(path, {"X-Forwarded-Proto": "https", "X-Forwarded-For": "::2"})
            assert told["X-Content-Type-Options"] == "nosniff"
            assert "frame-ancestors" in told["Content-Security-Policy"]
            assert "Strict-Transport-Security" not in told
        assert b"cointracker_ranked_coins 1.0" in running.get("/metrics")[1]
        with connect(f"{running.url.replace('http', 'ws')}/ws/coins/", proxy=None) as client:
            assert heard(client)["coins"][0]["coin_id"] == "bitcoin"
            assert heard(client)["status"]["is_running"]
            said = running.end(how)
            with pytest.raises(ConnectionClosed):
                client.recv(timeout=PATIENCE_SECONDS)
            assert client.close_code == 1012
    assert "Traceback" not in said
    assert "secret" not in said
    assert not (tmp_path / f"{LIVE_FILE}.wal").exists()
    database = market_database(tmp_path / LIVE_FILE)
    assert MarketService(database).ranking().frame["price"].tolist() == [70_000.0]
    database.close()


def test_a_setting_that_cannot_be_used_ends_the_start(tmp_path: Path) -> None:
    with app(tmp_path, TOP_COINS="all") as running:
        code = running.process.wait(timeout=PATIENCE_SECONDS)
    assert code not in (0, None)
    said = running.log.read_text()
    assert "COINTRACKER_TOP_COINS: must be a whole number 1 to 1000" in said
    assert "Traceback" not in said


@pytest.mark.slow
def test_a_first_start_without_a_network_and_one_that_is_killed(tmp_path: Path) -> None:
    """The second start builds what the first one did not finish."""
    with closed_port() as url:
        with app(tmp_path, COINGECKO_URL=url) as killed:
            begun = tmp_path / "simulated.unfinished.wal"
            assert next(_ for _ in killed.looks() if begun.exists()) is not None
            killed.process.kill()
        assert not (tmp_path / SIMULATED_FILE).exists()
        with app(tmp_path, COINGECKO_URL=url) as running:
            health = running.health()
            assert (health["simulated"], health["ready"]) == (True, True)
            said = running.end(signal.SIGTERM)
    assert "Traceback" not in said
    assert "the simulated market is shown: coingecko: no connection" in said
    assert {path.name for path in tmp_path.glob("*.duckdb*")} == {APP_FILE, SIMULATED_FILE}
    assert not list(tmp_path.glob("*.unfinished*"))
    database = market_database(tmp_path / SIMULATED_FILE)
    with database.reading() as session:
        doubled = "SELECT count(*) - count(DISTINCT (coin_id, observed_at)) FROM observations"
        assert session.value(doubled) == 0
        assert session.value("SELECT count(*) FROM snapshots") >= 100
    database.close()


@pytest.mark.parametrize("damaged", [LIVE_FILE, f"{LIVE_FILE}.wal"])
@pytest.mark.slow
def test_a_damaged_database_is_set_aside_and_the_server_goes_on(
    tmp_path: Path, server: FaultServer, damaged: str
) -> None:
    """Beside a good file lies a log that nothing can be read from; or the file itself is text."""
    server.say(json_reply([row("bitcoin", 70_000.0)]))
    database = market_database(tmp_path / LIVE_FILE)
    Pipeline(database, FakeClock()).take(row("bitcoin", 60_000.0))
    database.close()
    (tmp_path / damaged).write_bytes(b"no database" * 500)
    with app(tmp_path, COINGECKO_URL=server.url) as running:
        assert next(_ for _ in running.looks() if running.health()["ready"]) is not None
        said = running.end(signal.SIGTERM)
    (aside,) = (path for path in tmp_path.glob("*damaged-*") if path.suffix != ".wal")
    log = aside.with_name(f"{aside.name}.wal")
    assert (log if damaged.endswith(".wal") else aside).read_bytes() == b"no database" * 500
    assert f"is set aside as {aside}" in said
    assert "Traceback" not in said
    database = market_database(tmp_path / LIVE_FILE)
    with database.reading() as session:
        kept = session.value("SELECT count(*) FROM observations WHERE price = 60_000")
    database.close()
    assert kept == int(damaged.endswith(".wal"))
