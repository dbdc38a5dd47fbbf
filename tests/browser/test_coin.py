"""The Coin page in Chromium: ranges, comparison, links, files, and what comes while one looks."""

from __future__ import annotations

import io
import re
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import jdatetime
import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect

from cointracker.features.market.ui.columns import FIXED
from tests.browser.pages import (
    FIRST_COLUMNS,
    WIDTHS,
    Visit,
    address_holds,
    asked,
    closed,
    grid,
    loosely,
    settled,
)
from tests.browser.servers import Live, Server, capture

pytestmark = pytest.mark.browser

PLOT = ".js-plotly-plot"
READ_PLOT = """
(plot) => ({
  lines: plot._fullData.map((trace) => ({
    kind: trace.type,
    name: trace.name,
    axis: trace.yaxis,
    x: Array.from(trace.x),
    y: Array.from(trace.y),
    text: Array.from(trace.text ?? []),
  })),
  ticks: Array.from(plot._fullLayout.xaxis.ticktext),
  span: plot._fullLayout.xaxis.range,
  notes: plot._fullLayout.annotations.map((note) => note.text),
})
"""
SPANS_DAYS = """
(days) => {
  const span = document.querySelector(".st-key-price-chart .js-plotly-plot")?._fullLayout
    ?.xaxis.range.map((at) => Date.parse(at + "Z"));
  return span && Math.abs((span[1] - span[0]) / 86_400_000 - days) < 0.1;
}
"""
TOUCHING_TICKS = """
() => [...document.querySelectorAll(".js-plotly-plot .xaxislayer-above")].flatMap((axis) => {
  const level = [...axis.querySelectorAll("text")]
    .filter((text) => !/rotate\\((?!0)/.test(text.getAttribute("transform") ?? ""))
    .map((text) => text.getBoundingClientRect()).sort((a, b) => a.left - b.left);
  return level.slice(1).filter((box, at) => box.left < level[at].right).map((box) => box.left);
})
"""
HOSTILE = '<img src=x onerror="window.hacked=1"> **b** [x](javascript:window.hacked=1) $x^2$'
ASCII_DIGIT = re.compile("[0-9]")


def coin_page(visit: Visit, server: Server, query: str = "", **how: Any) -> Page:
    """A coin's page, drawn to its last chart, without an error in it."""
    page = visit(f"{server.url}/coin?{query}", **how)
    expect(page.get_by_role("heading", name=re.compile("About|درباره"))).to_be_visible()
    sound(page)
    return page


def sound(page: Page) -> None:
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_text("This page could not be drawn")).to_have_count(0)


def plot(page: Page, key: str) -> dict[str, Any]:
    """What a chart is drawn from, as Plotly holds it."""
    settled(page)
    drawn = page.locator(f".st-key-{key} {PLOT}")
    expect(drawn).to_have_count(1)
    expect(drawn.locator(".main-svg").first).to_be_visible()
    read: dict[str, Any] = drawn.evaluate(READ_PLOT)
    return read


def points(read: dict[str, Any], kind: str = "scatter", axis: str = "") -> dict[str, float]:
    """Value by instant of all lines, or all bars, of a chart, or of one of its axes."""
    return {
        x: y
        for line in read["lines"]
        if line["kind"] == kind and axis in ("", line["axis"])
        for x, y in zip(line["x"], line["y"], strict=True)
        if x is not None and y is not None
    }


def spans_days(page: Page, days: float) -> None:
    page.wait_for_function(SPANS_DAYS, arg=days)


def pill(page: Page, name: str) -> Locator:
    return page.get_by_role("radio", name=name, exact=True)


def choose_range(page: Page, name: str) -> None:
    settled(page)
    pill(page, name).check(force=True)


def heading(page: Page) -> str:
    return page.locator(".ct-hero-name").inner_text()


def taken(page: Page, what: str, kind: str) -> tuple[str, bytes]:
    """The name and the bytes of a file with what a chart shows."""
    settled(page)
    page.locator(f".st-key-take-{what}").get_by_role("button").first.click()
    with page.expect_download() as waiting:
        page.get_by_test_id("stPopoverBody").get_by_role("button", name=kind).click()
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()


