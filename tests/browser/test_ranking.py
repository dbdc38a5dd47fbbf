"""The Ranking page in Chromium, driven as a reader drives it, in English and Persian."""

from __future__ import annotations

import io
import re
import threading
from datetime import UTC, datetime, timedelta

import jdatetime
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import (
    Visit,
    address_holds,
    asked,
    choose,
    closed,
    grid,
    loosely,
    opened,
    rows,
    saved,
    search,
    settled,
    shows,
    sort_by,
)
from tests.browser.servers import Live, Row, Server, capture
from tests.faults import json_reply

pytestmark = pytest.mark.browser

FAINT_TEXTS = """
() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = numbers(color).slice(0, 3).map((part) => part / 255)
      .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if ((numbers(color)[3] ?? 1) > 0.99) return color;
    }
    return getComputedStyle(document.querySelector('[data-testid="stApp"]')).backgroundColor;
  };
  const faint = [];
  for (const element of document.querySelectorAll('[data-testid="stMain"] *')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3)
      .map((node) => node.data.trim()).join("");
    if (!text || !element.checkVisibility() || element.closest("canvas, [disabled]")) continue;
    const pair = [getComputedStyle(element).color, behind(element)].map(light).sort();
    const contrast = (pair[1] + 0.05) / (pair[0] + 0.05);
    if (contrast < 4.5) faint.push(`${text}: ${contrast.toFixed(2)}`);
  }
  return faint;
}
"""
FOCUSED = """
() => {
  const at = document.activeElement;
  const words = at.querySelector("p") ?? at.labels?.[0] ?? at;
  return at.ariaLabel || words.innerText.trim() || at.dataset.testid || at.tagName;
}
"""
PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
HOSTILE = (
    '<img src=x onerror="window.hacked=1">',
    "**bold** _and_ `code`",
    "[x](javascript:window.hacked=1)",
    '=HYPERLINK("http://example.com","x")',
    ":material/skull: :red[x] $x^2$",
    "</script><script>window.hacked=1</script>",
)


def jalali(instant: datetime) -> str:
    day = jdatetime.datetime.fromgregorian(datetime=instant.replace(tzinfo=None), locale="fa_IR")
    return day.strftime("%-d %B %Y").translate(PERSIAN_DIGITS)


