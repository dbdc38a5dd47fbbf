"""The WebSocket: one refresh to 500 connections, with and without some that do not read.

The clients are in processes of their own, on addresses of their own. Delivered is a ranking when
its last byte was read; time counts from the end of the refresh. Everything comes from one run of
one server, so that the first row, a single connection, tells what the machine could do.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.server import ROOT, Served, served

CONNECTIONS, DEAF, ROUNDS = 500, 20, 7
WAIT_SECONDS, GONE_SECONDS = 60.0, 120.0
OPEN = "cointracker_websocket_connections "


def main(connections: str = str(CONNECTIONS)) -> None:
    """Print the figures."""
    count = int(connections)
    with tempfile.TemporaryDirectory() as folder:
        env = {
            "COINTRACKER_DATA_DIR": folder,
            "COINTRACKER_SOURCE": "simulated",
            "COINTRACKER_UPDATE_INTERVAL": "86400",
        }
        script = ROOT / "benchmarks" / "app_refreshing.py"
        with served(script, env, "/api/health/") as server:
            for _ in range(ROUNDS):
                _refreshed(server)
            print(f"refresh of 250 coins to WebSocket, ms to delivery, median of {ROUNDS}")
            print(
                "  connections        first   median     last"
                "   server MB before  with  after   deaf gone after s"
            )
            for readers, deaf in ((1, 0), (count, 0), (count, DEAF)):
                _print(server, readers, deaf)


def _print(server: Served, readers: int, deaf: int) -> None:
    before = server.megabytes()
    with _listeners(server, readers, deaf) as listeners:
        rounds = [_round(server, listeners) for _ in range(ROUNDS)]
        held = server.megabytes()
        gone = _gone_after(server, readers)
    time.sleep(2)
    first, middle, last = (statistics.median(part) * 1000 for part in zip(*rounds, strict=True))
    named = f"{readers} + {deaf} deaf" if deaf else str(readers)
    print(
        f"  {named:16} {first:7.0f}  {middle:7.0f}  {last:7.0f}"
        f"   {before:16.0f}  {held:4.0f}  {server.megabytes():5.0f}   {gone:17.0f}",
        flush=True,
    )


def _round(server: Served, listeners: subprocess.Popen[str]) -> tuple[float, float, float]:
    """Seconds from a refresh to its first, middle and last delivery."""
    _ask(listeners)
    told_at = _refreshed(server)
    deadline = time.monotonic() + WAIT_SECONDS
    got: list[float] = []
    late = 0
    while time.monotonic() < deadline:
        time.sleep(0.5)
        events = _ask(listeners)
        got += [at - told_at for at in events if at]
        late = len(events) - len(got)
        if not late:
            return min(got), statistics.median(got), max(got)
    raise TimeoutError(f"{late} connections have heard nothing")


def _refreshed(server: Served) -> float:
    url = f"http://127.0.0.1:{server.port}/bench/refresh"
    with urllib.request.urlopen(urllib.request.Request(url, method="POST")) as answer:
        told = json.load(answer)
    assert told["outcome"] == "stored", told
    return float(told["told_at"])


def _ask(listeners: subprocess.Popen[str]) -> list[float]:
    assert listeners.stdin is not None
    assert listeners.stdout is not None
    listeners.stdin.write("\n")
    listeners.stdin.flush()
    return list(json.loads(listeners.stdout.readline()))


def _gone_after(server: Served, readers: int) -> float:
    """Seconds until the server has nobody connected who does not read.

    What its system takes for them may be megabytes, so that pings notice first.
    """
    began = time.monotonic()
    while time.monotonic() < began + GONE_SECONDS:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics") as answer:
            text = answer.read().decode()
        (line,) = (line for line in text.splitlines() if line.startswith(OPEN))
        if float(line.split()[-1]) <= readers:
            return time.monotonic() - began
        time.sleep(1)
    raise TimeoutError("somebody who does not read is still connected")


@contextmanager
def _listeners(server: Served, readers: int, deaf: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "benchmarks.listeners", str(server.port)]
    process = subprocess.Popen(
        [*command, str(readers), str(deaf)],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
    finally:
        process.terminate()
        process.wait()
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()