# The range


@pytest.mark.quick
def test_a_range_is_shown_and_stays_in_the_address(visit: Visit, simulated: Server) -> None:
    page = coin_page(visit, simulated)
    spans_days(page, 30)
    choose_range(page, "7 d")
    spans_days(page, 7)
    address_holds(page, range="7d")
    since = plot(page, "price-chart")["span"][0]
    assert min(points(plot(page, "price-chart"))) >= since
    choose_range(page, "90 d")
    spans_days(page, 90)
    page.wait_for_timeout(1600)  # what the page takes for a late run of its own change

    page.go_back()
    spans_days(page, 7)
    expect(pill(page, "7 d")).to_be_checked()
    page.reload()
    settled(page)
    spans_days(page, 7)
    page.get_by_role("radio", name="فارسی").check(force=True)
    expect(pill(page, "۷ روز")).to_be_checked()
    spans_days(page, 7)


def test_free_dates_are_days_of_the_reader(visit: Visit, simulated: Server) -> None:
    today = datetime.now(UTC).date()
    first, last = today - timedelta(days=20), today - timedelta(days=10)
    query = f"range=dates&from={first}&to={last}"
    page = coin_page(visit, simulated, query, timezone="Asia/Tehran")
    drawn = plot(page, "price-chart")
    assert drawn["span"] == [f"{first}T00:00:00", f"{last}T23:59:59"]
    hours = sorted(points(drawn))
    assert str(first) in hours[0]
    assert str(last) in hours[-1]


@pytest.mark.parametrize(
    ("dates", "why"),
    [
        ("from=2026-03-01&to=2026-02-01", "it ends before it starts"),
        ("from=<b>&to=2026-02-01", "two dates are needed"),
    ],
)
def test_dates_that_make_no_range_are_said_to_be_so(
    visit: Visit, simulated: Server, dates: str, why: str
) -> None:
    page = coin_page(visit, simulated, f"range=dates&{dates}")
    expect(page.get_by_text(f"This range can't be shown: {why}")).to_be_visible()
    spans_days(page, 30)


def test_a_stretch_marked_in_the_chart_is_shown(visit: Visit, simulated: Server) -> None:
    page = coin_page(visit, simulated, "range=90d")
    ground = page.locator(".st-key-price-chart .nsewdrag").first
    ground.scroll_into_view_if_needed()
    box = ground.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 3, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 2 / 3, y, steps=6)
    page.mouse.up()
    address_holds(page, range="dates")
    expect(pill(page, "Dates")).to_be_checked()
    held = asked(page)
    days = (datetime.fromisoformat(held["to"]) - datetime.fromisoformat(held["from"])).days
    assert days in (29, 30, 31)
    spans_days(page, days + 1)


# Which coin


def test_a_click_in_the_ranking_leads_there_and_back(visit: Visit, simulated: Server) -> None:
    page = visit(f"{simulated.url}/")
    name = grid(page)["Coin"][1]
    assert "coin" in FIXED
    canvas = page.get_by_test_id("data-grid-canvas").bounding_box()
    assert canvas is not None
    left = sum(WIDTHS[other] for other in FIRST_COLUMNS[: FIRST_COLUMNS.index("coin")])
    page.mouse.click(canvas["x"] + left + 40, canvas["y"] + 32 * 2.5)
    expect(page.locator(".ct-hero-name")).to_have_text(re.compile(re.escape(name.split()[-1])))
    coin = asked(page)["coin"]
    row = next(row for row in simulated.everything() if row["coin_id"] == coin)
    assert (row["rank"], f"{row['symbol']}  {row['name']}") == (2, name)
    sound(page)

    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ranking")
    settled(page)
    assert name in grid(page)["Coin"]
    page.goto(f"{simulated.url}/weights")
    settled(page)
    page.locator(f"a.open[href*='coin={coin}&']").first.click()
    expect(page.locator(".ct-hero-name")).to_contain_text(row["name"])


