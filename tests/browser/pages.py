"""What tests do with a page of the dashboard, and what they read from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Download, Locator, Page, TimeoutError, expect

from cointracker.features.market.ui.columns import COLUMNS, FIXED, SHOWN_FIRST

READ_GRID = """
() => {
  const plain = (cell) => cell.textContent.replace(/[\\u2066-\\u2069]/g, "").trim();
  const table = document.querySelector('[data-testid="stDataFrame"] canvas table');
  const heads = [...table.querySelectorAll("th")].map(plain);
  const rows = [...table.querySelectorAll("tbody tr")];
  return {
    heads: heads,
    rows: rows.map((row) => [...row.querySelectorAll("td")].map(plain)),
    scrolled: document.querySelector(".dvn-scroller").scrollLeft,
  };
}
"""
CLOSING_TRIES = 5
WIDTHS = {column.name: column.width for column in COLUMNS}
FIRST_COLUMNS = [c.name for c in COLUMNS if c.name in FIXED or c.name in SHOWN_FIRST]


class Visit(Protocol):
    def __call__(
        self,
        url: str,
        *,
        locale: str = "en-US",
        scheme: str = "light",
        width: int = 1280,
        timezone: str = "UTC",
        is_admin: bool = True,
        cookie: str = "",
    ) -> Page: ...


@dataclass(frozen=True)
class Grid:
    """What the table tells those who cannot see its canvas."""

    heads: list[str]
    rows: list[list[str]]
    scrolled: float

    def __getitem__(self, head: str) -> list[str]:
        at = [re.sub("^[↑↓] ", "", name) for name in self.heads].index(head)
        return [row[at] for row in self.rows]

    def figures(self, head: str) -> list[float]:
        return [float(text) if text not in ("", "—") else float("nan") for text in self[head]]


def grid(page: Page) -> Grid:
    """The table as it is now; waits for one."""
    expect(rows(page)).not_to_have_count(0)
    return Grid(**page.evaluate(READ_GRID))


def rows(page: Page) -> Locator:
    return page.locator('[data-testid="stDataFrame"] canvas tbody tr')


def shows(page: Page, count: int) -> None:
    """Wait until the table has so many rows."""
    expect(rows(page)).to_have_count(count)


def asked(page: Page) -> dict[str, str]:
    """The parameters in the page's address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def address_holds(page: Page, **wanted: str | None) -> None:
    """Wait until the address has these parameters; None for one that it is not to have."""
    page.wait_for_function(
        """wanted => Object.entries(wanted).every(
          ([name, value]) => new URLSearchParams(location.search).get(name) === value)""",
        arg=wanted,
    )


def opened(page: Page, name: str) -> Locator:
    """The popover behind a button, opened."""
    settled(page)
    page.locator('[data-testid="stPopover"]').get_by_role("button", name=name).click()
    body = page.get_by_test_id("stPopoverBody")
    expect(body).to_be_visible()
    return body


def closed(page: Page) -> None:
    """Close the popover; one that is redrawn meanwhile may miss the key and the click."""
    body = page.get_by_test_id("stPopoverBody")
    for _try in range(CLOSING_TRIES):
        page.keyboard.press("Escape")
        page.mouse.click(3, 300)
        try:
            expect(body).to_have_count(0, timeout=2_000)
        except AssertionError:
            continue
        return
    expect(body).to_have_count(0)


def choose(page: Page, label: str, option: str) -> None:
    """Choose in a list; one whose page is redrawn meanwhile closes, and is opened again."""
    wanted = page.get_by_role("option", name=option, exact=True)
    for _try in range(CLOSING_TRIES):
        page.get_by_role("combobox", name=label).click()
        try:
            wanted.click(timeout=3_000)
        except TimeoutError:
            continue
        return
    wanted.click()


def search(page: Page, text: str, label: str = "Search") -> None:
    box = page.get_by_role("textbox", name=label)
    box.fill(text)
    box.press("Enter")


def sort_by(page: Page, name: str, *, from_the_right: bool = False) -> None:
    """Click the heading of one of the columns that are there at first."""
    order = FIRST_COLUMNS[::-1] if from_the_right else FIRST_COLUMNS
    at = order.index(name)
    canvas = page.get_by_test_id("data-grid-canvas").bounding_box()
    assert canvas is not None
    before = sum(WIDTHS[other] for other in order[:at]) - grid(page).scrolled
    page.mouse.click(canvas["x"] + before + WIDTHS[name] / 2, canvas["y"] + 16)


def saved(page: Page, kind: str) -> bytes:
    body = page.get_by_test_id("stPopoverBody")
    with page.expect_download() as waiting:
        body.get_by_role("button", name=kind).click()
    download: Download = waiting.value
    assert re.fullmatch(r"cointracker-\d{4}-\d\d-\d\dT\d{4}Z\.\w+", download.suggested_filename)
    return download.path().read_bytes()


def loosely(text: str) -> re.Pattern[str]:
    """A pattern for text that may be isolated from the direction of what is around it."""
    return re.compile("[\u2066-\u2069]*".join(re.escape(letter) for letter in text))


def settled(page: Page) -> None:
    """Wait until the page is drawn for the first time, or again after a reload."""
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-connection-state", "CONNECTED")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(app).to_have_attribute("data-test-script-state", "notRunning")


def heard(page: Page) -> list[bytes]:
    """What the server sends over its WebSocket from the next load on; the list grows."""
    received: list[bytes] = []

    def hear(payload: bytes | str) -> None:
        received.append(payload if isinstance(payload, bytes) else payload.encode())

    page.on("websocket", lambda socket: socket.on("framereceived", hear))
    return received
