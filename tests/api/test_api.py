"""The JSON API over a real database: its contract, and what is said when it fails."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from cointracker.api.app import build_routes
from cointracker.bootstrap.features import FEATURES
from cointracker.core.errors import SourceUnreachable
from cointracker.core.rights import SYSTEM
from cointracker.core.services import Services
from cointracker.core.settings import Settings
from cointracker.features.coin import store
from cointracker.features.coin.coin_data import CoinDataService
from cointracker.features.market.rankings import MarketService
from cointracker.features.monitoring.service import MonitoringService
from cointracker.ranking.weights import Weights
from cointracker.storage.database import Database
from tests.fakes import NOON, FakeClock, ListedSource, Pipeline, row
from tests.serving import served

COIN = [
    "id",
    "coin_id",
    "symbol",
    "name",
    "current_price",
    "price_change_24h",
    "price_change_percentage_24h",
    "volume_24h",
    "volume_change_24h",
    "market_cap",
    "rank",
    "rank_score",
    "standing",
    "last_updated",
    "rank_reason",
]
DETAIL = [
    "price_change_percentage_7d",
    "price_change_percentage_30d",
    "market_cap_rank",
    "circulating_supply",
    "total_supply",
    "max_supply",
    "ath",
    "ath_change_percentage",
    "ath_date",
    "atl",
    "atl_change_percentage",
    "atl_date",
    "description",
    "homepage",
    "blockchain_site",
    "github_url",
]
HEALTH = ["status", "ready", "source", "simulated", "snapshot_at", "age_seconds", "last_error"]
LIST = "/api/cryptocurrencies/"

FULL = row(
    "bitcoin",
    105.0,
    symbol="btc",
    name="<b>Bit & coin</b>",
    market_cap=1e12,
    market_cap_rank=1,
    total_volume=150.0,
    price_change_percentage_24h=5.0,
    price_change_percentage_7d_in_currency=7.0,
    price_change_percentage_30d_in_currency=30.0,
    circulating_supply=19.0,
    total_supply=20.0,
    max_supply=21.0,
    ath=126.0,
    ath_change_percentage=-16.6,
    ath_date="2025-10-06T18:57:42.558Z",
    atl=0.5,
    atl_change_percentage=20_900.0,
    atl_date="2013-07-06T00:00:00.000Z",
    last_updated="2026-03-09T11:59:30Z",
)
OTHERS = [row(f"coin-{n}", market_cap=10.0**n, price_change_percentage_24h=n) for n in (9, 8, 7)]
NOTHING = row("nothing", None)


PATIENT = Settings(calls_per_hour_anonymous=100_000)


def client_of(services: Services) -> TestClient:
    return TestClient(Starlette(routes=build_routes(lambda: services, FEATURES, PATIENT)))


@pytest.fixture(scope="module")
def filled(shared: Database) -> Services:
    """Five coins at noon, ranked in this order: bitcoin, coin-9, coin-8, coin-7, nothing."""
    pipeline = Pipeline(shared, FakeClock(NOON - timedelta(days=1)))
    pipeline.take(row("bitcoin", 100.0, total_volume=100.0))
    pipeline.clock.move(days=1)
    pipeline.take(NOTHING, FULL, *OTHERS, standings={"bitcoin": 3.0})
    return served(shared, ListedSource(pipeline.clock))


@pytest.fixture(scope="module")
def client(filled: Services) -> TestClient:
    """Asks about the five coins."""
    return client_of(filled)


@pytest.fixture
def source(clock: FakeClock) -> ListedSource:
    return ListedSource(clock, [FULL])


@pytest.fixture
def fresh(database: Database, source: ListedSource) -> Services:
    """Services before their first refresh."""
    return served(database, source)


def got(client: TestClient, path: str, status: int = 200, **headers: str) -> Any:
    """The answer's JSON, strictly read: no NaN and no Infinity."""
    answer = client.get(path, headers=headers)
    assert answer.status_code == status, answer.text
    assert "Traceback" not in answer.text

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(answer.content, parse_constant=refuse)


