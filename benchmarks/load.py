"""The API under load while others watch the ranking page.

Callers, watchers and the server are processes of their own on one machine. The watchers are
sessions that speak Streamlit's protocol, and then as many pages of one Chromium, which takes its
share of the processors too. `/api/health/` does next to nothing: it tells what a call costs.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from playwright.sync_api import sync_playwright

from benchmarks.callers import PATHS
from benchmarks.server import ROOT, served

WATCHERS, CALLERS, SECONDS = 10, (1, 10, 50), 8
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic"]
BEGIN_SECONDS = 120


def main(seconds: str = str(SECONDS)) -> None:
    """Print the figures; seconds: for how long each row is asked for."""
    with tempfile.TemporaryDirectory() as folder:
        env = {
            "COINTRACKER_DATA_DIR": folder,
            "COINTRACKER_SOURCE": "simulated",
            "COINTRACKER_UPDATE_INTERVAL": "86400",
            "COINTRACKER_CALLS_PER_HOUR_ANONYMOUS": "1000000",
        }
        with served(ROOT / "app.py", env, "/api/health/") as server:
            print(f"answers of the API, ms, {seconds} s each: p50, p95 (answers a second)")
            print("  watchers            callers" + "".join(f"  {path:>37}" for path in PATHS))
            _print(server.port, "none", nullcontext(), seconds)
            _print(server.port, f"{WATCHERS} sessions", _sessions(server.port), seconds)
            _print(server.port, f"{WATCHERS} Chromium pages", _pages(server.port), seconds)
            print(f"  server: {server.megabytes():.0f} MB")


def _print(port: int, named: str, watching: AbstractContextManager[object], seconds: str) -> None:
    with watching:
        for callers in CALLERS:
            command = [sys.executable, "-m", "benchmarks.callers", str(port), str(callers), seconds]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
            told = [_told(json.loads(line), int(seconds)) for line in done.stdout.splitlines()]
            print(
                f"  {named:18}  {callers:7}" + "".join(f"  {text:>37}" for text in told), flush=True
            )


def _told(took: list[float], seconds: int) -> str:
    cuts = statistics.quantiles(took, n=20)
    return f"{statistics.median(took):6.1f}  {cuts[18]:6.1f}  ({len(took) / seconds:5.0f}/s)"


@contextmanager
def _sessions(port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "benchmarks.watchers", str(port), str(WATCHERS)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.terminate()


@contextmanager
def _pages(port: int) -> Iterator[None]:
    with sync_playwright() as runner:
        chromium = runner.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for _ in range(WATCHERS):
            page = chromium.new_page(viewport={"width": 1280, "height": 900})
            page.goto(f"http://127.0.0.1:{port}/?lang=en", wait_until="commit")
            page.wait_for_selector("[data-testid=stDataFrame]", timeout=BEGIN_SECONDS * 1000)
        yield
        chromium.close()
