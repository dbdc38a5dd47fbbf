"""A browser, and dashboards for it: one with the simulated market, one fed by a recorded one.

The servers are started once a worker. A test that leaves another answer, clock or language than
it found puts it back; `live` begins each test with the same snapshot.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.browser.pages import Visit, settled
from tests.browser.servers import (
    COOKIE,
    COOKIES,
    ROOT,
    Gecko,
    Live,
    Server,
    capture,
    is_fresh,
    is_ready,
    serving,
    serving_live,
)
from tests.chromium import executable
from tests.faults import FaultServer, closed_port, json_reply
from tests.once import built_once

DAY = 86_400
DAYS = ("2024-08-01", "2024-08-02", "2024-08-03", "2024-08-04", "2024-08-05")
"""The captures that the live market has behind it, a day apart; the last one is today's."""
WAIT_MS = 90_000
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HERE = ("127.0.0.1", "localhost")

expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="session")
def no_gecko() -> Iterator[str]:
    """The address of a CoinGecko that cannot be reached."""
    with closed_port() as url:
        yield url


@pytest.fixture(scope="session")
def first_run(run_folder: Path, no_gecko: str) -> Path:
    """What the first start leaves where there is no network: a simulated market of 90 days."""

    def start(folder: Path) -> None:
        with serving("app.py", folder, is_fresh, COINTRACKER_COINGECKO_URL=no_gecko):
            pass

    return built_once(run_folder / "first", start)


@pytest.fixture(scope="session")
def simulated(
    tmp_path_factory: pytest.TempPathFactory, first_run: Path, no_gecko: str
) -> Iterator[Server]:
    """The dashboard on the simulated market, because CoinGecko cannot be reached."""
    folder = tmp_path_factory.mktemp("simulated")
    shutil.copytree(first_run, folder, dirs_exist_ok=True)
    with serving(
        "app.py",
        folder,
        is_ready,
        COINTRACKER_COINGECKO_URL=no_gecko,
        COINTRACKER_UPDATE_INTERVAL="3600",
    ) as server:
        yield server


@pytest.fixture
def simulated_with_gecko(tmp_path: Path, first_run: Path) -> Iterator[Live]:
    """The dashboard on the simulated market, with a CoinGecko that may begin to answer."""
    shutil.copytree(first_run, tmp_path, dirs_exist_ok=True)
    with FaultServer() as faults:
        gecko = Gecko(faults, failure=json_reply({"error": "not yet"}, 503))
        with serving("app.py", tmp_path, is_ready, COINTRACKER_COINGECKO_URL=faults.url) as server:
            yield Live(server, gecko)


@pytest.fixture(scope="session")
def live_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    first, *others = map(capture, DAYS)
    with FaultServer() as faults:
        gecko = Gecko(faults, first, offset_seconds=-DAY * len(others))
        folder = tmp_path_factory.mktemp("live")
        with serving_live(folder, gecko, is_ready) as live:
            for rows in others:
                assert live.refresh(rows, DAY) == "stored"
            yield live


@pytest.fixture
def live(live_session: Live) -> Live:
    """The live dashboard with the last of the recorded days as its newest snapshot."""
    assert live_session.refresh(capture(DAYS[-1])) == "stored"
    return live_session


@pytest.fixture
def empty_live(tmp_path: Path) -> Iterator[Live]:
    """A live dashboard whose first refresh has failed."""
    with FaultServer() as faults:
        gecko = Gecko(faults, failure=json_reply({"error": "down for maintenance"}, 503))
        with serving_live(tmp_path, gecko, lambda health: health["status"] == "failing") as live:
            yield live


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    """Opens a page in a browser of its own, drawn to its end, by default as an admin.

    cookie: of somebody else's session, see `Server.session`.
    The test fails when a page logs an error, throws, or asks any other host than this one. A test
    with a server of its own names `visit` behind it, so that its pages are closed first.
    """
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        at = message.location.get("url", "")
        if message.type == "error" and not any(one(at) for one in NO_FAULTS):
            complaints.append(f"console: {message.text} ({at})")

    def follow(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in HERE:
            complaints.append(f"asked for {url}")

    def throw(error: object) -> None:
        complaints.append(f"thrown: {error}")

    with ExitStack() as contexts:

        def open_page(
            url: str,
            *,
            locale: str = "en-US",
            scheme: str = "light",
            width: int = 1280,
            timezone: str = "UTC",
            is_admin: bool = True,
            cookie: str = "",
        ) -> Page:
            context = chromium.new_context(
                locale=locale,
                color_scheme=scheme,
                timezone_id=timezone,
                viewport={"width": width, "height": 900},
            )
            contexts.callback(context.close)
            context.set_default_timeout(WAIT_MS)
            if cookie:
                context.add_cookies([{"name": COOKIE, "value": cookie, "url": url}])
            elif is_admin:
                context.add_cookies([cookie for cookie in COOKIES if url.startswith(cookie["url"])])
            page = context.new_page()
            page.on("console", hear)
            page.on("pageerror", throw)
            page.on("websocket", lambda socket: follow(socket.url))
            context.on("request", lambda request: follow(request.url))
            page.goto(url)
            settled(page)
            return page

        yield open_page
    assert not complaints, "\n".join(complaints)


def _is_missing_font(url: str) -> bool:
    """Whether a file is meant that only `make run` with npm puts there."""
    name = re.fullmatch(r"/app/static/([\w-]+\.woff2)", urlsplit(url).path)
    return name is not None and not (ROOT / "static" / name[1]).exists()


def _is_late_icon(url: str) -> bool:
    """Whether the page's icon is meant, which Streamlit forgets as soon as a session ends."""
    return re.fullmatch(r"/media/\w+\.png", urlsplit(url).path) is not None


def _is_a_guess(url: str) -> bool:
    """Whether Streamlit's own script looks for the server below the page that was opened."""
    return re.fullmatch(r"/\w+/_stcore/(health|host-config)", urlsplit(url).path) is not None


NO_FAULTS = (_is_missing_font, _is_late_icon, _is_a_guess)