def is_wider_than_its_window(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def test_search_finds_by_name_and_symbol_and_lets_go_again(visit: Visit, simulated: Server) -> None:
    everything = simulated.everything()
    named, other = everything[3], everything[7]
    page = visit(f"{simulated.url}/?size=250")
    shows(page, len(everything))

    search(page, named["name"].lower())
    shows(page, 1)
    assert grid(page)["Coin"] == [f"{named['symbol']}  {named['name']}"]
    address_holds(page, q=named["name"].lower())

    search(page, other["symbol"].lower())
    expect(rows(page).filter(has_text=other["name"])).to_have_count(1)
    assert len(grid(page).rows) < len(everything)

    search(page, "no [such* coin")
    expect(page.get_by_text("No coin matches the search and filters.")).to_be_visible()
    expect(page.get_by_text(f"{len(everything)} of {len(everything)} coins hidden")).to_be_visible()
    expect(rows(page)).to_have_count(0)

    page.get_by_role("button", name="Show all").click()
    shows(page, len(everything))
    expect(page.get_by_role("textbox", name="Search")).to_have_value("")
    address_holds(page, q=None)


def test_filters_hide_what_does_not_pass_and_stay_in_the_address(
    visit: Visit, simulated: Server
) -> None:
    wanted = "size=250&columns=market_cap,volume_24h,coverage"
    page = visit(f"{simulated.url}/?{wanted}")
    shows(page, 250)
    full = grid(page)
    caps, volumes = full.figures("Cap, $"), full.figures("Volume, $")
    known, names = full.figures("Coverage, %"), full["Coin"]
    pegged = [name.endswith("Dollar") for name in names]
    passing = [
        (cap >= 1e7, volume >= 1e6, share >= 0.8, not is_pegged)
        for cap, volume, share, is_pegged in zip(caps, volumes, known, pegged, strict=True)
    ]
    left = [sum(all(marks[: n + 1]) for marks in passing) for n in range(4)]
    assert 0 < left[3] <= left[2] <= left[1] <= left[0] < 250

    opened(page, "Filters")
    choose(page, "Minimum market cap", "10.0 M $")
    shows(page, left[0])
    address_holds(page, cap="10000000")
    choose(page, "Minimum 24 h volume", "1.00 M $")
    shows(page, left[1])
    address_holds(page, volume="1000000")
    choose(page, "Minimum coverage", "80 %")
    shows(page, left[2])
    address_holds(page, coverage="80")
    page.get_by_role("radio", name="Hidden").check(force=True)
    shows(page, left[3])
    closed(page)
    expect(page.get_by_text(f"{250 - left[3]} of 250 coins hidden.")).to_be_visible()
    expect(page.get_by_role("button", name="Filters: 4")).to_be_visible()
    assert grid(page)["Coin"] == [n for n, marks in zip(names, passing, strict=True) if all(marks)]
    address_holds(page, cap="10000000", volume="1000000", coverage="80", pegged="without")

    page.reload()
    settled(page)
    shows(page, left[3])
    page.get_by_role("radio", name="فارسی").check(force=True)
    expect(page.get_by_role("button", name="پالایه‌ها: ۴")).to_be_visible()
    shows(page, left[3])
    page.get_by_role("button", name="نمایش همه").click()
    shows(page, 250)
    address_holds(page, cap=None, volume=None, coverage=None, pegged=None, lang="fa", size="250")


def test_columns_order_and_pages_are_the_readers_choice(visit: Visit, simulated: Server) -> None:
    page = visit(simulated.url)
    shows(page, 100)
    assert "Cap, $" in grid(page).heads
    assert "30 d, %" not in grid(page).heads
    everything = simulated.everything()

    body = opened(page, "Columns")
    body.get_by_role("button", name="30 d, %").click()
    body.get_by_role("button", name="Cap, $").click()
    expect(page.locator("canvas th").filter(has_text="30 d, %")).to_have_count(1)
    expect(page.locator("canvas th").filter(has_text="Cap, $")).to_have_count(0)
    choose(page, "Sort by", "Price, $")
    address_holds(page, sort="price")
    body.get_by_role("radio", name="25", exact=True).check(force=True)
    shows(page, 25)
    address_holds(page, sort="price", size="25")
    closed(page)
    expect(page.get_by_text("Page 1 of 10")).to_be_visible()

    page.get_by_role("button", name="Next page").click()
    expect(page.get_by_text("Page 2 of 10")).to_be_visible()
    prices = sorted((row["current_price"] for row in everything), reverse=True)
    expect(page.locator("canvas td").filter(has_text=str(prices[25])[:9])).not_to_have_count(0)
    assert grid(page).figures("Price, $") == pytest.approx(prices[25:50], rel=1e-3)
    search(page, "r")
    expect(page.get_by_text("Page 1 of")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_text("Page 1 of 10")).to_be_visible()

    opened(page, "Columns")
    page.get_by_role("switch", name="Reverse order").check(force=True)
    expect(rows(page).first).to_contain_text(everything_by_price(everything)[0]["name"])
    address_holds(page, sort="price", size="25", turned="True")
    closed(page)
    page.reload()
    settled(page)
    shows(page, 25)
    assert grid(page).figures("Price, $") == pytest.approx(prices[::-1][:25], rel=1e-3)
    assert "30 d, %" in grid(page).heads


def everything_by_price(everything: list[Row]) -> list[Row]:
    return sorted(everything, key=lambda row: row["current_price"])


@pytest.mark.parametrize(("locale", "heading"), [("en-US", "Price, $"), ("fa-IR", "قیمت، $")])
def test_a_heading_sorts_by_the_number(
    visit: Visit, simulated: Server, locale: str, heading: str
) -> None:
    page = visit(simulated.url, locale=locale)
    shows(page, 100)
    unsorted = grid(page).figures(heading)
    assert unsorted != sorted(unsorted)
    for arrow, reverse in (("↑", False), ("↓", True)):
        sort_by(page, "price", from_the_right=locale == "fa-IR")
        expect(page.locator("canvas th").filter(has_text=arrow)).to_contain_text(heading)
        assert grid(page).figures(heading) == sorted(unsorted, reverse=reverse)


@pytest.mark.quick
def test_downloads_hold_what_is_shown(visit: Visit, simulated: Server) -> None:
    columns = "move,band,price,change_24h_pct,volume_change_24h_pct,market_cap,standing,reason"
    page = visit(f"{simulated.url}/?q=ar&sort=price&columns={columns}")
    expect(rows(page)).not_to_have_count(0)
    shown = grid(page)
    opened(page, "Download")
    csv = pd.read_csv(io.BytesIO(saved(page, "CSV")), encoding="utf-8-sig")
    excel = pd.read_excel(io.BytesIO(saved(page, "Excel")), engine="openpyxl")
    parquet = pd.read_parquet(io.BytesIO(saved(page, "Parquet")))

    at = csv["snapshot_at"][0]
    ranked = [row for row in simulated.everything(at) if mentions(row, "ar")]
    assert len(ranked) == len(shown.rows) < 100
    for frame in (csv, excel, parquet):
        assert list(frame["coin_id"]) == [row["coin_id"] for row in ranked]
        assert list(frame["rank"]) == [row["rank"] for row in ranked]
        assert list(frame["name"]) == [row["name"] for row in ranked]
        for column, name in API_NAMES.items():
            theirs = [number(row[name]) for row in ranked]
            assert list(frame[column]) == pytest.approx(theirs, rel=1e-12, nan_ok=True)
        told = [f"High because of: {reason}" for reason in frame["reason"]]
        assert told == [row["rank_reason"] for row in ranked]
        assert (frame["source"] == "simulated").all()
        assert (frame["band_low"] <= frame["rank"]).all()
        weights = frame.filter(regex="^weight_").iloc[0]
        assert list(weights) == [25, 20, 25, 15, 15]
        assert "volume_24h" not in frame, "the table does not show it"
    assert parquet["snapshot_at"][0] == pd.Timestamp(at)

    on_page = csv.set_index("rank").loc[[int(rank) for rank in shown["Rank"]]]
    assert on_page["price"].is_monotonic_decreasing
    for column, head in {"price": "Price, $", "market_cap": "Cap, $", "move": "Rank 24 h"}.items():
        assert list(on_page[column]) == pytest.approx(shown.figures(head), nan_ok=True)
    ends = zip(on_page["band_low"], on_page["band_high"], strict=True)
    bands = [f"{low}–{high}" if low < high else f"{low}" for low, high in ends]
    assert shown["Band"] == bands


API_NAMES = {
    "price": "current_price",
    "change_24h_pct": "price_change_percentage_24h",
    "volume_change_24h_pct": "volume_change_24h",
    "market_cap": "market_cap",
    "standing": "standing",
    "score": "rank_score",
}


def mentions(row: Row, text: str) -> bool:
    return any(text in row[field].casefold() for field in ("name", "symbol", "coin_id"))


def number(value: float | None) -> float:
    return float("nan") if value is None else value


@pytest.mark.quick
def test_persian_from_the_browser_and_back_to_english(visit: Visit, simulated: Server) -> None:
    page = visit(simulated.url, locale="fa-IR", timezone="Asia/Tehran", width=1280)
    shows(page, 100)
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("رتبه‌بندی")
    expect(page.locator("html")).to_have_attribute("lang", "fa")
    view = page.get_by_test_id("stAppViewContainer")
    expect(view).to_have_css("direction", "rtl")
    here = instant_of(simulated).astimezone(UTC) + timedelta(hours=3, minutes=30)
    told = page.get_by_test_id("stMain").inner_text()
    assert jalali(here) in told
    assert here.strftime("%H:%M").translate(PERSIAN_DIGITS) in told
    assert not re.search("[0-9]", told), "every digit is Persian"
    assert heading_left_of(page, "[data-testid='stHeading']", ".st-key-head [role='radiogroup']")
    assert grid(page).heads[-1] == "رتبه", "the first column is at the right"
    assert grid(page).scrolled > 0
    opened(page, "دریافت")
    csv = pd.read_csv(io.BytesIO(saved(page, "CSV")), encoding="utf-8-sig")
    reasons = [row["rank_reason"] for row in simulated.everything(csv["snapshot_at"][0], "fa")]
    assert [f"رتبه بالا به دلیل: {reason}" for reason in csv["reason"]] == reasons
    closed(page)

    page.get_by_role("radio", name="English").check(force=True)
    expect(heading).to_have_text("Ranking")
    expect(view).to_have_css("direction", "ltr")
    page.reload()
    settled(page)
    expect(heading).to_have_text("Ranking")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert grid(page).heads[0] == "Rank"
    page.goto(f"{simulated.url}/?lang=fa")
    settled(page)
    expect(heading).to_have_text("رتبه‌بندی")


def heading_left_of(page: Page, right: str, left: str) -> bool:
    """Whether the first element is to the right of the second."""
    boxes = [page.locator(selector).first.bounding_box() for selector in (right, left)]
    assert boxes[0] is not None
    assert boxes[1] is not None
    return boxes[0]["x"] > boxes[1]["x"]


def instant_of(server: Server) -> datetime:
    return datetime.fromisoformat(server.api("health/")["snapshot_at"])


def test_the_past_can_be_visited_and_left(visit: Visit, simulated: Server) -> None:
    page = visit(simulated.url)
    shows(page, 100)
    strip = page.locator(".st-key-strip-past")
    expect(strip).to_have_count(0)
    newest = instant_of(simulated)
    for _ in range(2):
        body = opened(page, "Time travel")
        body.get_by_role("button", name="24 h").click()
        expect(strip).to_be_visible()
        then = datetime.fromisoformat(asked(page)["at"])
        assert newest - timedelta(hours=25) < then <= newest - timedelta(hours=24)
        closed(page)
        ranked = simulated.everything(asked(page)["at"])
        expect(rows(page).first).to_contain_text(ranked[0]["name"])
        assert grid(page).figures("Score") == pytest.approx([r["rank_score"] for r in ranked[:100]])
        strip.get_by_role("button", name="Back to the latest").click()
        expect(strip).to_have_count(0)
        address_holds(page, at=None)

    body = opened(page, "Time travel")
    day = newest - timedelta(days=5)
    told = day.strftime("%-d %b %Y")
    choose(page, "Day", told)
    body.get_by_role("button", name="Show this snapshot").click()
    expect(strip).to_contain_text(told)
    closed(page)
    page.reload()
    settled(page)
    expect(strip).to_contain_text(told)
    ranked = simulated.everything(asked(page)["at"])
    expect(rows(page).first).to_contain_text(ranked[0]["name"])
    search(page, ranked[4]["name"])
    shows(page, 1)
    expect(strip).to_contain_text(told)


def test_an_address_that_asks_for_nonsense_still_shows_the_newest(
    visit: Visit, simulated: Server
) -> None:
    page = visit(f"{simulated.url}/?at=nonsense&cap=much&sort=&size=7&columns=none&lang=xx")
    said = page.get_by_text("The time in the address can't be read.")
    expect(said).to_be_visible()
    shows(page, 100)
    page.goto(f"{simulated.url}/?at=0001-01-01T00:00:00%2B23:59")
    settled(page)
    expect(said).to_be_visible()
    shows(page, 100)
    page.goto(f"{simulated.url}/?at=1999-12-31")
    settled(page)
    expect(page.get_by_text("There is no snapshot that old.")).to_be_visible()
    shows(page, 100)
    page.goto(f"{simulated.url}/?at=2999-12-31T00:00:00Z")
    settled(page)
    shows(page, 100)
    expect(page.locator(".st-key-strip-past")).to_have_count(0)


def test_a_simulated_market_says_so_and_the_live_one_can_be_tried(
    visit: Visit, simulated: Server
) -> None:
    page = visit(simulated.url)
    strip = page.locator(".st-key-strip-simulated")
    expect(strip).to_contain_text("These prices are generated, not real.")
    expect(strip).to_contain_text(loosely("The live market could not be reached."))
    expect(page.get_by_text(loosely("Source: simulated market, 250 coins."))).to_be_visible()
    expect(page.get_by_text("Data provided by")).to_have_count(0)
    strip.get_by_role("button", name="Try the live market").click()
    expect(strip).to_contain_text(
        loosely("Tried just now: CoinGecko could not be reached: no connection.")
    )
    shows(page, 100)


def test_the_live_market_takes_over_when_it_answers(
    simulated_with_gecko: Live, visit: Visit
) -> None:
    page = visit(simulated_with_gecko.url)
    search(page, "e")
    strip = page.locator(".st-key-strip-simulated")
    expect(strip).to_be_visible()
    simulated_with_gecko.gecko.rows = capture("2024-08-05")
    simulated_with_gecko.gecko.failure = None
    strip.get_by_role("button", name="Try the live market").click()
    expect(strip).to_have_count(0)
    expect(page.get_by_text(loosely("Source: CoinGecko, 100 coins."))).to_be_visible()
    expect(page.get_by_role("link", name="CoinGecko")).to_be_visible()
    expect(rows(page).filter(has_text="Ethereum")).not_to_have_count(0)
    expect(page.get_by_role("textbox", name="Search")).to_have_value("e")


@pytest.mark.parametrize("width", [1280, 380])
@pytest.mark.quick
def test_a_new_snapshot_lands_and_leaves_everything_else(
    visit: Visit, live: Live, width: int
) -> None:
    before, after = capture("2024-08-05"), capture("2024-08-04")
    page = visit(
        f"{live.url}/?cap=1000000000&columns=price,volume_24h,market_cap,reason", width=width
    )
    search(page, "e")
    listed = rows(page) if width > 640 else page.locator(".ct-list li:not(.ct-heads)")
    expect(listed).to_have_count(count_passing(before))
    told = page.get_by_text("Snapshot ")
    first_told = told.inner_text()
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 250)")
    count = page.evaluate("window.marked = 'this page'; history.length")

    assert live.refresh(after, later_seconds=600) == "stored"
    expect(told).not_to_have_text(first_told)
    bitcoin = next(row for row in after if row["id"] == "bitcoin")
    assert bitcoin["current_price"] != before[0]["current_price"]
    expect(listed).to_have_count(count_passing(after))
    ethereum = next(row for row in after if row["id"] == "ethereum")
    if width > 640:
        shown = dict(zip(grid(page)["Coin"], grid(page).figures("Price, $"), strict=True))
        assert shown["ETH  Ethereum"] == ethereum["current_price"]
    else:
        expect(listed.filter(has_text="Ethereum").first).to_contain_text(
            f"{ethereum['current_price']:,.2f}"
        )
    assert page.get_by_test_id("stMain").evaluate("main => main.scrollTop") == 250
    expect(page.get_by_role("textbox", name="Search")).to_have_value("e")
    expect(page.get_by_role("button", name="Filters: 1")).to_be_visible()
    assert page.evaluate("[window.marked, history.length]") == ["this page", count]


