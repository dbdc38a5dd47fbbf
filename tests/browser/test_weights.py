"""The Weights page in Chromium, driven as a reader drives it."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect

from cointracker.ranking.factors import FACTOR_KEYS
from cointracker.ranking.weights import DEFAULT_WEIGHTS
from tests.browser.pages import Visit, address_holds, asked, settled
from tests.browser.servers import Live, Server, capture

pytestmark = pytest.mark.browser

DEFAULT = list(DEFAULT_WEIGHTS)
ORDER = """
(box) => [...box.querySelectorAll(".row[data-coin]")]
  .sort((one, other) => one.ariaPosInSet - other.ariaPosInSet)
  .map((row) => row.dataset.coin)
"""
PLACES = """
(box) => Object.fromEntries([...box.querySelectorAll(".row[data-coin]")]
  .map((row) => [row.dataset.coin, row.getBoundingClientRect().top]))
"""
FOCUSED = """
() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at?.ariaLabel;
}
"""
NAMES = ("Price change", "Volume change", "Stability", "Market cap", "Social standing")
HOSTILE = "<img src=x onerror=window.hacked=1>"


def opened(visit: Visit, server: Server, query: str = "", width: int = 1280) -> Page:
    page = visit(f"{server.url}/weights{query}", width=width)
    fresh(page)
    return page


def fresh(page: Page) -> None:
    """Wait until everything on the page is up to date with the weights on screen."""
    expect(page.locator(".rows[data-bands=fresh]")).to_be_visible()


def slider(page: Page, index: int) -> Locator:
    return page.locator("input[type=range]").nth(index)


def typed(page: Page, index: int) -> Locator:
    return page.locator(".weight input[type=text]").nth(index)


def lock(page: Page, index: int) -> Locator:
    return page.locator(".lock").nth(index)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def on_screen(page: Page) -> list[float]:
    return [float(box.input_value()) for box in page.locator(".weight input[type=text]").all()]


def order(page: Page) -> list[str]:
    coins: list[str] = page.locator(".rows").evaluate(ORDER)
    return coins


def ranked(server: Server, weights: Sequence[float]) -> list[str]:
    """The ids of the coins as Python ranks them."""
    text = ",".join(map(repr, weights))
    page = server.api(f"cryptocurrencies/?weights={text}&page_size=250")
    return [row["coin_id"] for row in page["results"]]


def assert_ranked_as_in_python(page: Page, server: Server) -> None:
    shown = order(page)
    assert len(shown) > 10
    assert shown == ranked(server, on_screen(page))[: len(shown)]


def grasp(page: Page, index: int) -> tuple[float, float, float]:
    """Press on a handle; where its way begins, how high, and how long it is."""
    handle = slider(page, index)
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    assert box is not None
    left, y, length = box["x"] + 8, box["y"] + box["height"] / 2, box["width"] - 16
    share = float(handle.input_value()) / 100
    is_rtl = handle.evaluate("(node) => getComputedStyle(node).direction") == "rtl"
    page.mouse.move(left + length * (1 - share if is_rtl else share), y)
    page.mouse.down()
    return left, y, length


# Dragging


@pytest.mark.quick
def test_the_order_changes_while_the_handle_moves_as_in_python(
    visit: Visit, simulated: Server
) -> None:
    page = opened(visit, simulated)
    at_first = order(page)
    assert on_screen(page) == DEFAULT
    sent: list[object] = []
    left, y, length = grasp(page, 0)

    orders = []
    for share in range(27, 92, 4):
        page.mouse.move(left + length * share / 100, y)
        assert on_screen(page)[0] == share
        assert sum(on_screen(page)) == pytest.approx(100)
        assert_ranked_as_in_python(page, simulated)
        orders.append(order(page))
        expect(page.locator(".rows")).to_have_attribute("data-bands", "old")
        sent.append(asked(page).get("w"))
    assert orders[0] != at_first or orders[1] != at_first
    assert len({tuple(one) for one in orders}) > 8
    assert set(sent) == {None}

    page.mouse.up()
    fresh(page)
    assert order(page) == orders[-1]
    address_holds(page, w=",".join(f"{weight:g}" for weight in on_screen(page)))


def test_rows_glide_to_their_places_unless_the_reader_wants_none_of_it(
    visit: Visit, simulated: Server
) -> None:
    page = opened(visit, simulated)
    for motion in ("no-preference", "reduce"):
        page.emulate_media(reduced_motion=motion)
        before = page.locator(".rows").evaluate(PLACES)
        with_keys = slider(page, 4)
        with_keys.press("End" if motion == "reduce" else "Home")
        at_once = page.locator(".rows").evaluate(PLACES)
        page.wait_for_timeout(600)
        at_rest = page.locator(".rows").evaluate(PLACES)
        moved = [coin for coin in at_rest if at_rest[coin] != before.get(coin, at_rest[coin])]
        assert moved
        is_gliding = any(at_once[coin] != at_rest[coin] for coin in moved if coin in at_once)
        assert is_gliding == (motion == "no-preference")
        assert_ranked_as_in_python(page, simulated)


def test_moves_are_told_against_the_saved_weights(visit: Visit, simulated: Server) -> None:
    page = opened(visit, simulated)
    expect(page.get_by_role("heading", name="No coin changes rank")).to_be_visible()
    saved = ranked(simulated, DEFAULT)
    button(page, "Momentum").click()
    now = ranked(simulated, on_screen(page))
    changed = sum(saved.index(coin) != place for place, coin in enumerate(now))
    heading = f"{changed} of {len(now)} coins change rank"
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    for place, coin in enumerate(now[:5]):
        gained = saved.index(coin) - place
        text = f"{'▲' if gained > 0 else '▼'} {abs(gained)}" if gained else "·"
        expect(page.locator(f".row[data-coin={coin}] .move")).to_have_text(text)


def test_ranks_are_announced_once_things_rest(visit: Visit, simulated: Server) -> None:
    page = opened(visit, simulated)
    spoken = page.locator("[aria-live=polite].spoken")
    expect(spoken).to_be_empty()
    button(page, "Momentum").click()
    leaders = [row["symbol"] for row in simulated.everything()]
    expect(spoken).to_have_text(re.compile(r"\S+ 1, \S+ 2, \S+ 3; \d+ of \d+ coins change rank"))
    first = re.sub("[\u2068\u2069]", "", spoken.inner_text()).split(" ", maxsplit=1)[0]
    assert first in leaders


# Weights by other means


@pytest.mark.quick
def test_keys_move_a_handle_and_keep_it(visit: Visit, simulated: Server) -> None:
    page = opened(visit, simulated)
    handle = slider(page, 1)
    for key, share in (("ArrowUp", 21), ("ArrowRight", 22), ("PageUp", 32), ("ArrowLeft", 31)):
        handle.press(key)
        assert on_screen(page)[1] == share
        assert_ranked_as_in_python(page, simulated)
    fresh(page)
    page.wait_for_timeout(1000)
    assert page.evaluate(FOCUSED) == "Volume change"
    handle.press("ArrowDown")
    handle.press("End")
    assert on_screen(page) == [0, 100, 0, 0, 0]
    handle.press("Home")
    assert on_screen(page)[1] == 0
    assert sum(on_screen(page)) == pytest.approx(100)


def test_a_locked_weight_stays(visit: Visit, simulated: Server) -> None:
    page = opened(visit, simulated)
    lock(page, 3).click()
    expect(lock(page, 3)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("Market cap is locked, so the others give way.")).to_be_visible()
    expect(slider(page, 3)).to_be_disabled()
    slider(page, 0).press("End")
    assert on_screen(page) == [85, 0, 0, 15, 0]
    for index in (0, 1, 2):
        lock(page, index).click()
    expect(page.get_by_text("so nothing can move")).to_be_visible()
    for index in range(5):
        expect(slider(page, index)).to_be_disabled()
    lock(page, 0).click()
    slider(page, 0).press("PageDown")
    assert on_screen(page) == [75, 0, 0, 15, 10]


@pytest.mark.quick
def test_values_can_be_typed_in_any_digits(visit: Visit, simulated: Server) -> None:
    page = opened(visit, simulated)
    for text, share in (("40", 40), ("۱۲٫۵", 12.5), ("7,5", 7.5), ("400", 100), ("0", 0)):
        typed(page, 2).fill(text)
        typed(page, 2).press("Enter")
        assert on_screen(page)[2] == share
        assert_ranked_as_in_python(page, simulated)
    for text in ("", "much", "-5", "1e2", "Infinity"):
        typed(page, 2).fill(text)
        typed(page, 2).press("Enter")
        assert on_screen(page)[2] == 0


def test_undo_goes_back_step_by_step_and_reset_to_the_saved_weights(
    visit: Visit, simulated: Server
) -> None:
    page = opened(visit, simulated)
    expect(button(page, "Undo")).to_be_disabled()
    expect(button(page, "Reset")).to_be_disabled()
    left, y, length = grasp(page, 0)
    page.mouse.move(left + length * 0.5, y, steps=5)
    page.mouse.up()
    dragged = on_screen(page)
    button(page, "Social").click()
    assert on_screen(page) == [15, 10, 15, 10, 50]
    button(page, "Undo").click()
    assert on_screen(page) == dragged
    button(page, "Undo").click()
    assert on_screen(page) == DEFAULT
    expect(button(page, "Undo")).to_be_disabled()

    button(page, "Social").click()
    lock(page, 1).click()
    button(page, "Reset").click()
    assert on_screen(page) == DEFAULT
    expect(lock(page, 1)).to_have_attribute("aria-pressed", "false")
    fresh(page)
    address_holds(page, w=None)
    button(page, "Undo").click()
    assert on_screen(page) == [15, 10, 15, 10, 50]


def test_what_is_being_typed_is_left_alone(visit: Visit, simulated: Server) -> None:
    page = opened(visit, simulated)
    slider(page, 0).press("ArrowUp")
    typed(page, 2).fill("4")
    fresh(page)
    page.wait_for_timeout(500)
    expect(typed(page, 2)).to_have_value("4")
    typed(page, 2).press("Enter")
    assert on_screen(page)[2] == 4


# Presets, default, link, download


def test_presets_of_ones_own_are_kept_until_deleted(visit: Visit, simulated: Server) -> None:
    page = opened(visit, simulated)
    expect(button(page, "Default")).to_have_attribute("aria-pressed", "true")
    typed(page, 4).fill("55")
    typed(page, 4).press("Enter")
    mine = on_screen(page)
    page.get_by_role("button", name="Save as preset").click()
    page.keyboard.type("crc <b>R</b>")
    page.keyboard.press("Enter")
    pill = button(page, "crc <b>R</b>")
    expect(pill).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("status").get_by_text("Saved as")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.goto(f"{simulated.url}/weights")
    settled(page)
    fresh(page)
    assert on_screen(page) == DEFAULT
    pill.click()
    assert on_screen(page) == mine
    assert_ranked_as_in_python(page, simulated)
    fresh(page)
    page.get_by_role("button", name="Delete").click()
    expect(pill).to_have_count(0)
    assert on_screen(page) == mine


@pytest.mark.parametrize("name", ["", "x" * 41, "Momentum"])
def test_a_preset_needs_a_good_name(visit: Visit, simulated: Server, name: str) -> None:
    page = opened(visit, simulated)
    page.get_by_role("button", name="Save as preset").click()
    field = page.get_by_role("textbox", name="Preset name")
    field.evaluate("(node) => node.removeAttribute('maxlength')")
    field.fill(name)
    field.press("Enter")
    expect(page.get_by_text("The preset was not saved")).to_be_visible()
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)


@pytest.mark.quick
def test_the_default_is_saved_and_ranks_everywhere(visit: Visit, simulated: Server) -> None:
    page = opened(visit, simulated)
    button(page, "Momentum").click()
    fresh(page)
    try:
        button(page, "Save as default").click()
        expect(page.get_by_text("Saved. The ranking now uses these weights.")).to_be_visible()
        expect(page.get_by_role("heading", name="No coin changes rank")).to_be_visible()
        first = simulated.api("cryptocurrencies/?page_size=250")["results"]
        assert [row["coin_id"] for row in first] == ranked(simulated, [40, 35, 5, 10, 10])
    finally:
        button(page, "Default").click()
        button(page, "Save as default").click()
        expect(page.get_by_role("heading", name="No coin changes rank")).to_be_visible()


def test_without_a_login_nothing_is_saved(visit: Visit, simulated: Server) -> None:
    page = visit(f"{simulated.url}/weights", is_admin=False)
    fresh(page)
    expect(button(page, "Save as default")).to_be_disabled()
    expect(page.get_by_text("Log in as an admin to do this.")).to_be_visible()
    more = page.get_by_role("button", name="Save as preset")
    expect(more).to_be_disabled()
    expect(more).to_have_attribute("title", "Log in to do this.")


def test_a_link_carries_the_weights(visit: Visit, simulated: Server) -> None:
    page = opened(visit, simulated)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    typed(page, 0).fill("33.3")
    typed(page, 0).press("Enter")
    shown, wanted = order(page), on_screen(page)
    button(page, "Copy link").click()
    expect(page.get_by_text("Link copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{simulated.url}/weights?w=33.3,")
    other = visit(link)
    fresh(other)
    assert on_screen(other) == wanted
    assert order(other) == shown


def test_any_proportions_make_a_link(visit: Visit, simulated: Server) -> None:
    page = opened(visit, simulated, "?w=1,2,3,4,5")
    assert on_screen(page) == [6.7, 13.3, 20, 26.7, 33.3]
    shown = order(page)
    assert shown == ranked(simulated, [1, 2, 3, 4, 5])[: len(shown)]
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


@pytest.mark.parametrize(
    ("weights", "why"),
    [
        ("25,-20,25,15,15", "it contains a negative number"),
        ("nan,20,25,15,15", "it contains a number that is not finite"),
        ("1e400,20,25,15,15", "it contains a number that is not finite"),
        ("1e308,1e308,1e308,1,1", "its weights are too large"),
        ("25,20,25,15,15,5", "it does not hold a number for each factor"),
        ("25", "it does not hold a number for each factor"),
        ("", "it contains something that is not a number"),
        ("a lot,20,25,15,15", "it contains something that is not a number"),
        ("<b>,**,`,1,1", "it contains something that is not a number"),
        ("0,0,0,0,0", "all of its weights are zero"),
    ],
)
def test_a_bad_link_is_said_to_be_bad(
    visit: Visit, simulated: Server, weights: str, why: str
) -> None:
    page = opened(visit, simulated, f"?w={weights}")
    told = f"The weights in this link can't be used: {why}. These are the default weights."
    expect(page.get_by_test_id("stAlert")).to_have_text(re.compile(re.escape(told)))
    assert on_screen(page) == DEFAULT
    assert_ranked_as_in_python(page, simulated)


def test_weights_outlast_a_visit_to_another_page(visit: Visit, simulated: Server) -> None:
    page = opened(visit, simulated)
    button(page, "Momentum").click()
    fresh(page)
    page.get_by_role("link", name="Ranking").first.click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    page.get_by_role("link", name="Weights").first.click()
    fresh(page)
    assert on_screen(page) == [40, 35, 5, 10, 10]
    expect(page.get_by_role("heading", name="coins change rank")).to_be_visible()


def test_the_file_holds_the_ranking_on_screen(visit: Visit, simulated: Server) -> None:
    page = opened(visit, simulated)
    typed(page, 2).fill("61")
    typed(page, 2).press("Enter")
    fresh(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download ranking as CSV").click()
    file = pd.read_csv(io.BytesIO(waiting.value.path().read_bytes()))
    weights = on_screen(page)
    assert file["coin_id"].tolist() == ranked(simulated, weights)
    assert file[[f"weight_{name}" for name in FACTOR_KEYS]].iloc[0].tolist() == weights
    assert (file["band_low"] <= file["band_high"]).all()


# Why, and how sure


@pytest.mark.quick
def test_why_adds_up_to_the_score(visit: Visit, simulated: Server) -> None:
    page = opened(visit, simulated)
    third = page.locator(".row[aria-posinset='3']")
    symbol = third.locator(".open").inner_text()
    third.click()
    expect(third).to_have_attribute("aria-selected", "true")
    fall = page.locator(".fall").first
    expect(fall.locator("h3")).to_have_text(re.compile(f"{symbol}.* rank 3"))
    *parts, total = fall.locator(".points").all_inner_texts()
    assert sum(float(part) for part in parts if part != "—") == pytest.approx(float(total), abs=0.3)
    assert total == third.locator(".score").inner_text()

    everything = simulated.everything()
    other = everything[7]
    page.get_by_label("Compare with").select_option(
        f"\u2068{other['symbol']} {other['name']}\u2069"
    )
    second = page.locator(".fall").nth(1)
    expect(second.locator("h3")).to_have_text(re.compile(f"{other['symbol']}.* rank 8"))
    told = page.locator(".swap").inner_text()
    assert re.search(f"{other['symbol']}.? overtakes .?{symbol}|No change to a single weight", told)


def test_the_weight_that_is_said_to_swap_two_coins_does(visit: Visit, simulated: Server) -> None:
    page = opened(visit, simulated)
    for place in range(2, 12):
        page.locator(f".row[aria-posinset='{place}']").click()
        told = re.sub("[\u2068\u2069]", "", page.locator(".swap").inner_text())
        found = re.match(
            r"(\S+) overtakes (\S+) when (.+) has a weight of ([\d.]+) instead of ([\d.]+), the",
            told,
        )
        if found is None:
            continue
        index = [name.lower() for name in NAMES].index(found[3])
        to, was = float(found[4]), float(found[5])
        symbols = [row["symbol"] for row in simulated.everything()]
        assert symbols.index(found[1]) > symbols.index(found[2])
        typed(page, index).fill(f"{to + (0.1 if to > was else -0.1):.1f}")
        typed(page, index).press("Enter")
        falls = page.locator(".fall h3").all_inner_texts()
        ranks = {re.sub("[\u2068\u2069]", "", text).split()[0]: text.split()[-1] for text in falls}
        assert int(ranks[found[1]]) < int(ranks[found[2]])
        return
    pytest.fail("no pair of coins could swap places")


def test_a_row_can_be_chosen_with_the_keyboard(visit: Visit, simulated: Server) -> None:
    page = opened(visit, simulated)
    coins = ranked(simulated, DEFAULT)
    box = page.get_by_role("listbox", name="Ranking")
    for key, place in (("ArrowDown", 0), ("ArrowDown", 1), ("End", len(coins) - 1), ("Home", 0)):
        box.press(key)
        active = box.get_attribute("aria-activedescendant")
        row = page.locator(f"[id='{active}']")
        expect(row).to_have_attribute("data-coin", coins[place])
        expect(row).to_be_in_viewport()
    box.press("PageDown")
    box.press("Enter")
    chosen = page.locator(".row[aria-selected=true]")
    assert int(chosen.get_attribute("aria-posinset") or 0) > 5
    expect(page.locator(".fall").first).to_have_attribute(
        "data-coin", chosen.get_attribute("data-coin") or ""
    )


def test_every_coin_can_be_scrolled_to(visit: Visit, simulated: Server) -> None:
    page = opened(visit, simulated)
    coins = ranked(simulated, DEFAULT)
    assert page.locator(".row").count() < 60
    page.locator(".rows").evaluate("(box) => { box.scrollTop = box.scrollHeight; }")
    expect(page.locator(f".row[data-coin={coins[-1]}]")).to_be_in_viewport()
    slider(page, 0).press("End")
    last = ranked(simulated, on_screen(page))[-1]
    expect(page.locator(f".row[data-coin={last}]")).to_be_in_viewport()


def test_a_band_is_drawn_as_wide_as_it_is(visit: Visit, simulated: Server) -> None:
    page = opened(visit, simulated)
    count = len(ranked(simulated, DEFAULT))
    for row in page.locator(".row[data-coin]").all()[:8]:
        told = [int(end) for end in row.locator(".text").inner_text().split("–")]
        low, high = told[0], told[-1]
        style = row.locator(".axis").get_attribute("style") or ""
        ends = {name: float(value) for name, value in re.findall(r"--(\w+): ([\d.]+)%", style)}
        assert ends["low"] == pytest.approx((low - 1) / count * 100, abs=0.01)
        assert ends["high"] == pytest.approx(high / count * 100, abs=0.01)
        assert low <= high


# Languages, screens, news


@pytest.mark.quick
def test_in_persian_handles_grow_leftwards_as_the_bars_do(visit: Visit, simulated: Server) -> None:
    page = opened(visit, simulated, "?lang=fa")
    expect(typed(page, 0)).to_have_value("۲۵")
    left, y, length = grasp(page, 0)
    page.mouse.move(left + length * 0.4, y, steps=4)
    expect(typed(page, 0)).to_have_value("۶۰")
    page.mouse.up()
    fresh(page)
    slider(page, 0).press("ArrowLeft")
    expect(typed(page, 0)).to_have_value("۶۱")
    slider(page, 0).press("ArrowUp")
    expect(typed(page, 0)).to_have_value("۶۲")
    weights = [float(box.input_value()) for box in page.locator("input[type=range]").all()]
    shown = order(page)
    assert shown == ranked(simulated, weights)[: len(shown)]
    told = page.locator(".list").inner_text() + page.locator(".why").inner_text()
    figures = re.sub(r"[A-Z][\w&'. -]*", "", told)
    assert not re.search("[0-9]", figures)
    address_holds(page, lang="fa")


@pytest.mark.parametrize("query", ["", "?lang=fa"])
def test_nothing_sticks_out_on_a_phone(visit: Visit, simulated: Server, query: str) -> None:
    page = opened(visit, simulated, query, width=380)
    width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= 380
    for selector in (".weight", ".row", ".line", ".actions", ".pills"):
        for node in page.locator(selector).all()[:6]:
            box = node.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 380
    slider(page, 0).press("PageUp")
    assert float(slider(page, 0).input_value()) == 35


@pytest.mark.quick
def test_a_new_snapshot_keeps_weights_and_choices(visit: Visit, live: Live) -> None:
    page = opened(visit, live.server)
    button(page, "Social").click()
    lock(page, 2).click()
    slider(page, 0).press("PageUp")
    page.locator(".row[aria-posinset='4']").click()
    chosen = page.locator(".row[aria-selected=true]").get_attribute("data-coin") or ""
    fresh(page)
    before, weights = order(page), on_screen(page)
    rows = capture("2024-08-10")
    hostile = next(row["id"] for row in rows if row["id"] == chosen)
    wild = [
        row | {"name": HOSTILE, "symbol": HOSTILE[:9]} if row["id"] == hostile else row
        for row in rows
    ]
    assert live.refresh(wild, 7_200) == "stored"
    expect(page.locator(".fall h3").first).to_contain_text(HOSTILE[:9].upper(), timeout=30_000)
    fresh(page)
    assert order(page) != before
    assert on_screen(page) == weights
    expect(lock(page, 2)).to_have_attribute("aria-pressed", "true")
    assert_ranked_as_in_python(page, live.server)
    expect(page.locator(".row[aria-selected=true]")).to_have_attribute("data-coin", chosen)
    expect(page.locator(".row[aria-selected=true] .coin")).to_have_attribute("title", HOSTILE)
    assert page.evaluate("window.hacked") is None


def test_another_language_keeps_the_weights(visit: Visit, simulated: Server) -> None:
    page = opened(visit, simulated)
    button(page, "Momentum").click()
    fresh(page)
    shown = order(page)
    page.get_by_test_id("stButtonGroup").get_by_text("فارسی").click()
    expect(typed(page, 0)).to_have_value("۴۰")
    fresh(page)
    assert order(page) == shown
