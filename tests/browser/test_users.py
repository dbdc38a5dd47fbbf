"""Users, their passwords and tokens in Chromium, and what the audit log says of it all."""

from __future__ import annotations

import csv
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import Visit, loosely, settled
from tests.browser.servers import Server
from tests.browser.test_login import logged_in, logged_out

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=window.hacked=1>"
NEW = "another good password"


def added(page: Page, name: str) -> str:
    """Add a viewer on the users page; the password that is shown."""
    box = page.locator(".st-key-new-user")
    box.get_by_role("textbox", name="Name").fill(name)
    box.get_by_role("button", name="Add").click()
    expect(page.get_by_text(loosely(f"{name} has been added."))).to_be_visible()
    return shown_once(page)


def shown_once(page: Page) -> str:
    """The secret that is shown once, put away."""
    code = page.locator(".st-key-once code")
    expect(code).to_be_visible()
    secret = code.inner_text().strip()
    page.get_by_role("button", name="I've copied it").click()
    expect(code).to_have_count(0)
    assert secret not in page.content()
    return secret


def changing(page: Page, name: str) -> None:
    """Open what can be changed of a user, unless it is open."""
    body = page.get_by_test_id("stPopoverBody")
    if not body.is_visible():
        page.locator(f".st-key-row-user-{name}").get_by_role("button", name="Change").click()
    expect(body).to_be_visible()


@pytest.mark.quick
def test_a_user_is_added_changed_and_removed(visit: Visit, simulated: Server) -> None:
    page = visit(f"{simulated.url}/users")
    password = added(page, "robin")
    theirs = visit(f"{simulated.url}/users", cookie=simulated.session("robin", password))
    logged_in(theirs, "robin")
    expect(theirs.get_by_text("This page is for admins.")).to_be_visible()
    changing(page, "robin")
    page.get_by_role("button", name="Make admin").click()
    expect(page.get_by_text(loosely("robin now has the role admin."))).to_be_visible()
    logged_out(theirs)
    changing(page, "robin")
    page.get_by_role("button", name="Set a new password").click()
    expect(page.get_by_text(loosely("robin has a new password."))).to_be_visible()
    again = shown_once(page)
    theirs = visit(f"{simulated.url}/audit", cookie=simulated.session("robin", again))
    expect(theirs.get_by_test_id("stDataFrame")).to_be_visible()
    changing(page, "robin")
    page.get_by_text(loosely("Yes, remove robin")).click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text(loosely("robin has been removed."))).to_be_visible()
    logged_out(theirs)


def test_a_viewer_may_look_and_change_nothing(visit: Visit, simulated: Server) -> None:
    admin = visit(f"{simulated.url}/users")
    cookie = simulated.session("kim", added(admin, "kim"))
    page = visit(f"{simulated.url}/health", cookie=cookie)
    for name in ("Refresh now", "Stop schedule", "Try the live market"):
        expect(page.get_by_role("button", name=name)).to_be_disabled()
    expect(page.get_by_text("Only an admin may do this.").first).to_be_visible()
    expect(page.get_by_test_id("stTopNavLink").filter(has_text="Settings")).to_have_count(0)
    page.goto(f"{simulated.url}/settings")
    settled(page)
    expect(page.get_by_text("This page is for admins.")).to_be_visible()
    expect(page.locator(".st-key-settings")).to_have_count(0)
    page.goto(f"{simulated.url}/weights")
    settled(page)
    expect(page.get_by_role("button", name="Save as default")).to_be_disabled()
    expect(page.get_by_role("button", name="Save as preset")).to_be_enabled()


def test_a_new_password_ends_every_other_session(visit: Visit, simulated: Server) -> None:
    admin = visit(f"{simulated.url}/users")
    old = added(admin, "pat")
    elsewhere = visit(simulated.url, cookie=simulated.session("pat", old))
    page = visit(f"{simulated.url}/account", cookie=simulated.session("pat", old))
    form = page.locator(".st-key-password-box")
    for one, two, three, told in (
        ("wrong one", NEW, NEW, "The current password is wrong."),
        (old, NEW, "a third one", "The new passwords don't match."),
        (old, "short", "short", "at least 8 characters are required"),
        (old, NEW, NEW, "You have been logged out everywhere else."),
    ):
        for at, text in enumerate((one, two, three)):
            form.locator("input").nth(at).fill(text)
        form.get_by_role("button", name="Change password").click()
        expect(page.get_by_text(told)).to_be_visible()
    logged_in(page, "pat")
    logged_out(elsewhere)
    cookie = simulated.session("pat", NEW)
    assert simulated.status("auth/check/", cookie=cookie) == 200


def test_a_token_is_made_used_and_revoked(visit: Visit, simulated: Server) -> None:
    page = visit(f"{simulated.url}/account")
    page.get_by_role("textbox", name="Name", exact=True).fill(HOSTILE)
    page.get_by_role("button", name="Create token").click()
    secret = shown_once(page)
    assert re.fullmatch(r"ct_[\w-]{43}", secret)
    expect(page.get_by_text("never used")).to_be_visible()
    assert simulated.status("settings/", token=secret) == 200
    page.reload()
    settled(page)
    expect(page.get_by_text(HOSTILE)).to_be_visible()
    expect(page.get_by_text("last used")).to_be_visible()
    assert secret not in page.content()
    page.get_by_role("button", name="Revoke").click()
    page.get_by_role("button", name="Revoke token").click()
    expect(page.get_by_text("You have no tokens.")).to_be_visible()
    assert simulated.status("settings/", token=secret) == 401
    assert page.evaluate("window.hacked") is None


def test_the_log_tells_who_did_what_and_can_be_taken_along(visit: Visit, simulated: Server) -> None:
    page = visit(f"{simulated.url}/users")
    added(page, "=HYPERLINK(1)")
    page.goto(f"{simulated.url}/audit")
    settled(page)
    cells = page.locator('[data-testid="stDataFrame"] canvas tbody tr')
    expect(cells.first).to_contain_text("added a user")
    expect(cells.first).to_contain_text("=HYPERLINK(1)")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as CSV").click()
    text = waiting.value.path().read_text(encoding="utf-8-sig")
    newest = next(csv.DictReader(text.splitlines()))
    assert (newest["name"], newest["action"]) == ("admin", "user.add")
    assert newest["target"] == "'=HYPERLINK(1)"
    page.get_by_role("combobox", name="Action").fill("stopped")
    page.get_by_role("option", name="stopped the schedule").click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Nothing matches the filters.")).to_be_visible()


@pytest.mark.parametrize("path", ["account", "users", "audit"])
def test_in_persian_on_a_phone_nothing_sticks_out(
    visit: Visit, simulated: Server, path: str
) -> None:
    page = visit(f"{simulated.url}/{path}", locale="fa-IR", scheme="dark", width=380)
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile("[آ-ی]"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