def test_phones_come_from_the_list_to_a_page_that_fits(visit: Visit, simulated: Server) -> None:
    page = visit(f"{simulated.url}/", width=380)
    link = page.locator(".ct-list a").nth(2)
    symbol = link.locator("b").inner_text()
    link.click()
    expect(page.locator(".ct-hero-name")).to_contain_text(symbol)
    sound(page)


def test_the_box_finds_another_coin_and_keeps_the_range(visit: Visit, simulated: Server) -> None:
    other = simulated.everything()[40]
    page = coin_page(visit, simulated, "range=7d")
    before = heading(page)
    box = page.get_by_role("combobox", name="Coin", exact=True)
    box.click()
    box.fill(other["name"])
    box.press("Enter")
    expect(page.locator(".ct-hero-name")).to_contain_text(other["name"])
    address_holds(page, coin=other["coin_id"], range="7d")
    page.wait_for_timeout(1600)  # what the page takes for a late run of its own change
    page.go_back()
    expect(page.locator(".ct-hero-name")).to_have_text(before)


@pytest.mark.parametrize("coin", ["*a*", "<img src=x onerror=window.hacked=1>"])
def test_an_unknown_coin_is_said_to_be_so(visit: Visit, simulated: Server, coin: str) -> None:
    page = visit(f"{simulated.url}/coin?coin={coin}")
    expect(page.get_by_text(loosely(f"No coin with the id {coin} is known here"))).to_be_visible()
    expect(page.locator(PLOT)).to_have_count(0)
    assert page.evaluate("window.hacked") is None
    sound(page)
    name = simulated.everything()[5]["name"]
    box = page.get_by_role("combobox", name="Coin", exact=True)
    box.click()
    box.fill(name)
    box.press("Enter")
    expect(page.locator(".ct-hero-name")).to_contain_text(name)


def test_a_coin_with_one_observation_is_a_dot(visit: Visit, live: Live) -> None:
    rows = capture("2024-08-05")
    fresh = rows[-1] | {"id": "seen-once", "symbol": "once", "name": "Seen Once"}
    fresh.pop("sparkline_in_7d", None)
    assert live.refresh([*rows[:-1], fresh]) == "stored"
    page = coin_page(visit, live.server, "coin=seen-once&range=all&with=bitcoin")
    drawn = plot(page, "price-chart")
    assert list(points(drawn).values()) == [pytest.approx(fresh["current_price"])]
    _, data = taken(page, "history", "CSV")
    assert len(pd.read_csv(io.BytesIO(data))) == 1
    expect(page.get_by_text("0 of 7; at least 3")).to_be_visible()
    expect(page.get_by_text("doesn't list this coin, so there is no description")).to_be_visible()


# Beside others


def test_a_comparison_can_be_shared(visit: Visit, simulated: Server) -> None:
    own, *others = simulated.everything()[:4]
    ids, symbols = [c["coin_id"] for c in others], [c["symbol"] for c in (own, *others)]
    page = coin_page(visit, simulated, f"coin={own['coin_id']}&range=7d&with={','.join(ids[:2])}")
    assert names_of(page) == symbols[:3]
    box = page.get_by_role("combobox", name="Up to five other coins")
    box.click()
    box.fill(others[2]["name"])
    box.press("Enter")
    address_holds(page, **{"with": ",".join(ids)})
    page.keyboard.press("Escape")
    page.wait_for_function(
        "() => document.querySelector('.st-key-compare .js-plotly-plot')._fullLayout"
        ".annotations.length === 4"
    )
    drawn = plot(page, "compare")
    firsts = [next(y for y in line["y"] if y is not None) for line in drawn["lines"]]
    assert firsts == [pytest.approx(100)] * 4

    shared = coin_page(visit, simulated, page.url.partition("?")[2])
    assert sorted(names_of(shared)) == sorted(symbols)
    spans_days(shared, 7)
    assert plot(shared, "compare")["span"] == drawn["span"]
    matrix = shared.locator("table", has=shared.locator("caption"))
    expect(matrix.locator("tbody tr")).to_have_count(4)
    shared.get_by_role("link", name=symbols[1], exact=True).click()
    expect(shared.locator(".ct-hero-name")).to_contain_text(others[0]["name"])