def ids(answer: dict[str, Any]) -> list[str]:
    return [coin["coin_id"] for coin in answer["results"]]


# The shapes


def test_a_page_has_the_fields_of_the_contract_and_no_others(client: TestClient) -> None:
    answer = got(client, LIST)
    assert list(answer) == ["count", "next", "previous", "results"]
    assert {tuple(coin) for coin in answer["results"]} == {tuple(COIN)}
    assert (answer["count"], answer["next"], answer["previous"]) == (5, None, None)


def test_the_figures_of_a_coin(client: TestClient) -> None:
    coin = got(client, LIST)["results"][0]
    score = coin.pop("rank_score")
    assert coin == {
        "id": 1,
        "coin_id": "bitcoin",
        "symbol": "BTC",
        "name": "<b>Bit & coin</b>",
        "current_price": 105.0,
        "price_change_24h": pytest.approx(5.0),
        "price_change_percentage_24h": 5.0,
        "volume_24h": 150.0,
        "volume_change_24h": pytest.approx(50.0),
        "market_cap": 1e12,
        "rank": 1,
        "standing": 3.0,
        "last_updated": "2026-03-09T11:59:30Z",
        "rank_reason": coin["rank_reason"],
    }
    assert score == pytest.approx(
        (25 * 22 + 20 * (50 + 80) / 5.8 + 15 * 100 + 15 * 99.7) / (25 + 20 + 15 + 15)
    )
    assert coin["rank_reason"].startswith(
        "High because of: market cap (100.0), social standing (99.7)"
    )


def test_the_facts_of_a_coin(client: TestClient) -> None:
    coin = got(client, f"{LIST}bitcoin/")
    assert sorted(coin) == sorted([*COIN, *DETAIL])
    assert (
        coin
        | {
            "price_change_percentage_7d": 7.0,
            "price_change_percentage_30d": 30.0,
            "market_cap_rank": 1,
            "circulating_supply": 19.0,
            "total_supply": 20.0,
            "max_supply": 21.0,
            "ath": 126.0,
            "ath_change_percentage": -16.6,
            "ath_date": "2025-10-06T18:57:42.558000Z",
            "atl": 0.5,
            "atl_change_percentage": 20_900.0,
            "atl_date": "2013-07-06T00:00:00Z",
            "description": None,
        }
        == coin
    )
    assert {name: coin[name] for name in COIN} == got(client, LIST)["results"][0]


@pytest.mark.parametrize("path", [LIST, f"{LIST}nothing/"])
def test_what_is_not_known_is_null_and_never_zero(client: TestClient, path: str) -> None:
    answer = got(client, path)
    coin = answer["results"][-1] if "results" in answer else answer
    told = {name: value for name, value in coin.items() if value is not None}
    number = coin["id"]
    assert told == {
        "id": number,
        "coin_id": "nothing",
        "symbol": "NOT",
        "name": "Nothing",
        "last_updated": "2026-03-09T12:00:00Z",
        "rank_reason": "",
    }


def test_a_coin_by_its_number(client: TestClient) -> None:
    for coin in got(client, LIST)["results"]:
        assert got(client, f"{LIST}{coin['id']}/")["coin_id"] == coin["coin_id"]


@pytest.mark.parametrize("asked", ["nobody", "0", "99", "BITCOIN", "%20", "' OR 1=1 --"])
def test_a_coin_that_is_not_there(client: TestClient, asked: str) -> None:
    assert got(client, f"{LIST}{asked}/", 404) == {"detail": "No such coin in this snapshot."}


# Pages


