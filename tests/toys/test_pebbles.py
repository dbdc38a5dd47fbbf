"""A market is a declaration: a third one refreshes, ranks and is told of, by its own rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from cointracker.api.app import build_routes
from cointracker.bootstrap.features import MARKETS, feature_set
from cointracker.core.errors import ConfigError
from cointracker.core.rights import SYSTEM
from cointracker.core.services import services
from cointracker.features.health.data_quality import DataQualityService
from cointracker.features.market.rankings import MarketService
from cointracker.features.monitoring.service import MonitoringService
from cointracker.features.settings.service import SettingsService
from cointracker.ranking.factors import FACTOR_COLUMNS
from tests.serving import Unscheduled
from tests.toys.pebbles import NAME, TOY

MARKETS_WITH_TOY = (*MARKETS, TOY)
FEATURES = feature_set(markets=MARKETS_WITH_TOY)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pebbles")


@pytest.fixture(scope="module")
def runtime(folder: Path) -> Iterator[Unscheduled]:
    given = FEATURES.settings.from_environment(
        {
            "COINTRACKER_SOURCE": NAME,
            "COINTRACKER_QUOTE_CURRENCY": "chf",
            "COINTRACKER_DATA_DIR": str(folder),
            "COINTRACKER_ACCESS": "public-read",
        }
    )
    runtime = Unscheduled(given, features=FEATURES, markets=MARKETS_WITH_TOY)
    runtime.start()
    runtime.refresh()
    yield runtime
    runtime.stop()


@pytest.fixture
def client(runtime: Unscheduled) -> TestClient:
    routes = build_routes(services, FEATURES, services().settings)
    return TestClient(Starlette(routes=routes), client=("192.0.2.1", 50_000))


def test_it_refreshes_and_ranks_by_its_own_factors(runtime: Unscheduled) -> None:
    view = services()[MarketService].ranking()
    ranked = view.frame.sort_values("rank")
    assert ranked["coin_id"].tolist() == ["agate", "basalt", "chert", "diorite"]
    assert ranked["score"].notna().all()
    known = [column for column in FACTOR_COLUMNS if ranked[column].notna().all()]
    assert known == [f"factor_{key}" for key in TOY.factors]
    assert ranked["volume_change_24h_pct"].notna().all(), "told, and yet no factor of this market"
    assert services()[DataQualityService].missing_factors() == []


def test_it_is_told_of_in_its_own_words(client: TestClient) -> None:
    health = client.get("/api/health/").json()
    assert (health["source"], health["simulated"]) == (NAME, False)
    coins = client.get("/api/cryptocurrencies/").json()["results"]
    assert [coin["coin_id"] for coin in coins] == ["agate", "basalt", "chert", "diorite"]


def test_its_status_names_it_and_no_other(runtime: Unscheduled) -> None:
    status = services()[MonitoringService].status()
    assert status.quote_currency == "chf"
    assert not status.is_simulated
    assert services().source_names[status.source] == "The quarry"


def test_another_of_its_currencies_has_a_file_of_its_own(
    runtime: Unscheduled, folder: Path
) -> None:
    saved = services()[SettingsService]
    saved.save({"quote_currency": "sek"}, by=SYSTEM)
    runtime.refresh()
    assert services()[MonitoringService].status().quote_currency == "sek"
    saved.save({"quote_currency": "chf"}, by=SYSTEM)
    assert sorted(path.name for path in folder.glob("pebbles*.duckdb")) == [
        "pebbles-sek.duckdb",
        "pebbles.duckdb",
    ]


def test_settings_choose_among_all_markets(runtime: Unscheduled) -> None:
    field = services().features.settings.by_name["source"].field
    assert field is not None
    assert field.options == ("auto", "coingecko", "simulated", NAME)
    assert field.names[NAME] == "Pebbles"


def test_what_no_market_is_called_is_refused() -> None:
    with pytest.raises(ConfigError, match="COINTRACKER_SOURCE"):
        FEATURES.settings.from_environment({"COINTRACKER_SOURCE": "gravel"})
