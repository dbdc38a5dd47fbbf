"""Logging in and out in Chromium: the form, the cookie, and what is kept from whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import Visit, choose, heard, loosely, settled
from tests.browser.servers import ADMIN, COOKIE, PASSWORD, Server

pytestmark = pytest.mark.browser

DEFAULT_ACCESS = "Automatic: open on this machine, otherwise with a login"
WRONG = "Name or password is wrong."


def fill(page: Page, name: str, password: str) -> None:
    """Fill the login form and send it."""
    box = page.locator(".st-key-login-box")
    box.get_by_role("textbox", name="Name").fill(name)
    box.locator("input[type=password]").fill(password)
    box.get_by_role("button", name="Log in", exact=True).click()


def menu(page: Page) -> None:
    page.locator(".st-key-menu button").click()
    expect(page.get_by_test_id("stPopoverBody")).to_be_visible()


def logged_in(page: Page, name: str = ADMIN) -> None:
    """Wait until the page is one of somebody who is logged in."""
    expect(page.locator(".st-key-menu")).to_contain_text(loosely(name))
    settled(page)


def logged_out(page: Page) -> None:
    expect(page.locator(".st-key-menu")).to_have_count(0)
    expect(page.get_by_role("link", name="Log in").first).to_be_visible()


@pytest.mark.quick
def test_one_logs_in_goes_on_from_where_one_was_and_logs_out(
    visit: Visit, simulated: Server
) -> None:
    page = visit(f"{simulated.url}/?q=ar", is_admin=False)
    received = heard(page)
    page.reload()
    settled(page)
    page.get_by_role("link", name="Log in").click()
    fill(page, ADMIN, PASSWORD)
    logged_in(page)
    assert page.url == f"{simulated.url}/?q=ar"
    expect(page.get_by_role("textbox", name="Search")).to_have_value("ar")
    (cookie,) = [one for one in page.context.cookies() if one["name"] == COOKIE]
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
    assert COOKIE not in page.evaluate("document.cookie")
    for what in (PASSWORD, cookie["value"]):
        assert what not in page.content()
        assert not [frame for frame in received if what.encode() in frame]
    assert sum(map(len, received)) > 10_000
    assert PASSWORD not in simulated.log
    assert simulated.status("settings/", cookie=cookie["value"]) == 200

    menu(page)
    page.get_by_role("button", name="Log out").click()
    logged_out(page)
    assert COOKIE not in {one["name"] for one in page.context.cookies()}
    assert simulated.status("settings/", cookie=cookie["value"]) == 401


def test_every_wrong_attempt_is_told_alike_and_many_must_wait(
    visit: Visit, simulated: Server
) -> None:
    page = visit(f"{simulated.url}/login", is_admin=False)
    for name, password in ((ADMIN, "not this one"), ("nobody at all", PASSWORD)):
        fill(page, name, password)
        expect(page.get_by_text(WRONG)).to_be_visible()
        page.reload()
        settled(page)
    for _attempt in range(5):
        with pytest.raises(HTTPError, match="401"):
            simulated.session("somebody else", "a guess")
    fill(page, "somebody else", "a guess")
    expect(
        page.get_by_text(re.compile("Too many attempts. Try again in 1[45] min."))
    ).to_be_visible()
    fill(page, ADMIN, PASSWORD)
    logged_in(page)


def access(page: Page, mode: str) -> None:
    """Set the access mode on the settings page, which shows it when it is in force."""
    page.reload()
    settled(page)
    choose(page, "Who can view", mode)
    expect(page.get_by_role("combobox", name="Who can view")).to_have_value(mode)
    settled(page)
    page.locator(".st-key-save-settings button").click()
    expect(page.get_by_text("Saved.")).to_be_visible()


@pytest.fixture
def private(visit: Visit, simulated: Server) -> Iterator[Page]:
    """The settings page of an admin, who has just made the dashboard private."""
    page = visit(f"{simulated.url}/settings")
    access(page, "Login required for everything")
    yield page
    access(page, DEFAULT_ACCESS)


def test_a_private_dashboard_shows_nothing_but_the_login(
    visit: Visit, simulated: Server, private: Page
) -> None:
    assert private.url.startswith(f"{simulated.url}/settings")
    page = visit(f"{simulated.url}/weights?w=40,15,15,15,15", is_admin=False)
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    expect(page.get_by_test_id("stTopNavLink")).to_have_count(0)
    expect(page.get_by_text("Simulated market.")).to_have_count(0)
    fill(page, ADMIN, PASSWORD)
    logged_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Weights")
    assert page.url.endswith("/weights?w=40%2C15%2C15%2C15%2C15")


def test_an_open_page_closes_when_the_dashboard_becomes_private(
    visit: Visit, simulated: Server, request: pytest.FixtureRequest
) -> None:
    page = visit(simulated.url, is_admin=False)
    request.getfixturevalue("private")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    expect(page.get_by_test_id("stDataFrame")).to_have_count(0)


@pytest.mark.parametrize("path", ["settings", "account", "users", "audit"])
def test_who_is_not_logged_in_is_told_so(visit: Visit, simulated: Server, path: str) -> None:
    page = visit(f"{simulated.url}/{path}?lang=fa", width=380, is_admin=False)
    expect(page.locator("[data-testid=stAlert]")).to_be_visible()
    expect(page.locator("a[href*=login]")).not_to_have_count(0)
    expect(page.locator("form, [data-testid=stForm]")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