@pytest.mark.parametrize("size", [1, 2, 3, 5, 250])
def test_following_next_shows_each_coin_once(client: TestClient, size: int) -> None:
    seen: list[str] = []
    pages: list[str] = []
    path: str | None = f"{LIST}?page_size={size}&weights=0,0,0,1,0"
    while path:
        pages.append(path)
        answer = got(client, path)
        seen += ids(answer)
        assert answer["count"] == 5
        path = answer["next"]
    assert seen == ["bitcoin", "coin-9", "coin-8", "coin-7", "nothing"]
    assert len(pages) == -(-5 // size)
    if len(pages) > 1:
        assert ids(got(client, got(client, pages[1])["previous"])) == seen[:size]
        assert "weights=0" in pages[1]


def test_a_page_beyond_the_end_is_empty(client: TestClient) -> None:
    answer = got(client, f"{LIST}?page=99&page_size=2")
    assert (answer["results"], answer["count"], answer["next"]) == ([], 5, None)
    assert "page=98" in answer["previous"]


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=x",
        "page=1.5",
        "page=1" + "0" * 30,
        "page_size=0",
        "page_size=251",
    ],
)
def test_a_page_that_cannot_be(client: TestClient, query: str) -> None:
    answer = got(client, f"{LIST}?{query}", 400)
    assert list(answer) == ["status", "message", "errors"]
    assert answer["status"] == "error"
    assert list(answer["errors"]) == [query.partition("=")[0]]


# Weights


def test_other_weights_rank_otherwise(client: TestClient, filled: Services) -> None:
    answer = got(client, f"{LIST}?weights=100,0,0,0,0")
    expected = filled[MarketService].ranking(weights=Weights(100, 0, 0, 0, 0)).frame
    assert ids(answer) == expected["coin_id"].tolist()
    assert ids(answer)[:2] == ["coin-9", "coin-8"]
    assert answer["results"][0]["rank_score"] == pytest.approx((9 + 50) / 2.5)
    assert answer["results"][0]["rank_reason"] == "High because of: price change (23.6)"


@pytest.mark.parametrize(
    "weights", ["25,20,25,15,15", "0.25,0.2,0.25,0.15,0.15", "5e1,40,50,30,30"]
)
def test_only_the_proportions_matter(client: TestClient, weights: str) -> None:
    plain = got(client, LIST)["results"]
    other = got(client, f"{LIST}?weights={weights}")["results"]
    assert [coin["rank_score"] for coin in other] == pytest.approx(
        [coin["rank_score"] for coin in plain]
    )
    assert ids({"results": other}) == ids({"results": plain})


@pytest.mark.parametrize(
    "weights",
    [
        "-1,20,25,15,15",
        "nan,20,25,15,15",
        "1e400,20,25,15,15",
        "1,2,3,4,5,6",
        "1,2,3,4",
        "many",
        "",
        "1;2;3;4;5",
        "0,0,0,0,0",
        "1e308,1e308,0,0,0",
    ],
)
def test_weights_that_rank_nothing(client: TestClient, weights: str) -> None:
    answer = got(client, f"{LIST}?weights={weights}", 400)
    assert (answer["status"], list(answer["errors"])) == ("error", ["weights"])
    assert all(isinstance(problem, str) for problem in answer["errors"]["weights"])


# Instants


@pytest.mark.parametrize(
    ("at", "coins"),
    [
        ("2026-03-09T12:00:00Z", 5),
        ("2026-03-09T15:30:00%2B03:30", 5),
        ("2026-03-09T11:59:59.999Z", 1),
        ("2026-03-09T15:29:00%2B03:30", 1),
        ("2026-03-08T12:00:00-00:00", 1),
        ("9999-12-31T23:59:59-23:59", 5),
    ],
)
def test_the_ranking_at_an_instant(client: TestClient, at: str, coins: int) -> None:
    assert got(client, f"{LIST}?at={at}")["count"] == coins
    assert got(client, f"{LIST}bitcoin/?at={at}")["current_price"] == (
        105.0 if coins == 5 else 100.0
    )