def count_passing(day: list[Row]) -> int:
    return sum(
        (row["market_cap"] or 0) >= 1e9
        and any("e" in row[field].casefold() for field in ("name", "symbol", "id"))
        for row in day
    )


def test_a_failing_source_is_told_and_forgotten_once_it_answers(visit: Visit, live: Live) -> None:
    page = visit(live.url)
    strip = page.locator(".st-key-strip-failed")
    shows(page, 100)
    expect(page.get_by_role("link", name="CoinGecko")).to_have_attribute(
        "href", "https://www.coingecko.com"
    )
    kept = grid(page).rows

    words = "You've exceeded the *Rate* Limit. Please visit https://www.example.com/pricing"
    status = {"error_code": 429, "error_message": words}
    live.gecko.failure = json_reply({"status": status}, 429)
    assert live.refresh() == "failed"
    expect(strip).to_contain_text(loosely("CoinGecko asks us to wait"))
    expect(strip).to_contain_text("You've exceeded the *Rate* Limit. Please visit https:")
    expect(strip.get_by_role("link")).to_have_count(0)
    expect(strip).to_contain_text(re.compile(r"Showing \d\d:\d\d .*UTC.*, \d .* old\. Retrying in"))
    assert grid(page).rows == kept

    live.wait(3 * 3600)
    expect(strip).to_contain_text("3 h old")
    assert grid(page).rows == kept
    page.reload()
    settled(page)
    expect(strip).to_contain_text(loosely("CoinGecko asks us to wait"))
    shows(page, 100)

    assert live.refresh(capture("2024-08-04")) == "stored"
    expect(strip).to_have_count(0)
    expect(page.locator(".st-key-strip-stale")).to_have_count(0)


