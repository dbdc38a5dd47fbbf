"""A coin's details, from CoinGecko's body to plain words; each bad field is left out alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cointracker.core.errors import (
    AccessRefused,
    MalformedAnswer,
    NotFound,
    RateLimited,
    SourceError,
    SourceUnreachable,
)
from cointracker.providers.base import CoinDetails, Priority
from cointracker.providers.coingecko.details import link, read_details
from cointracker.providers.coingecko.source import CoinGecko
from cointracker.providers.text import plain_text
from tests.fakes import NOON, FakeClock
from tests.faults import HTML, NO_ANSWER, FaultServer, Reply, json_reply
from tests.recordings import recordings

GOOD: dict[str, Any] = {
    "id": "acorn",
    "description": {"en": "An <b>acorn</b>."},
    "links": {
        "homepage": ["", "https://acorn.example/", "https://other.example"],
        "blockchain_site": ["https://scan.example/acorn", ""],
        "repos_url": {"github": ["https://github.com/acorn/acorn"], "bitbucket": []},
    },
    "categories": ["Nuts", None, "Nuts", " Oaks\u200b"],
    "genesis_date": "2009-01-03",
    "sentiment_votes_up_percentage": 84.07,
    "watchlist_portfolio_users": 1541900,
}
TOLD = CoinDetails(
    coin_id="acorn",
    source="coingecko",
    fetched_at=NOON,
    description="An acorn.",
    homepage="https://acorn.example/",
    blockchain_site="https://scan.example/acorn",
    github_url="https://github.com/acorn/acorn",
    categories=("Nuts", "Oaks"),
    genesis_date=date(2009, 1, 3),
    sentiment_up_pct=84.07,
    watchlist_users=1541900,
)


def recorded() -> list[dict[str, Any]]:
    bodies = []
    for path in sorted((recordings() / "coingecko" / "coin_detail").glob("*.json")):
        body = json.loads(path.read_bytes())
        bodies += body if isinstance(body, list) else [body]
    return bodies


def test_every_recorded_coin_comes_whole(gecko: CoinGecko, server: FaultServer) -> None:
    bodies = recorded()
    assert len(bodies) == 49
    for body in bodies:
        server.say(json_reply(body))
        told = gecko.fetch_details(body["id"])
        assert told.rejections == ()
        assert (told.coin_id, told.source, told.fetched_at) == (body["id"], "coingecko", NOON)
        links = body.get("links", {})
        for ours, theirs in (
            (told.homepage, links.get("homepage", [])),
            (told.blockchain_site, links.get("blockchain_site", [])),
            (told.github_url, links.get("repos_url", {}).get("github", [])),
        ):
            assert ours == next(filter(None, (text.strip() for text in theirs)), None)
        assert told.sentiment_up_pct == body.get("sentiment_votes_up_percentage")
        assert told.watchlist_users == body.get("watchlist_portfolio_users")
        assert [*told.categories] == list(filter(None, body.get("categories", [])))
        assert str(told.genesis_date) == str(body.get("genesis_date"))
        english = body.get("description", {}).get("en", "")
        assert bool(told.description) == bool(english)
        assert "<a" not in told.description
        assert told.description.split()[:1] == english.partition("<")[0].split()[:1]
    bitcoin = next(body for body in bodies if len(body.get("description", {}).get("en", "")) > 999)
    server.say(json_reply(bitcoin))
    paragraphs = gecko.fetch_details("bitcoin").description.split("\n\n")
    assert paragraphs[2].startswith("Bitcoin is designed to have only 21 million BTC ever created")
    assert "Bitcoin uses the SHA-256 hashing algorithm" in paragraphs[2]


class Asked:
    """A client that puts down for what it was asked."""

    def __init__(self) -> None:
        self.priorities: list[Priority] = []
        self.clock = FakeClock()

    def get(
        self, path: str, params: object, *, priority: Priority, read: Callable[[Any], Any]
    ) -> Any:
        self.priorities.append(priority)
        return read(GOOD if "market_chart" not in path else {"prices": []})


def test_what_is_asked_and_how_urgently(gecko: CoinGecko, server: FaultServer) -> None:
    server.say(json_reply(GOOD))
    assert gecko.fetch_details("acorn") == TOLD
    assert server.requests[0].path == "/coins/acorn"
    assert server.requests[0].query == {
        "localization": "false",
        "tickers": "false",
        "market_data": "true",
        "community_data": "true",
        "developer_data": "true",
    }
    asked = Asked()
    source = CoinGecko(asked)  # type: ignore[arg-type]
    source.fetch_details("acorn")
    source.fetch_chart("acorn", 90)
    assert asked.priorities == [Priority.DETAILS, Priority.BACKFILL]


@pytest.mark.parametrize(
    ("coin_id", "path"),
    [
        ("1move token", "/coins/1move%20token"),
        ("boringdao-[old]", "/coins/boringdao-%5Bold%5D"),
        ("a/../b?x=1#y", "/coins/a%2F..%2Fb%3Fx%3D1%23y"),
        ("کوین", "/coins/%DA%A9%D9%88%DB%8C%D9%86"),
        ("100%", "/coins/100%25"),
    ],
)
def test_ids_with_signs_in_them(
    gecko: CoinGecko, server: FaultServer, coin_id: str, path: str
) -> None:
    server.say(json_reply(GOOD | {"id": coin_id}))
    assert gecko.fetch_details(coin_id).coin_id == coin_id
    server.say(json_reply({"prices": []}))
    assert gecko.fetch_chart(coin_id, 90).empty
    assert [request.target.partition("?")[0] for request in server.requests] == [
        path,
        path + "/market_chart",
    ]


@pytest.mark.parametrize("coin_id", ["", ".", ".."])
def test_ids_that_would_lead_elsewhere(gecko: CoinGecko, server: FaultServer, coin_id: str) -> None:
    with pytest.raises(NotFound):
        gecko.fetch_details(coin_id)
    with pytest.raises(NotFound):
        gecko.fetch_chart(coin_id, 90)
    assert server.requests == []


# What fails


def error_of(name: str) -> Reply:
    body = json.loads((recordings() / "coingecko" / "errors" / name).read_bytes())
    if "body_text" not in body:
        return Reply(json.dumps(body).encode(), 401)
    return Reply(body["body_text"].encode(), body["status"])


FAILURES: list[tuple[Callable[[], Reply], type[SourceError]]] = [
    (lambda: error_of("http404_coin_not_found_2022-04-07.json"), NotFound),
    (lambda: error_of("http401_history_over_365d_2024-04-20.json"), AccessRefused),
    (lambda: Reply(b"", 429), RateLimited),
    (lambda: HTML, MalformedAnswer),
    (lambda: NO_ANSWER, SourceUnreachable),
    (lambda: json_reply([GOOD]), MalformedAnswer),
    (lambda: json_reply(17), MalformedAnswer),
    (lambda: json_reply({}), MalformedAnswer),
    (lambda: json_reply(GOOD | {"id": None}), MalformedAnswer),
    (lambda: json_reply(GOOD | {"id": "oak"}), MalformedAnswer),
]


@pytest.mark.parametrize(("reply", "error"), FAILURES)
def test_no_details(
    gecko: CoinGecko, server: FaultServer, reply: Callable[[], Reply], error: type[SourceError]
) -> None:
    server.say(reply())
    with pytest.raises(error):
        gecko.fetch_details("acorn")


# One bad field

BAD: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    ({"description": "text"}, "description", {"description": ""}),
    ({"description": {"en": 17}}, "description.en", {"description": ""}),
    ({"links": []}, "links", {"homepage": None, "blockchain_site": None, "github_url": None}),
    ({"categories": "Nuts"}, "categories", {"categories": ()}),
    ({"genesis_date": "2009-02-30"}, "genesis_date", {"genesis_date": None}),
    ({"genesis_date": 17}, "genesis_date", {"genesis_date": None}),
    ({"genesis_date": "2026-03-10"}, "genesis_date", {"genesis_date": None}),
    ({"genesis_date": "1969-12-31"}, "genesis_date", {"genesis_date": None}),
    ({"watchlist_portfolio_users": -1}, "watchlist_portfolio_users", {"watchlist_users": None}),
    ({"watchlist_portfolio_users": 2**53}, "watchlist_portfolio_users", {"watchlist_users": None}),
    ({"watchlist_portfolio_users": "9"}, "watchlist_portfolio_users", {"watchlist_users": None}),
    *[
        (
            {"sentiment_votes_up_percentage": value},
            "sentiment_votes_up_percentage",
            {"sentiment_up_pct": None},
        )
        for value in (-0.1, 100.1, "84", True, float("nan"), float("inf"))
    ],
    *[
        (
            {"links": GOOD["links"] | {"homepage": value}},
            "links.homepage",
            {"homepage": None},
        )
        for value in (
            17,
            {"a": 1},
            "javascript:alert(1)",
            ["javascript:alert(1)"],
            [17],
            ["ftp://a.example"],
            ["//a.example"],
            ["a.example"],
            ["https://"],
            ["http://a b.example"],
            ["data:text/html,x"],
            ["https://good.example@evil.example"],
            ["https://a.example:99999"],
            ["https://[::1"],
            ['https://a.example/"onclick="x'],
            ["https://a.example/<script>"],
            ["https://a.example/\u202egpj"],
            ["https://a.example/" + "x" * 2000],
            ["https:\\\\a.b"],
        )
    ],
    (
        {"links": GOOD["links"] | {"repos_url": {"github": ["x"]}}},
        "links.repos_url.github",
        {"github_url": None},
    ),
]


@pytest.mark.parametrize(("changed", "field", "lost"), BAD)
def test_a_bad_field_costs_no_other(
    changed: dict[str, Any], field: str, lost: dict[str, Any]
) -> None:
    told = read_details(GOOD | changed, "coingecko", NOON)
    assert vars(told) | {"rejections": ()} == vars(TOLD) | lost
    (rejection,) = told.rejections
    assert (rejection.coin_id, rejection.field) == ("acorn", field)
    assert rejection.reason


def test_two_bad_fields() -> None:
    told = read_details(GOOD | {"links": 5, "categories": 5}, "coingecko", NOON)
    assert [rejection.field for rejection in told.rejections] == ["links", "categories"]
    assert told.sentiment_up_pct == 84.07


def test_what_is_not_told_is_missing() -> None:
    nothing = CoinDetails("acorn", "coingecko", NOON)
    for body in ({"id": "acorn"}, dict.fromkeys(GOOD) | {"id": "acorn"}):
        assert read_details(body, "coingecko", NOON) == nothing


def test_the_first_link_that_is_one_is_taken() -> None:
    links = ["", None, "javascript:alert(1)", " HTTP://A.example/x?y=(1)#z ", "https://b.example"]
    told = read_details(GOOD | {"links": {"homepage": links}}, "coingecko", NOON)
    assert (told.homepage, told.rejections) == ("HTTP://A.example/x?y=(1)#z", ())


text = st.text(st.characters(exclude_categories=()), max_size=30)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | text
anything = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(text, inner))
bodies = st.fixed_dictionaries(
    {"id": st.just("acorn")},
    optional={
        "description": anything | st.fixed_dictionaries({"en": anything}),
        "links": anything
        | st.fixed_dictionaries(
            {},
            optional={
                "homepage": anything | st.lists(text.map("https://".__add__)),
                "repos_url": anything | st.fixed_dictionaries({"github": anything}),
            },
        ),
        **dict.fromkeys(list(GOOD)[3:], anything),
    },
)


@given(bodies)
def test_no_json_breaks_the_checks_and_what_passes_is_sound(body: dict[str, Any]) -> None:
    told = read_details(body, "coingecko", NOON)
    for field in fields(told):
        value = getattr(told, field.name)
        if isinstance(value, str):
            value.encode()
        if field.name in ("homepage", "blockchain_site", "github_url"):
            assert value is None or link(value)
    assert told.sentiment_up_pct is None or 0 <= told.sentiment_up_pct <= 100
    for rejection in told.rejections:
        (rejection.field + rejection.value + rejection.reason).encode()


# HTML


@pytest.mark.parametrize(
    ("markup", "plain"),
    [
        ("", ""),
        ("One.\r\n\r\nTwo\n three.", "One.\n\nTwo\n\nthree."),
        ("a<p>b</p>c<br/>d<ul><li>e<li>f</ul>", "a\n\nb\n\nc\n\nd\n\ne\n\nf"),
        ("x <a href='javascript:alert(1)' onclick=y>link</a>  z", "x link z"),
        ("a<script>alert('<b>')</script>b<style>p{}</style>c", "abc"),
        ("a<script>alert(1)", "a"),
        ("a<ScRiPt src=//evil.example></sCrIpT >b", "ab"),
        ("<scr<script>ipt>alert(1)</script>", "ipt>alert(1)"),
        ("<svg onload=x><text>no</text></svg><img src=x onerror=alert(1)>yes", "yes"),
        ("<iframe srcdoc='<b>'>no</iframe><!-- no --><template>no</template>yes", "yes"),
        ("&lt;script&gt; &amp;amp; &copy; &#x41; 1 < 2 <3 &", "<script> &amp; © A 1 < 2 <3 &"),
        ("tab\tand\u00a0space \u202e\u200bzero\x00", "tab and space zero"),
        ("\ud800half", "?half"),
    ],
)
def test_markup_as_text(markup: str, plain: str) -> None:
    assert plain_text(markup, 1000) == plain


def test_a_long_description_is_cut() -> None:
    assert plain_text("x" * 10_000, 10_000) == "x" * 10_000
    assert plain_text("x" * 10_001, 10_000) == "x" * 9_999 + "…"
    told = read_details(GOOD | {"description": {"en": "word " * 99_999}}, "coingecko", NOON)
    assert len(told.description) in (9_999, 10_000)
    assert told.description.endswith("word…")


PIECES = ["<", ">", "a", "<a ", "<script>", "</script>", "<!--", "-->", "&lt;", "<svg>", "<p", '"']


@given(st.lists(st.sampled_from(PIECES)).map("".join) | st.text())
def test_no_markup_breaks_it(markup: str) -> None:
    plain = plain_text(markup, 100)
    assert len(plain) <= 100
    assert plain == plain.strip()
