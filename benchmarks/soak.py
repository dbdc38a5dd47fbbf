"""Refreshes for days on end in one process: memory, threads, files, time and the database's size.

`make bench ARGS="soak 2000 250"`: so many refreshes, 300 s of a made-up clock apart, of so many
coins, once with a compaction a day and once without. The market is the simulated one, served over
HTTP by a process of its own to the real client, as wide as CoinGecko's (sparklines too). After
each refresh the ranking is read as a page reads it, once from the database and once again.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import numpy as np

from cointracker.bootstrap.market_runtime import MarketRuntime, open_market
from cointracker.bootstrap.memory import return_memory_early
from cointracker.bootstrap.runtime import call_policies
from cointracker.core.settings import Settings
from cointracker.features.monitoring.store.refreshes import STORED
from cointracker.features.retention.service import RetentionService
from cointracker.features.retention.store.compaction import count
from cointracker.markets.crypto import CRYPTO
from cointracker.markets.declaration import Connection
from cointracker.providers.simulated.market import SimulatedMarket
from tests.databases import LIVE_FILE, STEPS

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
STEP = timedelta(seconds=300)
A_DAY = timedelta(days=1) // STEP
ENDS = 100
REFRESHES, COINS = 2000, 250
HEAD = (
    " after   refresh, 95 %  processor      RSS  of it DuckDB  threads  files  database       rows"
)

_spawning = multiprocessing.get_context("spawn")


def main(*sizes: str) -> None:
    """Print the figures; sizes: refreshes and coins."""
    refreshes, coins = [int(text) for text in sizes] or (REFRESHES, COINS)
    for compacted in (True, False):
        run = _spawning.Process(target=_soak, args=(refreshes, coins, compacted))
        run.start()
        run.join()
        assert run.exitcode == 0


@dataclass
class Days:
    """The clock that tells the instant, and the one that never jumps; both move by a step."""

    steps: int = 0
    paused: float = 0.0

    def now(self) -> datetime:
        """The instant of the refresh under way."""
        return BEGIN + self.steps * STEP

    def seconds(self) -> float:
        """The same in seconds, with what was slept."""
        return self.steps * STEP.total_seconds() + self.paused

    def sleep(self, seconds: float) -> None:
        """Let time go by without waiting for it."""
        self.paused += seconds


@dataclass
class Figures:
    """What was measured: a refresh each, in ms, by the clock and of the processor's time."""

    took: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)

    def line(self, runtime: MarketRuntime) -> str:
        """A line of the table: the refreshes so far, and how long the last `ENDS` of them took."""
        with runtime.database.reading() as session:
            rows = count(session, "observations")
            held = session.value("SELECT sum(memory_usage_bytes) FROM duckdb_memory()")
        file = runtime.database.path
        stored = sum(path.stat().st_size for path in file.parent.glob(f"{file.name}*"))
        middle, late = np.percentile(self.took[-ENDS:], [50, 95])
        return (
            f"{len(self.took):6} {middle:6.0f}, {late:4.0f} ms"
            f" {np.median(self.worked[-ENDS:]):7.0f} ms {rss_megabytes():5.0f} MB"
            f" {held / 1e6:9.0f} MB {threading.active_count():8} {open_files():6}"
            f" {stored / 1e6:6.1f} MB {rows:10,}"
        )


def rss_megabytes() -> float:
    """The memory that this process holds, where Linux tells it; else 0."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return 0.0
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def open_files() -> int:
    """How many files and sockets this process has open, where Linux tells it; else 0."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def _soak(refreshes: int, coins: int, compacted: bool) -> None:
    logging.basicConfig(level=logging.ERROR)
    return_memory_early()
    days, figures = Days(), Figures()
    with tempfile.TemporaryDirectory() as folder, _market(coins) as url:
        settings = Settings(
            data_dir=Path(folder), coingecko_url=url, coinpaprika_url="", top_coins=coins
        )
        held = call_policies(settings, days.now, days.seconds, days.sleep, (CRYPTO,))
        connection = Connection(days.now, use_proxies=False, policies=held)
        runtime = open_market(CRYPTO, settings, connection, STEPS)
        retention = RetentionService(runtime.database, days.now, history_days=7)
        print(
            f"{refreshes} refreshes of {coins} coins,"
            f" {'compacted once a day' if compacted else 'never compacted'}"
        )
        print(HEAD, flush=True)
        for number in range(1, refreshes + 1):
            days.steps = number - 1
            _refresh(runtime, figures)
            if number % A_DAY == 0 and compacted:
                print(figures.line(runtime), "before it is compacted", flush=True)
                retention.compact()
            if number % A_DAY == 0 or number in (1, ENDS, refreshes):
                print(figures.line(runtime), flush=True)
        runtime.close()
        print(
            f"closed: {(Path(folder) / LIVE_FILE).stat().st_size / 1e6:.1f} MB,"
            f" RSS {rss_megabytes():.0f} MB, {threading.active_count()} thread,"
            f" {open_files()} files",
            flush=True,
        )


def _refresh(runtime: MarketRuntime, figures: Figures) -> None:
    began, worked = time.perf_counter(), time.process_time()
    done = runtime.refresh.run("soak")
    figures.took.append((time.perf_counter() - began) * 1000.0)
    figures.worked.append((time.process_time() - worked) * 1000.0)
    assert done.outcome == STORED, done
    for _reader in range(2):
        assert len(runtime.rankings.ranking().frame) == done.accepted


@contextmanager
def _market(coins: int) -> Iterator[str]:
    """Where another process serves the market; each answer is a step later than the last."""
    ours, theirs = _spawning.Pipe()
    process = _spawning.Process(target=_serve, args=(theirs, coins), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(out: Pipe, coins: int) -> None:
    market, answered = SimulatedMarket(coin_count=coins), iter(range(10**9))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            body = json.dumps(market.markets(BEGIN + next(answered) * STEP, coins)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Each request a line would be too much."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        out.send(server.server_port)
        server.serve_forever()