def names_of(page: Page) -> list[str]:
    """The symbols at the lines' ends, in the order of the lines."""
    drawn = plot(page, "compare")
    ends = [note.split()[0] for note in drawn["notes"]]
    lines = list(dict.fromkeys(line["name"] for line in drawn["lines"]))
    assert sorted(ends) == sorted(lines)
    return lines


def test_unknown_ones_are_named_and_six_are_five(visit: Visit, simulated: Server) -> None:
    own, *others = (row["coin_id"] for row in simulated.everything()[:7])
    query = f"coin={own}&with={','.join(others)},nobody,<b>x</b>,{own}"
    page = coin_page(visit, simulated, query)
    assert len(names_of(page)) == 6
    expect(page.get_by_text(loosely("Unknown coins: nobody, <b>x</b>."))).to_be_visible()


# Files and language


def test_files_and_pictures_hold_what_the_charts_show(visit: Visit, simulated: Server) -> None:
    page = coin_page(visit, simulated, "range=7d&picture=svg")
    coin = asked(page)["coin"]
    drawn = points(plot(page, "price-chart"))
    name, data = taken(page, "history", "CSV")
    rows = pd.read_csv(io.BytesIO(data))
    assert re.fullmatch(rf"cointracker-{coin}-history-[\dT-]+Z\.csv", name)
    times = pd.to_datetime(rows["observed_at"]).dt.strftime("%Y-%m-%dT%H:%M:%S")
    assert dict(zip(times, rows["price"], strict=True)) == pytest.approx(drawn)
    closed(page)

    risks = plot(page, "risk-chart")
    _, data = taken(page, "changes", "Parquet")
    rows = pd.read_parquet(io.BytesIO(data))
    assert rows["observed_at"].is_monotonic_increasing
    bars = points(risks, "bar")
    assert rows["change_pct"].dropna().tolist() == pytest.approx(list(bars.values()))
    for column, axis in (("drawdown_pct", "y2"), ("volatility_pct", "y3")):
        known = rows.dropna(subset=[column])
        times = known["observed_at"].dt.strftime("%Y-%m-%dT%H:%M:%S")
        shown = points(risks, axis=axis)
        assert dict(zip(times, known[column], strict=True)) == pytest.approx(shown)
    closed(page)

    chart = page.locator(".st-key-price-chart")
    chart.hover()
    with page.expect_download() as waiting:
        chart.get_by_role("button", name="Save as image").click()
    assert waiting.value.suggested_filename == f"cointracker-{coin}-price-chart.svg"
    assert b"<svg" in waiting.value.path().read_bytes()[:100]


@pytest.mark.quick
def test_persian_charts_have_jalali_days_and_persian_digits(
    visit: Visit, simulated: Server
) -> None:
    page = coin_page(visit, simulated, "range=30d", locale="fa-IR", timezone="Asia/Tehran")
    months = jdatetime.date.j_months_fa
    for key in ("price-chart", "risk-chart", "stability-chart", "places"):
        drawn = plot(page, key)
        assert len(drawn["ticks"]) >= 3
        assert all(any(month in tick for month in months) for tick in drawn["ticks"])
        texts = [text for line in drawn["lines"] for text in line["text"] if text]
        assert texts
        assert not [text for text in (*texts, *drawn["ticks"]) if ASCII_DIGIT.search(text)]
    expect(page.locator(".ct-hero")).not_to_contain_text(ASCII_DIGIT)


