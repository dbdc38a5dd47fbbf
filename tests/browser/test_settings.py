"""The Settings page in Chromium: bad values, the cost, saving, and secrets that stay secret."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DAYS
from tests.browser.pages import Visit, heard, settled
from tests.browser.servers import Gecko, Live, capture, is_ready, serving_live
from tests.faults import FaultServer

pytestmark = pytest.mark.browser

KEY = "CG-THISisNOTaREALkeyWXYZ"
DEFAULTS = {"top_coins": "100", "update_interval_seconds": "3600"}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A live dashboard whose settings these tests may change."""
    with FaultServer() as faults:
        gecko = Gecko(faults, capture(DAYS[-1]))
        with serving_live(
            tmp_path_factory.mktemp("settings"), gecko, is_ready, per_month=10_000
        ) as live:
            yield live


def opened(visit: Visit, live: Live, language: str = "en", width: int = 1280) -> Page:
    page = visit(f"{live.url}/settings?lang={language}", width=width)
    expect(field(page, "top_coins")).to_be_visible()
    return page


def field(page: Page, name: str) -> Locator:
    return page.locator(f"[class*='st-key-set-{name}-'] input")


def put(page: Page, name: str, text: str) -> None:
    field(page, name).fill(text)
    field(page, name).press("Tab")


def problem(page: Page, name: str) -> Locator:
    return page.locator(f".st-key-problem-{name}")


def save(page: Page) -> None:
    page.locator(".st-key-save-settings button").click()


def notice(page: Page, kind: str) -> Locator:
    return page.locator(f".st-key-settings [data-testid='stAlertContent{kind}']")


def saved(page: Page) -> None:
    save(page)
    expect(notice(page, "Success")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("top_coins", "0"),
        ("top_coins", "1001"),
        ("update_interval_seconds", "five"),
        ("history_days", ""),
        ("standing_url_1", "ftp://x/y"),
        ("coingecko_key", "sécret"),
    ],
)
@pytest.mark.quick
def test_a_bad_value_is_told_at_its_field_and_nothing_is_saved(
    own: Live, visit: Visit, language: str, name: str, text: str
) -> None:
    page = opened(visit, own, language)
    put(page, name, text)
    put(page, "history_days", "9" if name != "history_days" else text)
    expect(problem(page, name)).to_be_visible()
    expect(page.locator("[class*='st-key-problem-']")).to_have_count(1)
    save(page)
    expect(notice(page, "Error")).to_be_visible()
    expect(field(page, name)).to_have_value(text)
    put(page, name, "50" if name == "top_coins" else "600" if "seconds" in name else "")
    if name != "history_days":
        expect(problem(page, name)).to_have_count(0)
    page.reload()
    settled(page)
    days = "۷" if language == "fa" else "7"
    expect(field(page, "history_days")).to_have_value(days)


def test_the_cost_is_told_while_typing_and_before_saving(own: Live, visit: Visit) -> None:
    page = opened(visit, own)
    form = page.locator(".st-key-settings")
    expect(form).to_contain_text("1 call per refresh.")
    field(page, "top_coins").press("End")
    field(page, "top_coins").press_sequentially("0")
    expect(form).to_contain_text("4 calls per refresh.")
    put(page, "update_interval_seconds", "60")
    expect(form).to_contain_text("The plan does not allow that.")
    expect(form).to_contain_text("172,800 calls in 30 days; the plan allows 10,000")
    expect(page.get_by_text("the call budget does not allow more")).to_have_count(0)
    saved(page)
    expect(page.get_by_text("the call budget does not allow more")).to_be_visible()
    for name, text in DEFAULTS.items():
        put(page, name, text)
    saved(page)
    expect(page.get_by_text("the call budget does not allow more")).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_key_is_saved_shown_masked_and_never_sent_back(
    own: Live, visit: Visit, language: str
) -> None:
    page = opened(visit, own, language)
    received = heard(page)
    page.reload()
    settled(page)
    put(page, "coingecko_key", KEY)
    saved(page)
    masked = field(page, "coingecko_key")
    expect(masked).to_have_value("")
    expect(masked).to_have_attribute("placeholder", "\u2066…WXYZ\u2069")
    own.refresh(later_seconds=60)
    assert own.gecko.faults.requests[-1].headers["x-cg-demo-api-key"] == KEY
    for path in ("", "weights", "settings"):
        page.goto(f"{own.url}/{path}")
        settled(page)
    expect(field(page, "coingecko_key")).to_be_visible()
    assert KEY not in page.content()
    page.locator(".st-key-remove-coingecko_key button:visible").first.click()
    expect(page.locator(".st-key-remove-coingecko_key")).to_have_count(0)
    assert sum(map(len, received)) > 10_000
    assert not [frame for frame in received if KEY.encode() in frame]
    assert any("…WXYZ".encode() in frame for frame in received)
    assert KEY not in own.server.log


def test_persian_digits_are_taken_and_shown(own: Live, visit: Visit) -> None:
    page = opened(visit, own, "fa")
    put(page, "history_days", "۱۴")
    saved(page)
    expect(field(page, "history_days")).to_have_value("۱۴")
    page = opened(visit, own, "en")
    expect(field(page, "history_days")).to_have_value("14")
    put(page, "history_days", "7")
    saved(page)
    expect(field(page, "history_days")).to_have_value("7")


def test_what_comes_next_is_told(own: Live, visit: Visit) -> None:
    page = opened(visit, own)
    save(page)
    expect(notice(page, "Success")).to_contain_text("Nothing has changed.")
    put(page, "history_days", "8")
    save(page)
    expect(notice(page, "Success")).to_contain_text("The next refresh, in ")
    put(page, "history_days", "7")
    saved(page)


def test_the_form_is_filled_with_the_keyboard_alone(own: Live, visit: Visit) -> None:
    page = opened(visit, own)
    field(page, "history_days").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("9")
    button = page.locator(".st-key-save-settings button")
    for _step in range(20):
        page.keyboard.press("Tab")
        if button.evaluate("(button) => button === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(notice(page, "Success")).to_contain_text("Saved.")
    put(page, "history_days", "7")
    saved(page)


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_phone_shows_it_without_scrolling_sideways(
    own: Live, visit: Visit, language: str
) -> None:
    page = opened(visit, own, language, width=380)
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
    box = field(page, "top_coins").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 380