def test_old_data_is_called_late(visit: Visit, live: Live) -> None:
    page = visit(live.url, locale="fa-IR", scheme="dark")
    stale = page.locator(".st-key-strip-stale")
    shows(page, 100)
    expect(stale).to_have_count(0)
    live.wait(5 * 3600)
    expect(stale).to_contain_text("داده کهنه است.")
    expect(stale).to_contain_text("۵ ساعت")


def test_a_source_that_hangs_holds_nothing_up(visit: Visit, live: Live) -> None:
    page = visit(live.url)
    shows(page, 100)
    live.gecko.held = threading.Event()
    refreshing = threading.Thread(target=live.refresh)
    refreshing.start()
    try:
        expect(page.get_by_text("Refreshing now.")).to_be_visible()
        search(page, "bitcoin")
        expect(rows(page).filter(has_text="Ethereum")).to_have_count(0)
        expect(page.get_by_text("Refreshing now.")).to_be_visible()
    finally:
        live.gecko.held.set()
        refreshing.join()
    expect(page.get_by_text("Next in")).to_be_visible()
    expect(page.get_by_text("Refreshing now.")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Search")).to_have_value("bitcoin")


def test_an_empty_dashboard_says_what_failed_and_fills_by_itself(
    empty_live: Live, visit: Visit
) -> None:
    page = visit(empty_live.url)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(loosely("CoinGecko is unavailable at the moment"))
    expect(alert).to_contain_text("down for maintenance")
    expect(alert).to_contain_text("No data yet. Retrying in")
    health = visit(f"{empty_live.url}/health")
    expect(health.get_by_text("No data yet.", exact=True)).to_be_visible()
    persian = visit(empty_live.url, locale="fa-IR", width=380)
    expect(persian.get_by_role("alert")).to_contain_text("هنوز چیزی ذخیره نشده است.")
    for shown in (page, persian):
        assert "Traceback" not in shown.content()
        assert not is_wider_than_its_window(shown)

    assert empty_live.refresh(capture("2024-08-05")) == "stored"
    shows(page, 100)
    expect(alert).to_have_count(0)
    expect(persian.locator(".ct-list li").filter(has_text="Bitcoin").first).to_be_visible()


@pytest.mark.parametrize("width", [1280, 380])
def test_names_with_markup_are_text(visit: Visit, live: Live, width: int) -> None:
    day = capture("2024-08-05")
    wild = [
        row | {"name": name, "symbol": f"{row['symbol']}*<i>*"}
        for row, name in zip(day, HOSTILE, strict=False)
    ]
    calm = [row | {"symbol": f"{row['symbol']}*<i>*"} for row in day[len(wild) :]]
    assert live.refresh([*wild, *calm]) == "stored"
    ranked = live.server.everything()
    shown_as = {row["coin_id"]: f"{row['symbol']}  {row['name']}" for row in ranked}
    page = visit(live.url, width=width)

    leader = page.get_by_test_id("stMetric").filter(has_text="Leader")
    expect(leader).to_contain_text(ranked[0]["symbol"])
    assert "*<I>*" in ranked[0]["symbol"]
    if width > 640:
        shows(page, 100)
        cells = "\n".join(grid(page)["Coin"])
        for row in wild:
            assert shown_as[row["id"]][:23] in cells
        opened(page, "Download")
        check_files(page, [row["name"] for row in wild])
    else:
        for row in wild:
            item = page.locator(".ct-list li").filter(has_text=row["name"])
            expect(item).to_have_count(1)
        assert not is_wider_than_its_window(page)
    assert page.evaluate("window.hacked") is None
    main = page.get_by_test_id("stMain")
    for selector in ("img[src='x']", "a[href^='javascript']", "i i", "canvas ~ script"):
        expect(main.locator(selector)).to_have_count(0)


def check_files(page: Page, names: list[str]) -> None:
    """CSV and Excel hold the names disarmed, Parquet holds them as they are."""
    csv = pd.read_csv(io.BytesIO(saved(page, "CSV")), encoding="utf-8-sig")
    excel = pd.read_excel(io.BytesIO(saved(page, "Excel")), engine="openpyxl")
    parquet = pd.read_parquet(io.BytesIO(saved(page, "Parquet")))
    disarmed = {f"'{name}" if name.startswith("=") else name for name in names}
    assert set(names) <= set(parquet["name"])
    for frame in (csv, excel):
        assert disarmed <= set(frame["name"])
        assert not frame["name"].str.match(r"[=+\-@]").any()


@pytest.mark.parametrize(
    ("locale", "scheme", "popovers"),
    [
        ("en-US", "dark", ("Filters", "Columns", "Time travel", "Download")),
        ("fa-IR", "light", ("پالایه‌ها", "ستون‌ها", "سفر در زمان", "دریافت")),
    ],
)
@pytest.mark.quick
def test_phones_get_a_list_that_fits(
    visit: Visit, simulated: Server, locale: str, scheme: str, popovers: tuple[str, ...]
) -> None:
    page = visit(simulated.url, locale=locale, scheme=scheme, width=380)
    items = page.locator(".ct-list li:not(.ct-heads)")
    expect(items).to_have_count(100)
    expect(page.get_by_test_id("stDataFrame")).not_to_be_visible()
    leader = simulated.everything()[0]
    expect(items.first).to_contain_text(leader["name"])
    if locale == "fa-IR":
        assert not re.search("[0-9]", page.get_by_test_id("stMain").inner_text())
    assert not is_wider_than_its_window(page)
    for name in popovers:
        box = opened(page, name).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 380, f"{name} fits"
        assert not is_wider_than_its_window(page)
        closed(page)


@pytest.mark.parametrize(
    ("scheme", "background"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(15, 21, 28)")]
)
def test_light_and_dark_follow_the_browser_and_can_be_read(
    visit: Visit, simulated: Server, scheme: str, background: str
) -> None:
    page = visit(f"{simulated.url}/?at=2999-01-01&q=a", scheme=scheme)
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", background)
    expect(page.get_by_role("button", name="Show all")).to_be_visible()
    assert page.evaluate(FAINT_TEXTS) == []


@pytest.mark.quick
def test_the_keyboard_reaches_everything(visit: Visit, simulated: Server) -> None:
    page = visit(simulated.url)
    shows(page, 100)
    reached: list[str] = []
    while "data-grid-canvas" not in reached:
        assert len(reached) < 40, reached
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
    wanted = ["Try the live market", "Search", "Filters", "Columns", "Download", "Next page"]
    assert [name for name in reached if name in wanted] == wanted, reached
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("canvas td[aria-selected='true']")).to_have_count(1)

    page.get_by_role("button", name="Filters").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stPopoverBody")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)
    page.get_by_role("textbox", name="Search").focus()
    page.keyboard.type("qua")
    page.keyboard.press("Enter")
    expect(page.get_by_text("coins hidden.")).to_be_visible()