@pytest.mark.parametrize("at", ["2026-03-08T11:59:59Z", "0001-01-01T00:00:00%2B23:59"])
def test_before_the_first_snapshot(client: TestClient, at: str) -> None:
    for path in (LIST, f"{LIST}bitcoin/"):
        assert list(got(client, f"{path}?at={at}", 404)) == ["detail"]


@pytest.mark.parametrize(
    "at", ["2026-03-09T12:00:00", "2026-03-09", "yesterday", "", "2026-02-30T00:00Z"]
)
def test_an_instant_without_an_offset_or_sense(client: TestClient, at: str) -> None:
    for path in (LIST, f"{LIST}bitcoin/"):
        assert list(got(client, f"{path}?at={at}", 400)["errors"]) == ["at"]


# Health


def test_health_before_and_after_the_first_refresh(
    fresh: Services, source: ListedSource, clock: FakeClock
) -> None:
    client = client_of(fresh)

    def health() -> dict[str, Any]:
        return got(client, "/api/health/")

    first = health()
    assert list(first) == HEALTH
    assert (first["status"], first["ready"], first["snapshot_at"]) == ("starting", False, None)
    assert (first["age_seconds"], first["last_error"]) == (None, None)
    assert (first["source"], first["simulated"]) == ("listed", False)

    source.error = SourceUnreachable("listed", "gone")
    fresh[MonitoringService].refresh("manual", by=SYSTEM)
    assert (health()["status"], health()["ready"]) == ("failing", False)
    assert health()["last_error"] == "gone"

    source.error = None
    fresh[MonitoringService].refresh("manual", by=SYSTEM)
    clock.move(seconds=90)
    assert health() == {
        "status": "ok",
        "ready": True,
        "source": "listed",
        "simulated": False,
        "snapshot_at": "2026-03-09T12:00:00Z",
        "age_seconds": 90.0,
        "last_error": None,
    }

    source.error = SourceUnreachable("listed", "gone")
    fresh[MonitoringService].refresh("manual", by=SYSTEM)
    assert (health()["status"], health()["ready"]) == ("failing", True)
    clock.move(minutes=10)
    assert (health()["status"], health()["age_seconds"]) == ("late", 690.0)


def test_before_the_first_refresh_there_is_nothing_to_list(fresh: Services) -> None:
    client = client_of(fresh)
    assert list(got(client, LIST, 404)) == ["detail"]
    assert list(got(client, f"{LIST}bitcoin/", 404)) == ["detail"]


# Languages


@pytest.mark.parametrize(
    ("asked", "begins"),
    [
        ("", "High because of: market cap (100.0)"),
        ("en-GB,fa;q=0.5", "High because of: market cap (100.0)"),
        ("de", "High because of: market cap (100.0)"),
        ("fa", "رتبه بالا به دلیل: ارزش بازار (۱۰۰٫۰)"),
        ("fa-IR,fa;q=0.9,en;q=0.8", "رتبه بالا به دلیل: ارزش بازار (۱۰۰٫۰)"),
    ],
)
def test_the_reason_is_in_the_readers_language(client: TestClient, asked: str, begins: str) -> None:
    for path in (LIST, f"{LIST}bitcoin/"):
        answer = got(client, path, **{"Accept-Language": asked})
        coin = answer["results"][0] if "results" in answer else answer
        assert coin["rank_reason"].startswith(begins)


# Documents


def test_the_contract_is_served(client: TestClient) -> None:
    contract = got(client, "/api/openapi.json")
    assert set(contract["paths"]) >= {"/health/", "/cryptocurrencies/", "/cryptocurrencies/{coin}/"}
    schemas = contract["components"]["schemas"]
    assert list(schemas["Coin"]["properties"]) == COIN
    assert list(schemas["Health"]["properties"]) == HEALTH
    answers = contract["paths"]["/cryptocurrencies/"]["get"]["responses"]
    assert set(answers) >= {"200", "400", "404", "429", "503"}
    every = [call for path in contract["paths"].values() for call in path.values()]
    assert not any("422" in call["responses"] for call in every)
    assert all(call["summary"] and call["description"] for call in every)
    assert set(contract["components"]["securitySchemes"]) == {"token", "session"}


