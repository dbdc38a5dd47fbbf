"""Single sign-on in Chromium, against an identity provider on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import Visit, loosely, settled
from tests.browser.servers import COOKIE, Server, is_ready, serving
from tests.browser.test_login import logged_in, menu
from tests.identity import CLIENT, SECRET, Identity, identity

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SECRETS = """
[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "a secret that is long enough for tests"
client_id = "{client}"
client_secret = "{secret}"
server_metadata_url = "{url}/.well-known/openid-configuration"
"""
NORA = {"sub": "1", "email": "nora@example.com", "email_verified": True}


@pytest.fixture(scope="module")
def provider() -> Iterator[Identity]:
    with identity() as found:
        yield found


@pytest.fixture(scope="module")
def joined(
    tmp_path_factory: pytest.TempPathFactory, first_run: Path, no_gecko: str, provider: Identity
) -> Iterator[Server]:
    """A private dashboard that trusts the provider."""
    folder = tmp_path_factory.mktemp("joined")
    shutil.copytree(first_run, folder, dirs_exist_ok=True)
    secrets = folder / "secrets.toml"
    secrets.write_text(SECRETS.format(client=CLIENT, secret=SECRET, url=provider.url))
    with serving(
        "app.py",
        folder,
        is_ready,
        COINTRACKER_COINGECKO_URL=no_gecko,
        COINTRACKER_UPDATE_INTERVAL="3600",
        COINTRACKER_ACCESS="private",
        STREAMLIT_SECRETS_FILES=str(secrets),
    ) as server:
        yield server


def sign_on(page: Page) -> None:
    page.get_by_role("button", name="Log in with single sign-on").click()


def refused(page: Page, name: str) -> None:
    told = page.get_by_test_id("stAlertContentError")
    expect(told).to_contain_text(loosely(name))
    expect(told).to_contain_text("has no account here")
    assert COOKIE not in {one["name"] for one in page.context.cookies()}


def test_who_is_vouched_for_and_a_user_gets_in(
    visit: Visit, joined: Server, provider: Identity
) -> None:
    admin = visit(f"{joined.url}/users")
    admin.get_by_role("textbox", name="Name").fill("Nora@Example.com")
    admin.get_by_text("with single sign-on only").click()
    admin.get_by_role("button", name="Add", exact=True).click()
    expect(admin.get_by_text("has been added.")).to_be_visible()
    expect(admin.locator(".st-key-once")).to_have_count(0)

    provider.claims = NORA
    page = visit(f"{joined.url}/coin?coin=sim-trerilop", is_admin=False)
    sign_on(page)
    logged_in(page, "Nora@")
    assert page.url == f"{joined.url}/coin?coin=sim-trerilop"
    assert provider.asked[-1]["code_challenge_method"] == "S256"
    menu(page)
    page.get_by_role("link", name="Account").click()
    expect(page.get_by_text("You log in with single sign-on")).to_be_visible()
    page.locator(".st-key-menu button").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.locator(".st-key-login-box")).to_be_visible()
    page.reload()
    settled(page)
    expect(page.locator(".st-key-login-box")).to_be_visible()
    sign_on(page)
    logged_in(page, "Nora@")


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "2", "email": "mallory@example.com", "email_verified": True},
        {"sub": "3", "email": "nora@example.com", "email_verified": False},
        {"sub": "4", "email": "nora@example.com"},
        {"sub": "5", "email": "nora@example.com", "email_verified": "true"},
        {"sub": "6", "email": "admin", "email_verified": True},
    ],
    ids=["unknown", "unverified", "not told", "a word", "no address"],
)
def test_nobody_else_does(
    visit: Visit, joined: Server, provider: Identity, claims: dict[str, object]
) -> None:
    provider.claims = claims
    page = visit(f"{joined.url}/?lang=en", is_admin=False)
    sign_on(page)
    refused(page, str(claims["email"]).partition("@")[0])
