"""The simulated market: the same for whoever asks, in agreement with itself, and market-like."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from cointracker.providers.markets import read_markets
from cointracker.providers.simulated.market import SimulatedMarket

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Shared on purpose: what was asked before must not matter.
MARKET = SimulatedMarket()
SMALL = SimulatedMarket(coin_count=60)  # has every oddity that the large one has
BACK = {"1h": HOUR, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY}
CHANGES = {f"change_{span}_pct": f"price_change_percentage_{span}_in_currency" for span in BACK}
COLUMNS = {"price": "current_price", "volume_24h": "total_volume", "market_cap": "market_cap"}
COINGECKO_KEYS = set(
    re.findall(
        r"\w+",
        """id symbol name image current_price market_cap market_cap_rank fully_diluted_valuation
        total_volume high_24h low_24h price_change_24h price_change_percentage_24h
        market_cap_change_24h market_cap_change_percentage_24h circulating_supply total_supply
        max_supply ath ath_change_percentage ath_date atl atl_change_percentage atl_date roi
        last_updated sparkline_in_7d price_change_percentage_1h_in_currency
        price_change_percentage_24h_in_currency price_change_percentage_7d_in_currency
        price_change_percentage_30d_in_currency""",
    )
)

instants = st.timedeltas(-9000 * DAY, 27_000 * DAY).map(lambda away: NOON + away)
whole_hours = instants.map(lambda at: at.replace(minute=0, second=0, microsecond=0))
# An instant that nobody asked of yet takes half a year of random numbers.
examples = settings(max_examples=settings().max_examples // 5)


def updated_then(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def hourly(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """(hours, coins) of one column of a history."""
    return frame.pivot_table(index="observed_at", columns="coin_id", values=column)


def by_id(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in rows}


def all_rows(at: datetime, market: SimulatedMarket = SMALL) -> dict[str, dict[str, Any]]:
    return by_id(market.markets(at, len(market.coins)))


def one_hour(at: datetime, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """What `history` should say of the hour `at`, made of the rows of `markets`."""
    rows = sorted(rows, key=lambda row: row["id"])
    stamps = pd.DatetimeIndex([at] * len(rows)).as_unit("us")
    frame = pd.DataFrame(
        {
            "coin_id": pd.array([row["id"] for row in rows], dtype="str"),
            "observed_at": stamps,
        }
    )
    for column, key in (COLUMNS | CHANGES).items():
        frame[column] = np.array([row[key] for row in rows], dtype=float)
    return frame


@pytest.fixture(scope="module")
def quarter() -> pd.DataFrame:
    return MARKET.history(NOON, 90 * 24)


@pytest.fixture(scope="module")
def prices(quarter: pd.DataFrame) -> pd.DataFrame:
    """Hourly prices of the coins that floated and were listed all quarter, and are hourly."""
    pegged_or_slow = [coin.coin_id for coin in MARKET.coins if coin.pegged or coin.daily_feed]
    wide = hourly(quarter, "price")
    return wide.drop(columns=pegged_or_slow).dropna(axis="columns")


@pytest.fixture(scope="module")
def daily_moves(prices: pd.DataFrame) -> pd.DataFrame:
    return np.log(prices.iloc[::-24].iloc[::-1]).diff().iloc[1:]


class TestSameForWhoeverAsks:
    def test_two_instances_agree_whatever_each_was_asked_before(self) -> None:
        asked_long, asked_once = SimulatedMarket(7, 60), SimulatedMarket(7, 60)
        asked_long.history(NOON + 400 * DAY, 2000)
        asked_long.markets(NOON - 900 * DAY, 60)
        for at in (NOON, NOON + timedelta(minutes=25), NOON - 50 * DAY):
            assert asked_long.markets(at, 60) == SimulatedMarket(7, 60).markets(at, 60)
            assert asked_long.standings(at) == asked_once.standings(at)
        assert_frame_equal(
            asked_long.history(NOON, 30), asked_once.history(NOON, 30), check_exact=True
        )

    def test_another_seed_is_another_market_of_the_same_names(self) -> None:
        one, other = SimulatedMarket(1, 60), SimulatedMarket(2, 60)
        assert {coin.name for coin in one.coins} == {coin.name for coin in other.coins}
        assert one.markets(NOON, 60) != other.markets(NOON, 60)

    @examples
    @given(instants, st.integers(-14, 14))
    def test_time_zones_do_not_matter(self, at: datetime, offset: int) -> None:
        elsewhere = at.astimezone(timezone(timedelta(hours=offset)))
        assert SMALL.markets(elsewhere, 5) == SMALL.markets(at, 5)

    @pytest.mark.parametrize("seed", [0, -1, 2**70])
    def test_any_whole_number_is_a_seed(self, seed: int) -> None:
        assert len(SimulatedMarket(seed, 3).markets(NOON, 3)) == 3


class TestAgreement:
    @examples
    @given(whole_hours)
    def test_markets_and_history_say_the_same_of_a_whole_hour(self, at: datetime) -> None:
        rows = SMALL.markets(at, len(SMALL.coins))
        assert_frame_equal(SMALL.history(at, 1), one_hour(at, rows), check_exact=True)

    def test_a_history_is_what_markets_said_hour_by_hour(self) -> None:
        market = SimulatedMarket(coin_count=60)
        hours = [NOON - back * HOUR for back in range(49, -1, -1)]
        said = pd.concat([one_hour(at, market.markets(at, 60)) for at in hours], ignore_index=True)
        assert_frame_equal(market.history(NOON, 50), said, check_exact=True)

    @examples
    @given(whole_hours, st.integers(1, 60), st.integers(0, 60))
    def test_overlapping_histories_agree(self, until: datetime, hours: int, later: int) -> None:
        earlier = SMALL.history(until, hours)
        longer = SMALL.history(until + later * HOUR, hours + later + 3)
        shared = longer[longer["observed_at"].isin(earlier["observed_at"].unique())]
        assert_frame_equal(shared.reset_index(drop=True), earlier, check_exact=True)

    @examples
    @given(instants)
    def test_changes_come_from_the_prices_themselves(self, at: datetime) -> None:
        now = all_rows(at)
        for span, back in BACK.items():
            then = all_rows(at - back)
            key = f"price_change_percentage_{span}_in_currency"
            for coin_id, row in now.items():
                if row[key] is not None:
                    price, past = row["current_price"], then[coin_id]["current_price"]
                    assert row[key] == pytest.approx((price / past - 1) * 100, abs=1e-9)

    @examples
    @given(instants, st.integers(0, 167))
    def test_a_sparkline_is_the_prices_up_to_last_updated(self, at: datetime, back: int) -> None:
        then = all_rows(at - back * HOUR)
        for coin_id, row in all_rows(at).items():
            line = row["sparkline_in_7d"]["price"]
            slow = row["last_updated"] != updated_then(at)
            assert line[-1] == row["current_price"]
            if back < len(line) and not slow:
                assert line[-1 - back] == then[coin_id]["current_price"]

    @examples
    @given(instants)
    def test_the_day_s_figures_agree_with_each_other(self, at: datetime) -> None:
        for row in SMALL.markets(at, 60):
            price, cap = row["current_price"], row["market_cap"]
            assert row["atl"] < row["low_24h"] <= price <= row["high_24h"] < row["ath"]
            assert cap == pytest.approx(price * row["circulating_supply"])
            assert row["ath_change_percentage"] < 0 < row["atl_change_percentage"]
            assert (
                row["price_change_percentage_24h"]
                == (row["price_change_percentage_24h_in_currency"])
            )
            if row["price_change_24h"] is not None:
                share = row["price_change_24h"] / (price - row["price_change_24h"])
                assert share * 100 == pytest.approx(row["price_change_percentage_24h"], abs=1e-6)
                assert row["market_cap_change_24h"] == pytest.approx(
                    row["price_change_24h"] * row["circulating_supply"]
                )

    def test_supplies_are_in_order_and_dilute_the_cap(self) -> None:
        for row in MARKET.markets(NOON, 250):
            supplies = [row[f"{kind}_supply"] for kind in ("circulating", "total", "max")]
            known = [supply for supply in supplies if supply is not None]
            assert known == sorted(known)
            if row["fully_diluted_valuation"] is not None:
                assert row["fully_diluted_valuation"] >= row["market_cap"] * (1 - 1e-12)

    def test_five_minutes_move_the_prices_a_little(self) -> None:
        for minute in range(0, 120, 5):
            at = NOON + timedelta(minutes=minute)
            before, after = all_rows(at), all_rows(at + timedelta(minutes=5))
            moves = [
                math.log(after[coin.coin_id]["current_price"] / row["current_price"])
                for coin in SMALL.coins
                if (row := before.get(coin.coin_id)) and not coin.daily_feed
            ]
            assert all(moves)
            assert 1e-4 < np.median(np.abs(moves)) < 0.01

    def test_prices_wander_within_an_hour_as_much_as_over_it(self) -> None:
        listed = set(all_rows(NOON)) & set(all_rows(NOON + 12 * HOUR))
        coins = [coin.coin_id for coin in SMALL.coins if not coin.daily_feed]
        rows = [all_rows(NOON + step * timedelta(minutes=5)) for step in range(12 * 12 + 1)]
        path = np.log([[row[i]["current_price"] for i in coins if i in listed] for row in rows])
        fine, coarse = np.diff(path, axis=0) ** 2, np.diff(path[::12], axis=0) ** 2
        assert 0.3 < np.median(fine.sum(axis=0) / coarse.sum(axis=0)) < 3

    @examples
    @given(whole_hours)
    def test_the_price_reaches_the_whole_hour_without_a_leap(self, at: datetime) -> None:
        just_before = all_rows(at - timedelta(microseconds=1))
        slow = {coin.coin_id for coin in SMALL.coins if coin.daily_feed}
        for coin_id, row in all_rows(at).items():
            if coin_id in just_before and coin_id not in slow:
                assert row["current_price"] == pytest.approx(
                    just_before[coin_id]["current_price"], rel=1e-6
                )

    def test_a_history_ends_at_the_last_whole_hour(self) -> None:
        at = NOON + timedelta(minutes=59, seconds=59)
        assert_frame_equal(MARKET.history(at, 5), MARKET.history(NOON, 5))


class TestShape:
    @examples
    @given(instants, st.integers(0, 260))
    def test_rows_are_the_largest_in_order_and_pure_json(self, at: datetime, count: int) -> None:
        rows = SMALL.markets(at, count)
        json.dumps(rows, allow_nan=False)
        assert len(rows) == min(count, 60)
        assert all(row.keys() == COINGECKO_KEYS for row in rows)
        assert [row["market_cap_rank"] for row in rows] == list(range(1, len(rows) + 1))
        caps = [row["market_cap"] for row in rows]
        assert caps == sorted(caps, reverse=True)
        assert rows == SMALL.markets(at, 60)[:count]
        assert len(by_id(rows)) == len(rows)

    @examples
    @given(instants)
    def test_numbers_are_floats_or_none(self, at: datetime) -> None:
        words = {"id", "symbol", "name", "ath_date", "atl_date", "last_updated"}
        for row in SMALL.markets(at, 60):
            assert all(isinstance(row[key], str) for key in words)
            assert isinstance(row["market_cap_rank"], int)
            prices = row["sparkline_in_7d"]["price"]
            numbers = COINGECKO_KEYS - words - {"market_cap_rank", "sparkline_in_7d"}
            for value in [*prices, *(row[key] for key in numbers if row[key] is not None)]:
                assert type(value) is float
                assert math.isfinite(value)
            assert min(prices) > 0
            assert row["total_volume"] >= 0

    @examples
    @given(instants)
    def test_the_reader_of_real_answers_takes_every_row(self, at: datetime) -> None:
        markets, rejections = read_markets(SMALL.markets(at, 60), at)
        assert (len(markets), rejections) == (60, ())

    @examples
    @given(whole_hours, st.integers(0, 40))
    def test_history_has_its_columns_types_and_order(self, until: datetime, hours: int) -> None:
        frame = SMALL.history(until, hours)
        assert list(frame) == ["coin_id", "observed_at", *COLUMNS, *CHANGES]
        assert list(map(str, frame.dtypes)) == ["str", "datetime64[us, UTC]", *["float64"] * 7]
        assert len(frame) == 60 * hours
        keys = list(zip(frame["observed_at"], frame["coin_id"], strict=True))
        assert keys == sorted(set(keys))
        wanted = pd.date_range(end=until, periods=hours, freq="h")
        assert list(frame["observed_at"].unique()) == list(wanted)

    @examples
    @given(st.integers(1, 80), instants)
    def test_a_market_may_be_small(self, coins: int, at: datetime) -> None:
        market = SimulatedMarket(3, coins)
        assert len(market.markets(at, 1000)) == coins
        assert len(market.history(at, 2)) == 2 * coins
        assert set(market.standings(at)) <= {coin.coin_id for coin in market.coins}

    def test_a_market_may_be_large(self) -> None:
        assert len(by_id(SimulatedMarket(coin_count=1000).markets(NOON, 1000))) == 1000

    @pytest.mark.parametrize("count", [0, -1, 2501])
    def test_a_market_has_one_to_2500_coins(self, count: int) -> None:
        with pytest.raises(ValueError, match="coin_count"):
            SimulatedMarket(coin_count=count)

    def test_a_naive_instant_is_refused(self) -> None:
        naive = NOON.replace(tzinfo=None)
        for ask in (MARKET.standings, lambda at: MARKET.markets(at, 1)):
            with pytest.raises(ValueError, match="aware"):
                ask(naive)
        with pytest.raises(ValueError, match="aware"):
            MARKET.history(naive, 1)

    def test_negative_amounts_are_refused(self) -> None:
        with pytest.raises(ValueError, match="count"):
            MARKET.markets(NOON, -1)
        with pytest.raises(ValueError, match="hours"):
            MARKET.history(NOON, -1)


class TestCoins:
    def test_coins_are_plainly_invented(self) -> None:
        for coin in MARKET.coins:
            assert re.fullmatch(r"[A-Z][a-z]+( [A-Z][a-z]+)?", coin.name)
            assert re.fullmatch(r"[A-Z]{3,5}", coin.symbol)
            assert coin.coin_id == "sim-" + coin.name.lower().replace(" ", "-")
        assert not {"BTC", "ETH", "USDT", "SOL"} & {coin.symbol for coin in MARKET.coins}

    def test_two_pairs_share_a_symbol(self) -> None:
        bearers = Counter(coin.symbol for coin in MARKET.coins)
        assert sorted(bearers.values())[-3:] == [1, 2, 2]
        assert len({coin.coin_id for coin in MARKET.coins}) == len(MARKET.coins)

    def test_coins_come_largest_first(self) -> None:
        caps = [coin.base_cap_usd for coin in MARKET.coins]
        assert caps == sorted(caps, reverse=True)

    def test_caps_and_prices_span_what_real_ones_do(self) -> None:
        rows = MARKET.markets(NOON, 250)
        caps = [row["market_cap"] for row in rows]
        prices = [row["current_price"] for row in rows]
        assert 5e11 < max(caps) < 1e13
        assert 1e6 < min(caps) < 1e8
        assert max(prices) > 1e4
        assert min(prices) < 1e-7


class TestMissingNumbers:
    def test_each_kind_of_gap_is_there_and_is_no_more_than_a_gap(self) -> None:
        missing: Counter[str] = Counter()
        for hour in range(24):
            for row in MARKET.markets(NOON + hour * HOUR, 250):
                missing.update(key for key, value in row.items() if value is None)
        share = {key: missing[key] / (24 * 250) for key in COINGECKO_KEYS}
        assert 0.3 < share["max_supply"] < 0.8
        for key in ("total_supply", "fully_diluted_valuation"):
            assert 0 < share[key] < 0.15
        for key in CHANGES.values():
            assert 0 < share[key] < 0.05
        always = ("current_price", "market_cap", "total_volume", "high_24h", "circulating_supply")
        assert not any(share[key] for key in always)

    def test_two_coins_report_no_volume(self) -> None:
        silent = [coin.coin_id for coin in MARKET.coins if coin.turnover == 0]
        frame = MARKET.history(NOON, 100)
        silence = frame.loc[frame["coin_id"].isin(silent), "volume_24h"]
        assert len(silent) == 2
        assert len(silence) == 200
        assert (silence == 0).all()

    @examples
    @given(instants)
    def test_one_coin_is_updated_once_a_day(self, at: datetime) -> None:
        rows = all_rows(at)
        (slow,) = [rows[coin.coin_id] for coin in SMALL.coins if coin.daily_feed]
        updated = datetime.fromisoformat(slow["last_updated"])
        assert timedelta() <= at - updated < DAY
        others = {row["last_updated"] for row in rows.values() if row is not slow}
        assert others == {updated_then(at)}
        fresh = all_rows(updated)[slow["id"]]
        assert slow["current_price"] == fresh["current_price"]
        assert slow["total_volume"] == fresh["total_volume"]
        assert slow["sparkline_in_7d"] == fresh["sparkline_in_7d"]

    def test_at_midnight_and_at_noon_that_coin_is_hours_old(self) -> None:
        for at, hours in ((NOON, 7), (NOON + 12 * HOUR, 19)):
            oldest = min(row["last_updated"] for row in MARKET.markets(at, 250))
            assert at - datetime.fromisoformat(oldest) == hours * HOUR


class TestListings:
    @examples
    @given(whole_hours)
    def test_a_few_coins_are_young(self, at: datetime) -> None:
        young = [
            row
            for row in SMALL.markets(at, 60)
            if row["price_change_percentage_30d_in_currency"] is None
        ]
        assert len(young) == 4
        assert all(len(row["sparkline_in_7d"]["price"]) <= 168 for row in young)

    def test_a_young_coin_begins_when_it_is_listed(self) -> None:
        lines = {i: row["sparkline_in_7d"]["price"] for i, row in all_rows(NOON, MARKET).items()}
        (coin_id,) = [coin_id for coin_id, line in lines.items() if len(line) < 168]
        frame = MARKET.history(NOON, 300)
        past = frame[frame["coin_id"] == coin_id]
        assert past["price"].tolist() == lines[coin_id]
        assert past["volume_24h"].iloc[0] == 0 < 5 * past["volume_24h"].iloc[1]
        assert 5 * past["volume_24h"].iloc[1] < past["volume_24h"].iloc[24]
        for column, back in zip(CHANGES, (1, 24, 168, 720), strict=True):
            assert past[column].iloc[:back].isna().all()
        row = all_rows(NOON, MARKET)[coin_id]
        assert row["price_change_percentage_7d_in_currency"] is None
        assert row["high_24h"] >= row["current_price"]

    def test_coins_come_and_go_and_their_number_stays(self, quarter: pd.DataFrame) -> None:
        assert (quarter.groupby("observed_at").size() == 250).all()
        listed_hours = quarter.groupby("coin_id").size()
        assert len(listed_hours) == len(MARKET.coins) == 256
        assert (listed_hours < 90 * 24).sum() == 12


class TestLikeAMarket:
    def test_pegged_coins_stay_pegged(self, quarter: pd.DataFrame) -> None:
        pegged = [coin.coin_id for coin in MARKET.coins if coin.pegged]
        paths = quarter[quarter["coin_id"].isin(pegged)]
        assert 4 <= len(pegged) <= 10
        assert paths["price"].between(0.997, 1.003).all()
        assert (paths.groupby("coin_id")["price"].nunique() > 1000).all()
        assert paths["change_24h_pct"].abs().max() < 0.3

    @examples
    @given(instants)
    def test_pegged_coins_are_pegged_at_any_instant(self, at: datetime) -> None:
        rows = all_rows(at)
        for coin in SMALL.coins:
            if coin.pegged:
                assert rows[coin.coin_id]["current_price"] == pytest.approx(1, abs=0.003)

    def test_a_day_moves_a_coin_by_some_percent_and_small_coins_more(
        self, daily_moves: pd.DataFrame
    ) -> None:
        deviation_pct = daily_moves.std() * 100
        assert 2 < deviation_pct.median() < 6
        assert deviation_pct.between(1, 12).all()
        order = [coin.coin_id for coin in MARKET.coins if coin.coin_id in deviation_pct.index]
        assert deviation_pct[order[:20]].mean() < 0.8 * deviation_pct[order[-50:]].mean()

    def test_coins_move_together(self, daily_moves: pd.DataFrame) -> None:
        pairs = daily_moves.corr().to_numpy()[np.triu_indices(daily_moves.shape[1], 1)]
        assert 0.2 < np.median(pairs) < 0.8
        assert (pairs > 0).mean() > 0.97

    def test_coins_of_a_sector_move_more_alike(self, daily_moves: pd.DataFrame) -> None:
        own = daily_moves.sub(daily_moves.mean(axis="columns"), axis="index")
        sectors = {coin.coin_id: coin.sector for coin in MARKET.coins}
        sector = np.array([sectors[coin_id] for coin_id in own])
        correlation = own.corr().to_numpy()
        same = (sector[:, None] == sector) & ~np.eye(len(sector), dtype=bool)
        assert correlation[same].mean() > correlation[sector[:, None] != sector].mean() + 0.05

    def test_tails_are_fat_by_the_hour_and_by_the_day(
        self, prices: pd.DataFrame, daily_moves: pd.DataFrame
    ) -> None:
        moves = np.log(prices).diff().iloc[1:]
        standard = (daily_moves - daily_moves.mean()) / daily_moves.std()
        assert moves.kurt().median() > 2  # excess: 0 for the normal
        assert pd.Series(standard.to_numpy().ravel()).kurt() > 0.5

    def test_prices_jump_now_and_then(self, prices: pd.DataFrame) -> None:
        moves = np.log(prices).diff().iloc[1:]
        leaps = (moves / moves.rolling(48).std().shift(1)).abs().iloc[48:] > 8
        assert 2e-4 < leaps.to_numpy().mean() < 5e-3
        assert leaps.any().mean() > 0.5

    @pytest.mark.slow
    def test_unrest_comes_in_clusters(self) -> None:
        frame = MARKET.history(NOON, 400 * 24)
        largest = [coin.coin_id for coin in MARKET.coins if not coin.pegged][:12]
        wide = hourly(frame[frame["coin_id"].isin(largest)], "price")
        moves = np.log(wide).diff().iloc[1:].abs()
        assert np.mean([moves[coin_id].autocorr(24) for coin_id in moves]) > 0.05

    def test_volume_follows_volatility(self, quarter: pd.DataFrame, prices: pd.DataFrame) -> None:
        volume = hourly(quarter, "volume_24h")
        volume = np.log(volume[prices.columns].iloc[::24].replace(0.0, np.nan))
        stir = np.log(prices).diff().abs().rolling(24).sum().iloc[::24]
        spearman = stir.rank().corrwith(volume.rank()).dropna()
        day = np.log(prices.iloc[::24]).diff().abs()
        assert spearman.median() > 0.4
        assert day.corrwith(volume).median() > 0.15

    def test_volume_comes_in_the_hour_that_moves(
        self, quarter: pd.DataFrame, prices: pd.DataFrame
    ) -> None:
        volume = hourly(quarter, "volume_24h")[prices.columns].replace(0.0, np.nan)
        stir = np.log(prices).diff().abs()
        came_less_went = np.log(volume).diff()
        assert came_less_went.corrwith(stir - stir.shift(24)).median() > 0.5

    def test_volume_changes_are_plausible_and_smooth(self, quarter: pd.DataFrame) -> None:
        always = [coin.coin_id for coin in MARKET.coins if coin.turnover and not coin.daily_feed]
        wide = hourly(quarter, "volume_24h")
        wide = wide[always].dropna(axis="columns")
        volume = wide.to_numpy()
        day_pct = (volume[24:] / volume[:-24] - 1) * 100
        hour_pct = (volume[1:] / volume[:-1] - 1) * 100
        assert ((day_pct > -60) & (day_pct < 150)).mean() > 0.98
        assert np.quantile(day_pct, 0.9) > 20
        assert np.quantile(np.abs(hour_pct), 0.95) < 12


class TestStandings:
    @examples
    @given(instants)
    def test_standings_are_one_to_n_of_listed_coins_best_first(self, at: datetime) -> None:
        standings = SMALL.standings(at)
        assert list(standings.values()) == list(range(1, len(standings) + 1))
        assert standings.keys() <= all_rows(at).keys()
        assert 0.6 < len(standings) / 60 < 0.97

    def test_standings_follow_the_cap_but_not_slavishly(self) -> None:
        standings = pd.Series(MARKET.standings(NOON))
        caps = pd.Series({i: row["market_cap"] for i, row in all_rows(NOON, MARKET).items()})
        assert -0.95 < standings.corr(caps[standings.index].rank()) < -0.5

    def test_a_coin_that_rose_stands_better_than_before(self) -> None:
        gains, climbs = [], []
        for week in range(4):
            at = NOON - 14 * week * DAY
            before, after = MARKET.standings(at - 7 * DAY), MARKET.standings(at)
            rows = all_rows(at, MARKET)
            for coin_id in before.keys() & after.keys():
                change = rows[coin_id]["price_change_percentage_7d_in_currency"]
                if change is not None:
                    gains.append(change)
                    climbs.append(before[coin_id] - after[coin_id])
        assert np.corrcoef(gains, climbs)[0, 1] > 0.15