def test_the_documents_need_no_other_host(client: TestClient) -> None:
    page = client.get("/api/docs")
    assert page.status_code == 200
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", page.text)
    assert not re.findall(r"https?://(?!testserver)", page.text)
    parts = re.findall(r"""(?:src|href)=["']([^"']+)""", page.text)
    assert len(parts) >= 2
    for part in parts:
        assert client.get(part).status_code == 200, part
    assert "/api/openapi.json" in page.text


# What fails


@pytest.mark.parametrize("path", [LIST, f"{LIST}bitcoin/", "/api/health/"])
def test_a_database_that_is_closed(fresh: Services, database: Database, path: str) -> None:
    fresh[MonitoringService].refresh("manual", by=SYSTEM)
    database.close()
    assert got(client_of(fresh), path, 503) == {"detail": "The database does not answer."}


def test_an_error_nobody_thought_of_tells_nothing_of_the_inside() -> None:
    def broken() -> Services:
        raise RuntimeError("a secret of the inside")

    app = Starlette(routes=build_routes(broken, FEATURES))
    answer = TestClient(app, raise_server_exceptions=False).get(LIST)
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        (lambda client: client.get("/api/nothing/"), 404),
        (lambda client: client.post(LIST), 405),
        (lambda client: client.delete(f"{LIST}bitcoin/"), 405),
    ],
)
def test_what_is_not_served(
    client: TestClient, ask: Callable[[TestClient], Any], status: int
) -> None:
    answer = ask(client)
    assert answer.status_code == status
    assert list(answer.json()) == ["detail"]


def test_instants_are_told_in_utc(client: TestClient) -> None:
    for coin in got(client, LIST)["results"]:
        assert datetime.fromisoformat(coin["last_updated"]).utcoffset() == timedelta(0)


# What a source told of a coin


TOLD = {
    "coin_id": "bitcoin",
    "source": "listed",
    "fetched_at": NOON,
    "description": "One.\n\nTwo.",
    "homepage": "https://a.example",
    "blockchain_site": "https://b.example",
    "github_url": "https://c.example",
    "categories": [],
    "genesis_date": None,
    "sentiment_up_pct": None,
    "watchlist_users": None,
}
WORDS = ["description", "homepage", "blockchain_site", "github_url"]


def test_a_coin_comes_with_what_its_source_told(
    fresh: Services, database: Database, clock: FakeClock
) -> None:
    Pipeline(database, clock).take(FULL, *OTHERS)
    client = client_of(fresh)
    assert [got(client, LIST + "bitcoin/")[name] for name in WORDS] == [None] * 4
    with database.transaction() as session:
        store.put(session, TOLD)
        store.put(session, TOLD | dict.fromkeys(WORDS) | {"coin_id": "coin-9", "description": ""})
    for coin in ("bitcoin", "1"):
        answer = got(client, LIST + coin + "/")
        assert {name: answer[name] for name in WORDS} == {name: TOLD[name] for name in WORDS}
    assert [got(client, LIST + "coin-9/")[name] for name in WORDS] == [None] * 4


def test_asking_the_api_for_a_coin_asks_no_source(
    fresh: Services, database: Database, clock: FakeClock, source: ListedSource
) -> None:
    """Whoever may read must not be able to spend the calls."""
    Pipeline(database, clock).take(FULL)
    source.error = SourceUnreachable("listed", "must not be asked")
    got(client_of(fresh), LIST + "bitcoin/")
    known = fresh[CoinDataService].details("bitcoin")
    assert (known.told.state, known.history.state) == ("never", "never")
