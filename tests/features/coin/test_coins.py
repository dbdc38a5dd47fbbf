"""What a coin's page reads: the coin now or as it was last seen, and all that is stored of it."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from cointracker.analysis.time_ranges import TimeRange, ending
from cointracker.core.errors import CoinNotFound, SnapshotNotFound
from cointracker.features.coin.coins import CoinService
from cointracker.features.market.rankings import MarketService
from cointracker.storage.database import Database
from tests.fakes import NOON, FakeClock, Pipeline, row

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONTH = TimeRange(NOON - 30 * DAY, NOON + 30 * DAY)


def service(database: Database) -> CoinService:
    return CoinService(database, MarketService(database))


@pytest.fixture(scope="module")
def coins(shared: Database) -> CoinService:
    """Twenty days; "gone" was there for the first ten, "late" comes on the last, unranked."""
    pipeline = Pipeline(shared, FakeClock())
    for day in range(20):
        pipeline.clock.now = NOON + day * DAY
        rows = [row("bitcoin", 100.0 + day, market_cap=1e12), row("ether", 10.0, market_cap=1e9)]
        rows += [row("gone", 5.0 + day, market_cap=1e6)] if day < 10 else []
        rows += [row("late", None)] if day == 19 else []
        pipeline.take(*rows)
    return service(shared)


def test_names_are_all_coins_ever_those_of_now_first(coins: CoinService) -> None:
    names = coins.names()
    assert list(names) == ["coin_id", "symbol", "name", "rank"]
    assert names["coin_id"].tolist() == ["bitcoin", "ether", "late", "gone"]
    assert names["rank"].tolist() == pytest.approx([1, 2, 0, np.nan], nan_ok=True)
    assert names["name"].tolist() == ["Bitcoin", "Ether", "Late", "Gone"]


def test_a_coin_of_the_newest_snapshot(coins: CoinService) -> None:
    profile = coins.profile("ether")
    assert profile.is_current
    assert (profile.coin_id, profile.row["rank"], profile.facts["name"]) == ("ether", 2, "Ether")
    assert profile.view.snapshot.at == NOON + 19 * DAY
    assert 1 <= profile.row["band_low"] <= 2 <= profile.row["band_high"]
    assert len(profile.view.frame) == 1


def test_a_coin_that_left_is_as_it_was_last_seen(coins: CoinService) -> None:
    profile = coins.profile("gone")
    assert not profile.is_current
    assert profile.view.snapshot.at == NOON + 9 * DAY
    assert (profile.row["price"], profile.row["rank"]) == (14.0, 3)


def test_a_coin_without_a_score(coins: CoinService) -> None:
    profile = coins.profile("late")
    assert (profile.row["rank"], profile.row["band_low"]) == (0, 0)
    report = coins.report(profile, MONTH)
    assert len(report.history) == 1
    assert report.components.empty
    assert report.changes.empty
    assert report.robust.points == 0


@pytest.mark.parametrize("coin", ["", "1", "BITCOIN", "bit", "' OR 1=1 --", "bitcoin "])
def test_a_coin_that_never_was(coins: CoinService, coin: str) -> None:
    with pytest.raises(CoinNotFound):
        coins.profile(coin)


def test_before_the_first_refresh(database: Database) -> None:
    empty = service(database)
    assert empty.names().empty
    assert empty.history(["a"], MONTH).empty
    with pytest.raises(SnapshotNotFound):
        empty.profile("bitcoin")


def test_a_story_keeps_to_its_span_and_looks_back_beyond(coins: CoinService) -> None:
    span = TimeRange(NOON + 12 * DAY, NOON + 15 * DAY)
    report = coins.report(coins.profile("bitcoin"), span)
    assert report.span == span
    assert report.history["price"].tolist() == [112.0, 113.0, 114.0, 115.0]
    assert report.history.index.tolist() == [0, 1, 2, 3]
    assert report.components["samples"].tolist() == [7] * 4
    assert report.components["observed_at"].tolist() == report.history["observed_at"].tolist()
    assert report.changes["change_pct"].tolist() == pytest.approx([100 / 112, 100 / 113, 100 / 114])
    assert report.rank_history["snapshot_at"].tolist() == report.history["observed_at"].tolist()
    assert set(report.rank_history["rank"]) == {1}


def test_the_first_row_of_a_story_has_its_whole_window(pipeline: Pipeline) -> None:
    """The boundary 7 days before it may have its price up to 2 h earlier."""
    for back in range(7, -1, -1):
        pipeline.clock.now = NOON - back * DAY - (2 * HOUR if back == 7 else 0 * HOUR)
        pipeline.take(row("a", 100.0 + back))
    found = service(pipeline.database)
    report = found.report(found.profile("a"), TimeRange(NOON, NOON + HOUR))
    assert report.components["samples"].tolist() == [7]
    assert len(report.history) == 1


def test_all_that_is_stored_begins_with_the_first_price(coins: CoinService) -> None:
    report = coins.report(coins.profile("gone"), ending("all", NOON + 19 * DAY))
    assert report.span == TimeRange(NOON, NOON + 9 * DAY)
    assert len(report.history) == len(report.rank_history) == 10
    assert report.components["score"].notna().tolist() == [False] * 3 + [True] * 7


def test_a_span_in_which_nothing_is_stored(coins: CoinService) -> None:
    profile = coins.profile("gone")
    for since in (NOON + 10 * DAY, NOON + 17 * DAY):
        report = coins.report(profile, TimeRange(since, since + DAY))
        assert report.history.empty
        assert report.components.empty
        assert report.changes.empty
        assert report.rank_history.empty


def test_one_observation(pipeline: Pipeline) -> None:
    pipeline.take(row("bitcoin"))
    found = service(pipeline.database)
    report = found.report(found.profile("bitcoin"), ending("all", NOON))
    assert report.span == TimeRange(NOON, NOON)
    assert len(report.history) == len(report.components) == len(report.rank_history) == 1
    assert report.changes["change_pct"].isna().tolist() == [True]


def test_history_of_several_coins_is_by_coin_and_instant(coins: CoinService) -> None:
    rows = coins.history(["gone", "bitcoin", "nothing"], TimeRange(NOON + 8 * DAY, NOON + 10 * DAY))
    assert rows["coin_id"].tolist() == ["bitcoin"] * 3 + ["gone"] * 2
    assert rows["price"].tolist() == [108.0, 109.0, 110.0, 13.0, 14.0]
