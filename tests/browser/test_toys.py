"""A feature and a market that the package does not know, as a reader sees them."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.pages import Visit, grid, loosely, settled
from tests.browser.servers import is_ready, serving
from tests.toys.pebbles import NAME, TOY

pytestmark = pytest.mark.browser


@pytest.mark.quick
def test_their_page_their_coins_and_their_words_are_shown(tmp_path: Path, visit: Visit) -> None:
    with serving("tests/toys/app.py", tmp_path, is_ready, COINTRACKER_SOURCE=NAME) as server:
        page = visit(f"{server.url}/")
        assert [name.split()[-1] for name in grid(page)["Coin"]] == [
            "Agate",
            "Basalt",
            "Chert",
            "Diorite",
        ]
        expect(page.get_by_text(TOY.attribution[NAME])).to_be_visible()
        expect(page.get_by_text(loosely("Source: The quarry"))).to_be_visible()
        page.get_by_role("link", name="Notes").click()
        settled(page)
        expect(page.get_by_role("heading", name="Notes")).to_be_visible()
        page.goto(f"{server.url}/settings")
        settled(page)
        expect(page.get_by_text("Notes to keep")).to_be_visible()
        page.goto("about:blank")