@pytest.mark.parametrize(("locale", "scheme"), [("en-US", "light"), ("fa-IR", "dark")])
def test_nothing_sticks_out_and_no_days_touch_on_a_phone(
    visit: Visit, simulated: Server, locale: str, scheme: str
) -> None:
    others = ",".join(row["coin_id"] for row in simulated.everything()[1:6])
    page = coin_page(
        visit, simulated, f"range=30d&with={others}", locale=locale, scheme=scheme, width=380
    )
    for name in ("24 h", "90 d") if locale == "en-US" else ("۲۴ ساعت", "۹۰ روز"):
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        main = page.get_by_test_id("stMain")
        assert main.evaluate("(node) => node.scrollWidth <= node.clientWidth")
        assert page.evaluate(TOUCHING_TICKS) == []
        choose_range(page, name)
        spans_days(page, 1 if name[0] in "2۲" else 90)


# What comes while one looks


def test_what_is_asked_for_arrives_on_the_open_page_as_text(visit: Visit, live: Live) -> None:
    rows = capture("2024-08-05")
    wild = rows[80]["id"]
    named = [
        row | {"name": HOSTILE, "symbol": "*<i>*"} if row["id"] == wild else row for row in rows
    ]
    assert live.refresh(named) == "stored"
    live.gecko.told, live.gecko.told_held = {wild: told_of_a_coin()}, threading.Event()
    try:
        page = coin_page(visit, live.server, f"coin={wild}&range=7d&with=bitcoin")
        expect(page.get_by_text("Requesting description and links")).to_be_visible()
        expect(page.locator(".ct-hero-name")).to_contain_text(HOSTILE)
        live.gecko.told_held.set()

        about = page.locator(".ct-about")
        expect(about).to_contain_text("A coin <of> some sort")
        expect(page.get_by_role("link", name="Homepage")).to_have_attribute(
            "href", "https://example.com/?a=1&b=2"
        )
        expect(page.locator(".ct-key")).to_contain_text("back-filled")
        expect(page.get_by_text("Requesting")).to_have_count(0)
        address_holds(page, range="7d", **{"with": "bitcoin"})
        assert 1.0 in points(plot(page, "price-chart")).values()
    finally:
        live.gecko.told_held.set()
        live.gecko.told_held, live.gecko.told = None, {}
    assert page.evaluate("window.hacked") is None
    main = page.get_by_test_id("stMain")
    for selector in ("img[src='x']", "a[href^='javascript']", "strong, em", ".katex", "iframe"):
        expect(main.locator(selector)).to_have_count(0)
    sound(page)


def told_of_a_coin() -> dict[str, Any]:
    return {
        "description": {
            "en": "A coin &lt;of&gt; <b>some</b> sort<script>window.hacked=1</script>"
            '<img src=x onerror="window.hacked=1"><iframe src="/"></iframe>'
        },
        "links": {
            "homepage": ["javascript:window.hacked=1", "https://example.com/?a=1&b=2"],
            "blockchain_site": [],
            "repos_url": {"github": ["javascript:window.hacked=1"]},
        },
        "categories": ["<img src=x onerror=window.hacked=1>", "[x](javascript:window.hacked=1)"],
        "genesis_date": "2015-01-01",
        "watchlist_portfolio_users": 12,
    }


def test_a_new_snapshot_keeps_range_and_comparison(visit: Visit, live: Live) -> None:
    page = coin_page(visit, live.server, "coin=bitcoin&range=7d&with=ethereum&scale=True")
    before = plot(page, "price-chart")
    rows = capture("2024-08-05")
    dearer = [row | {"current_price": row["current_price"] * 1.5} for row in rows]
    assert live.refresh(dearer) == "stored"
    page.wait_for_function(
        """(end) => document.querySelector(".st-key-price-chart .js-plotly-plot")
          ._fullLayout.xaxis.range[1] !== end""",
        arg=before["span"][1],
    )
    settled(page)
    after = plot(page, "price-chart")
    assert max(points(after)) > max(points(before))
    assert points(after)[max(points(after))] == pytest.approx(dearer[0]["current_price"])
    expect(pill(page, "7 d")).to_be_checked()
    address_holds(page, coin="bitcoin", range="7d", scale="True", **{"with": "ethereum"})
    assert names_of(page) == ["BTC", "ETH"]
    sound(page)
