"""What a hostile market and a curious reader get: markup stays text, secrets stay here."""

from __future__ import annotations

import json
import urllib.request
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from cointracker.bootstrap.features import FEATURES
from tests.browser.conftest import DAYS
from tests.browser.pages import Visit, heard, loosely, opened, saved, settled
from tests.browser.servers import (
    COOKIE,
    COOKIES,
    PASSWORD,
    Gecko,
    Live,
    capture,
    is_ready,
    serving_live,
)
from tests.faults import FaultServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]

IMAGE = "<img src=x onerror=window.hacked=1>"
LINK = "[coin](javascript:window.hacked=1) :material/home: $x$"
FORMULA = '=HYPERLINK("http://127.0.0.1/","coin")'
NAMES = (IMAGE, LINK, FORMULA)
KEYS = {
    "COINTRACKER_COINGECKO_KEY": "CG-a-key-that-is-nobodys-business",
    "COINTRACKER_STANDING_URL_1": "http://127.0.0.1:9/standing?token=a-token-in-an-address",
    "COINTRACKER_LUNARCRUSH_KEY": "lunar-key-that-is-nobodys-business",
}
SECRETS = (
    KEYS["COINTRACKER_COINGECKO_KEY"],
    "a-token-in-an-address",
    KEYS["COINTRACKER_LUNARCRUSH_KEY"],
    PASSWORD,
)
HACKED = (
    "() => window.hacked || document.querySelectorAll('img[src=x], a[href^=javascript]').length"
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A dashboard with secrets, whose source sends names that are markup, links and formulas."""
    rows = capture(DAYS[-1])[:12]
    for row, name in zip(rows, NAMES, strict=False):
        row["name"] = name
    rows[0]["symbol"] = "<b>"
    with FaultServer() as faults:
        gecko = Gecko(faults, rows)
        gecko.told[rows[0]["id"]] = {
            "description": {"en": f"{IMAGE}<script>window.hacked=1</script>It is told."},
            "links": {"homepage": ["javascript:window.hacked=1"]},
        }
        folder = tmp_path_factory.mktemp("hostile")
        with serving_live(folder, gecko, is_ready, **KEYS) as live:
            yield live


def cookie(live: Live) -> str:
    """The value of the admin's cookie."""
    return next(one["value"] for one in COOKIES if live.url.startswith(one["url"]))


def pages_of(coin: str) -> list[str]:
    """Every page that an admin may see, each with something to show."""
    queries = {"coin": f"?coin={quote(coin)}"}
    return [f"{path}{queries.get(path, '')}" for path in FEATURES.pages if path != "login"]


def test_markup_of_a_source_and_of_a_preset_is_text_on_every_page(
    visit: Visit, hostile: Live
) -> None:
    page = visit(f"{hostile.url}/weights")
    page.get_by_role("button", name="Save as preset").click()
    name = page.get_by_role("textbox", name="Preset name")
    name.fill(IMAGE)
    name.press("Enter")
    expect(page.get_by_role("button", name=IMAGE, exact=True)).to_be_visible()
    coin = hostile.gecko.rows[0]["id"]
    for path in [*pages_of(coin), f"?q={quote(IMAGE)}", f"coin?coin={quote(IMAGE)}"]:
        for language in ("en", "fa"):
            page.goto(f"{hostile.url}/{path}{'&' if '?' in path else '?'}lang={language}")
            settled(page)
            assert page.evaluate(HACKED) == 0, path
    page.goto(f"{hostile.url}/coin?coin={quote(coin)}&lang=en")
    expect(page.locator(".ct-hero-name")).to_contain_text(loosely(IMAGE))
    page.set_viewport_size({"width": 380, "height": 800})
    page.goto(f"{hostile.url}/?lang=en")
    expect(page.locator(".ct-list").get_by_text(loosely(LINK))).to_be_visible()
    assert page.evaluate(HACKED) == 0


def test_no_secret_leaves_the_server(visit: Visit, hostile: Live) -> None:
    page = visit(f"{hostile.url}/")
    received = heard(page)
    page.on("response", lambda one: received.append(json.dumps(one.headers).encode()))
    for path in pages_of(hostile.gecko.rows[0]["id"]):
        page.goto(f"{hostile.url}/{path}")
        settled(page)
        received.append(page.content().encode())
    sent = b"\n".join([*received, *_files(page, hostile), *_answers(hostile)])
    sent += hostile.server.log.encode()
    assert len(sent) > 1_000_000
    assert IMAGE.encode() in sent, "what is searched holds what was sent"
    for secret in SECRETS:
        assert secret.encode() not in sent
    hash_of_a_password = b"$2b$"
    assert hash_of_a_password not in sent
    assert cookie(hostile).encode() not in sent


def _files(page: Page, live: Live) -> list[bytes]:
    """The downloads of the ranking, unpacked, and of the audit log."""
    page.goto(f"{live.url}/")
    opened(page, "Download")
    files = [saved(page, kind) for kind in ("CSV", "Excel", "Parquet")]
    with zipfile.ZipFile(BytesIO(files[1])) as book:
        files += [book.read(name) for name in book.namelist()]
    assert f"'{FORMULA}".replace('"', '""').encode() in files[0]
    return files


def _answers(live: Live) -> list[bytes]:
    """What every call that only reads answers to an admin, and what errors say."""
    coin = live.gecko.rows[0]["id"]
    paths = [path.replace("{coin}", coin) for method, path in FEATURES.routes() if method == "GET"]
    wrong = ["/api/nothing/", "/nothing", "/api/cryptocurrencies/?page=x", "/api/settings/%00"]
    return [_told(live, path) for path in [*paths, *wrong]] + [
        _told(live, "/api/settings/", {"api_key": KEYS["COINTRACKER_COINGECKO_KEY"], "x": 1}),
        _told(live, "/api/auth/login/", {"username": "admin", "password": 5}),
    ]


def _told(live: Live, path: str, body: Any = None) -> bytes:
    headers = {"Cookie": f"{COOKIE}={cookie(live)}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{live.url}{path}", data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.dumps(dict(answer.headers)).encode() + bytes(answer.read())
    except HTTPError as error:
        return bytes(error.read())
