"""Take the pictures in docs/screenshots: each page in both languages, themes and widths.

Starts the dashboard on the simulated market by itself, and logs in as its admin for the pages that
ask for it. Needs requirements-dev.txt and a Chromium; run it in the project's folder:

    .venv/bin/python scripts/screenshots.py              the Ranking page
    .venv/bin/python scripts/screenshots.py 'weights?w=40,35,5,10,10'   another, by its address
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

FIRST = "ranking"
CLOSED = ("settings", "account", "users", "audit")
PASSWORD = secrets.token_urlsafe(12)
LANGUAGES, SCHEMES = ("en", "fa"), ("light", "dark")
HEIGHTS = {1280: 960, 380: 1480}
COLOURS = 256
START_SECONDS, FRESH_SECONDS = 120, 60
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
CHARTS_DRAWN = """
() => [...document.querySelectorAll('[data-testid="stPlotlyChart"]')]
  .every((chart) => chart.querySelector(".main-svg"))
"""
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@contextmanager
def dashboard() -> Iterator[str]:
    """The address of a dashboard on a simulated market of its own, past its first refresh."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as log:
        env = os.environ | {
            "COINTRACKER_SOURCE": "simulated",
            "COINTRACKER_DATA_DIR": folder,
            "COINTRACKER_ADMIN_PASSWORD": PASSWORD,
        }
        server = subprocess.Popen(command, env=env, stdout=log, stderr=log)  # noqa: S603
        try:
            if not _has_data(f"http://127.0.0.1:{port}", server):
                log.seek(0)
                sys.exit(f"The dashboard did not start:\n{log.read().decode()}")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def _has_data(url: str, server: subprocess.Popen[bytes]) -> bool:
    """Wait for a fresh snapshot; whether it came."""
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with OPENER.open(f"{url}/api/health/", timeout=5) as answer:
                age = json.load(answer)["age_seconds"]
            if age is not None and age < FRESH_SECONDS:
                return True
        except OSError:
            pass
        time.sleep(0.2)
    return False


def shots(browser: Browser, url: str, name: str) -> Iterator[tuple[str, bytes]]:
    """Each picture of a page: its file's name and its PNG."""
    for language, scheme, width in itertools.product(LANGUAGES, SCHEMES, HEIGHTS):
        context = browser.new_context(
            locale="en-US",
            color_scheme=scheme,
            viewport={"width": width, "height": HEIGHTS[width]},
        )
        path, _, query = name.partition("?")
        if path in CLOSED:
            _log_in(context, url)
        page = context.new_page()
        page.goto(f"{url}/{'' if path == FIRST else path}?lang={language}&{query}")
        yield f"{path}-{language}-{scheme}-{width}.png", _when_still(page)
        context.close()


def _log_in(context: BrowserContext, url: str) -> None:
    answer = context.request.post(
        f"{url}/api/auth/login/", data={"username": "admin", "password": PASSWORD}
    )
    if not answer.ok:
        sys.exit(f"The admin could not log in: {answer.text()}")


def _when_still(page: Page) -> bytes:
    """A picture of the page once it is drawn and no longer changes."""
    drawn = '[data-testid="stApp"][data-test-script-state="notRunning"]:has(h1)'
    page.wait_for_selector(drawn)
    page.wait_for_function(CHARTS_DRAWN)
    page.evaluate("document.fonts.ready.then(() => true)")
    before, now = b"", page.screenshot()
    while before != now:
        page.wait_for_timeout(400)
        before, now = now, page.screenshot()
    return now


def save(png: bytes, path: Path) -> None:
    """Write a picture with a palette: a third of the size, and no difference to be seen."""
    full = Image.open(io.BytesIO(png)).convert("RGB")
    few = full.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, 3, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def main() -> None:
    """Read the command line and take the pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("pages", nargs="*", default=[FIRST], metavar="PAGE")
    parser.add_argument("--out", type=Path, default=Path("docs/screenshots"))
    parser.add_argument("--url", help="of a dashboard that runs already")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    found = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        if asked.url:
            _all(browser, asked.url.rstrip("/"), asked.pages, asked.out)
        else:
            with dashboard() as url:
                _all(browser, url, asked.pages, asked.out)
        browser.close()


def _all(browser: Browser, url: str, pages: list[str], out: Path) -> None:
    for name in pages:
        for file_name, png in shots(browser, url, name):
            save(png, out / file_name)
            print(out / file_name, f"{(out / file_name).stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
