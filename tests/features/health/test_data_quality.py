"""The health of the data: how refreshes went, what was refused, what coins lack."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cointracker.core.errors import SourceUnreachable
from cointracker.features.health.data_quality import DataQualityService
from cointracker.features.market.rankings import MarketService
from cointracker.features.monitoring.refresh import RefreshService
from cointracker.storage.database import Database
from tests.fakes import FakeClock, ListedSource, row

HOUR = timedelta(hours=1)


@pytest.fixture
def health(database: Database, clock: FakeClock) -> DataQualityService:
    return DataQualityService(database, MarketService(database), clock)


@pytest.fixture
def source(clock: FakeClock) -> ListedSource:
    return ListedSource(clock, [row("bitcoin"), row("bad", -1.0), row("ether", 5.0)])


@pytest.fixture
def refresh(database: Database, source: ListedSource, clock: FakeClock) -> RefreshService:
    return RefreshService(database, source, count=9, clock=clock)


def test_before_the_first_refresh_nothing_is_wrong(health: DataQualityService) -> None:
    assert health.missing_factors() == []
    assert health.refreshes(HOUR).empty
    assert health.rejections(HOUR).empty


def test_the_refreshes_of_late_come_oldest_first_failed_ones_too(
    health: DataQualityService, refresh: RefreshService, source: ListedSource, clock: FakeClock
) -> None:
    for error in (None, SourceUnreachable("listed", "no connection"), None):
        source.error = error
        refresh.run("test")
        clock.move(minutes=40)
    log = health.refreshes(3 * HOUR)
    assert log["outcome"].tolist() == ["stored", "failed", "stored"]
    assert log["error"].tolist()[1] == "SourceUnreachable"
    assert log["seconds"].tolist() == [0.0, 0.0, 0.0]
    assert len(health.refreshes(timedelta(minutes=81))) == 2
    assert len(health.refreshes(timedelta(minutes=79))) == 1


def test_refused_rows_are_told_with_field_value_and_reason_the_latest_first(
    health: DataQualityService, refresh: RefreshService, source: ListedSource, clock: FakeClock
) -> None:
    refresh.run("test")
    clock.move(minutes=40)
    source.rows = [row("bitcoin"), row("worse", "many")]
    refresh.run("test")
    refused = health.rejections(HOUR)
    assert refused["coin_id"].tolist() == ["worse", "bad"]
    assert refused["field"].tolist() == ["current_price", "current_price"]
    assert refused["value"].tolist() == ["many", "-1.0"]
    assert refused["reason"].str.len().min() > 0
    assert refused["at"].is_monotonic_decreasing
    assert health.rejections(timedelta(minutes=39))["coin_id"].tolist() == ["worse"]


def test_what_coins_lack_is_told_by_factor_best_rank_first(
    health: DataQualityService, refresh: RefreshService, source: ListedSource
) -> None:
    source.rows = [
        row("low", market_cap=1e7, price_change_percentage_24h=1.0),
        row("high", market_cap=1e11, price_change_percentage_24h=1.0),
        row("capless", market_cap=None, price_change_percentage_24h=2.0),
    ]
    refresh.run("test")
    missing_factors = {lack.factor: lack for lack in health.missing_factors()}
    assert list(missing_factors) == ["volume_change", "stability", "market_cap", "social"]
    assert missing_factors["market_cap"].symbols == ("CAP",)
    assert set(missing_factors["social"].symbols) == {"HIG", "LOW", "CAP"}
    assert missing_factors["social"].symbols.index("HIG") < missing_factors["social"].symbols.index(
        "LOW"
    )
    assert missing_factors["stability"].why == (
        "fewer than 3 daily changes, or 48 hourly prices, are stored"
    )
