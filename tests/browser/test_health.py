"""The health page: what it tells of sources, refreshes and data, and the buttons that it has."""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import Visit, loosely
from tests.browser.servers import Live, Server, capture
from tests.faults import json_reply

pytestmark = pytest.mark.browser
DAY = "2024-08-04"


def health(visit: Visit, live: Live) -> Page:
    page = visit(f"{live.url}/health")
    expect(page.locator(".st-key-card-0")).to_be_visible()
    return page


def test_stopping_holds_until_it_is_started_again(visit: Visit, live: Live) -> None:
    page = health(visit, live)
    schedule = page.locator(".st-key-schedule")
    expect(schedule).to_contain_text("Refreshes every 60 min.")
    page.get_by_role("button", name="Stop schedule").click()
    expect(schedule).to_contain_text("The schedule is stopped.")
    expect(page.locator(".st-key-head")).to_contain_text("No refresh is planned.")
    page.reload()
    page.get_by_role("button", name="Start schedule").click()
    expect(schedule).to_contain_text("Refreshes every")
    expect(page.get_by_role("button", name="Stop schedule")).to_be_visible()


@pytest.mark.quick
def test_a_refresh_by_hand_shows_its_progress_and_lands(visit: Visit, live: Live) -> None:
    live.refresh(capture(DAY))
    page = health(visit, live)
    live.gecko.held = threading.Event()
    live.wait(600)
    try:
        page.get_by_role("button", name="Refresh now").click()
        schedule = page.locator(".st-key-schedule")
        expect(schedule).to_contain_text("Fetching data")
        expect(page.get_by_role("button", name="Refresh now")).to_be_disabled()
    finally:
        live.gecko.held.set()
        live.gecko.held = None
    expect(page.locator(".st-key-schedule")).to_contain_text("Refreshes every")
    expect(page.get_by_role("button", name="Refresh now")).to_be_enabled()
    assert live.server.api("health/")["last_error"] is None


def test_a_source_that_fails_is_told_on_its_card_and_in_the_log(visit: Visit, live: Live) -> None:
    live.refresh(capture(DAY))
    page = health(visit, live)
    card = page.locator(".st-key-card-0")
    expect(card).to_contain_text("CoinGecko")
    expect(card).to_contain_text("Healthy")
    live.gecko.failure = json_reply({"error": "no such plan"}, 401)
    assert live.refresh() == "failed"
    expect(card).to_contain_text("Failing", timeout=30_000)
    expect(card).to_contain_text(loosely("CoinGecko refused access"))
    expect(page.get_by_text(loosely("failed")).first).to_be_visible()
    assert live.refresh(capture(DAY)) == "stored"
    expect(card).to_contain_text("Healthy", timeout=30_000)


def test_refused_rows_and_missing_factors_are_named(visit: Visit, live: Live) -> None:
    rows = capture(DAY)
    bad = rows[3] | {"current_price": "<b>many</b>", "name": "<img src=x onerror=window.hacked=1>"}
    assert live.refresh([*rows[:3], bad, *rows[4:]], later_seconds=600) == "stored"
    page = health(visit, live)
    expect(page.get_by_role("row", name=loosely("Missing social standing"))).to_be_visible()
    refused = page.get_by_role("row", name=loosely("current_price")).first
    expect(refused).to_contain_text("<b>many</b>")
    expect(refused).to_contain_text(bad["id"])
    assert page.evaluate("window.hacked") is None
    assert live.refresh(rows, later_seconds=600) == "stored"


@pytest.mark.parametrize("width", [1280, 380])
def test_in_persian_too_and_nothing_sticks_out(visit: Visit, simulated: Server, width: int) -> None:
    page = visit(f"{simulated.url}/health", locale="fa-IR", scheme="dark", width=width)
    expect(page.locator(".st-key-card-0")).to_contain_text("سالم")
    expect(page.locator(".st-key-schedule")).to_contain_text("۶۰ دقیقه")
    expect(page.get_by_role("heading", name="کیفیت داده")).to_be_visible()
    expect(page.get_by_role("heading", name="پایگاه داده")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
