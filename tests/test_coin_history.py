"""The charts of a coin on two recorded years, held to figures taken from them by hand.

Every number here was taken from the recorded rows with pandas and plain arithmetic, none by way
of cointracker. Four coins: bitcoin, whose day of 2023-03-28 is 7.9 hours stale and that lacks
2023-03-30 and 2025-01-09 as all do; ethereum; pepe, which left the first hundred on 2023-09-08 and
came back on 2023-10-24; render-token, which was called RNDR until 2024-07-22 and then RENDER.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from cointracker.analysis.comparison import Comparison, compare
from cointracker.analysis.time_ranges import TimeRange
from cointracker.core.i18n import language
from cointracker.features.coin.coins import CoinReport, CoinService
from cointracker.features.coin.ui.charts import comparison, price, rank_history, risk, stability
from cointracker.features.market.rankings import MarketService
from cointracker.ui.charts.chart_theme import ChartTheme
from tests.replayed import Replayed
from tests.ui import drawn

pytestmark = pytest.mark.slow

INK = ChartTheme(language("en"), ZoneInfo("UTC"), is_dark=False)
NAN = float("nan")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def span(first: str, last: str) -> TimeRange:
    return TimeRange(instant(first), instant(last))


STALE = span("2023-03-25", "2023-04-07T01:00")
"""With the stale day, and with the one on which the answer was an error."""
CRASH = span("2024-07-07T02:00", "2024-08-06T01:30")
MISSING = span("2025-01-04", "2025-01-17T01:00")
AWAY = span("2023-08-30", "2023-11-01T02:00")
RENAMED = span("2024-07-14", "2024-07-25T01:00")
LAST = span("2025-04-01", "2025-04-30T02:00")


@pytest.fixture(scope="module")
def coins(archive: Replayed) -> CoinService:
    return CoinService(archive.database, MarketService(archive.database))


@pytest.fixture(scope="module")
def told(coins: CoinService) -> Callable[[str, TimeRange], CoinReport]:
    """The story of a coin over a span."""
    return lambda coin, over: coins.report(coins.profile(coin), over)


Told = Callable[[str, TimeRange], CoinReport]


# Price, volume and market cap

FIGURES = [
    ("bitcoin", STALE, "2023-03-27T17:02:03", 27178.0, 17313499475.0, 524921541251),
    ("bitcoin", STALE, "2023-03-31T00:52:25", 28216.0, 23307874104.0, 544437603927),
    ("bitcoin", CRASH, "2024-08-05T00:43:21", 56810.0, 31323603221.0, 1118499110435),
    ("bitcoin", MISSING, "2025-01-10T00:50:58", 92597.0, 65530983116.0, 1833435014671),
    ("bitcoin", LAST, "2025-04-30T01:07:02", 94501.0, 25991105162.0, 1877023681309),
    ("ethereum", CRASH, "2024-08-06T00:48:01", 2519.94, 73122699167.0, 302960722885),
    ("pepe", AWAY, "2023-09-08T00:40:05", 8.12875e-07, 34106788.0, 341520389),
    ("pepe", AWAY, "2023-10-24T00:41:29", 9.96362e-07, 207224266.0, 413308775),
    ("pepe", AWAY, "2023-10-26T00:40:56", 1.23e-06, 422209070.0, 507391023),
    ("render-token", RENAMED, "2024-07-22T00:39:54", 7.01, 125030699.0, 2751372097),
    ("render-token", RENAMED, "2024-07-23T00:45:17", 6.64, 36349053.0, 2602987614),
    ("render-token", RENAMED, "2024-07-24T00:51:14", 6.41, 31403843.0, 2517348460),
]


@pytest.mark.parametrize(("coin", "over", "at", "due"), [(*row[:3], row[3:]) for row in FIGURES])
def test_price_volume_and_cap(
    told: Told, coin: str, over: TimeRange, at: str, due: tuple[float, float, float]
) -> None:
    cost, volume, cap = due
    report = told(coin, over)
    stored = report.history.set_index(
        report.history["observed_at"].dt.strftime("%Y-%m-%dT%H:%M:%S")
    )
    figures = stored.loc[at, ["price", "volume_24h", "market_cap"]].tolist()
    assert figures == [cost, volume, cap]
    assert stored.loc[at, "kind"] == "observed"
    for what, value in (("price", cost), ("market_cap", cap)):
        for is_log in (False, True):
            figure = price.figure(report.history, over, INK, what=what, is_log=is_log)
            assert drawn.points(figure)[at] == value
    assert {bar.x: bar.y for bar in drawn.bars(figure, 2)}[at] == volume


@pytest.mark.parametrize(
    ("coin", "over", "at", "text"),
    [
        ("bitcoin", CRASH, "2024-08-05T00:43:21", "56,810.00"),
        ("pepe", AWAY, "2023-10-26T00:40:56", "0.00000123"),
        ("render-token", RENAMED, "2024-07-23T00:45:17", "6.64"),
    ],
)
def test_what_the_pointer_is_told(
    told: Told, coin: str, over: TimeRange, at: str, text: str
) -> None:
    figure = price.figure(told(coin, over).history, over, INK, what="price", is_log=False)
    found = {point.x: point.text for run in drawn.strokes(figure) for point in run}[at]
    assert text in found
    day = datetime.fromisoformat(at)
    assert found.rstrip("\u2069").endswith(f"{day:%H:%M}, {day.day} {day:%b %Y}")


@pytest.mark.parametrize(
    ("coin", "over", "breaks"),
    [
        ("bitcoin", STALE, [("2023-03-29", "2023-03-31")]),
        ("bitcoin", MISSING, [("2025-01-08", "2025-01-10")]),
        ("bitcoin", CRASH, []),
        ("render-token", RENAMED, []),
        (
            "pepe",
            AWAY,
            [
                ("2023-09-01", "2023-09-03"),
                ("2023-09-06", "2023-09-08"),
                ("2023-09-08", "2023-10-24"),
            ],
        ),
    ],
)
def test_lines_end_where_days_are_missing_and_nowhere_else(
    told: Told, coin: str, over: TimeRange, breaks: list[tuple[str, str]]
) -> None:
    report = told(coin, over)
    stored = len(report.history)
    charts = [
        (price.figure(report.history, over, INK, what="price", is_log=False), 1, stored),
        (price.figure(report.history, over, INK, what="market_cap", is_log=True), 1, stored),
        (risk.figure(report.changes, report.history, report.components, over, INK), 2, stored),
        (rank_history.figure(report.rank_history, over, INK), 1, len(report.rank_history)),
        (rank_history.figure(report.rank_history, over, INK), 2, len(report.rank_history)),
    ]
    for figure, row, count in charts:
        strokes = drawn.strokes(figure, row)
        found = [(a[-1].x[:10], b[0].x[:10]) for a, b in pairwise(strokes)]
        assert found == breaks
        assert sum(map(len, strokes)) == count


def test_the_stale_day_stands_at_the_instant_of_its_figures(told: Told) -> None:
    figure = price.figure(told("bitcoin", STALE).history, STALE, INK, what="price", is_log=False)
    assert [x for x in drawn.points(figure) if "2023-03-27" <= x < "2023-03-30"] == [
        "2023-03-27T00:46:12",
        "2023-03-27T17:02:03",
        "2023-03-29T00:54:43",
    ]


def test_all_that_is_stored_is_drawn(told: Told) -> None:
    for coin, first, count, low, high in (
        ("bitcoin", "2023-03-20T00:02:17", 770, 25148.0, 106205.0),
        ("render-token", "2023-03-20T00:02:17", 770, 1.15, 13.01),
        ("pepe", "2023-05-02T00:49:59", 588, 7.84245e-07, 2.689e-05),
    ):
        over = span("2009-01-03", "2025-04-30T02:00")
        report = told(coin, over)
        figure = price.figure(report.history, report.span, INK, what="price", is_log=True)
        found = drawn.points(figure)
        assert len(report.history) == len(found) == count
        assert (min(found.values()), max(found.values())) == (low, high)
        assert min(found) == first
        assert report.span.since == report.history["observed_at"].min()


# Daily changes, drawdown, volatility


@pytest.mark.parametrize(
    ("coin", "over", "end", "change"),
    [
        ("bitcoin", STALE, "2023-04-01", 0.9001984689537852),
        ("bitcoin", STALE, "2023-04-05", 1.7924630169528128),
        ("bitcoin", CRASH, "2024-08-05", -6.403940886699508),
        ("bitcoin", CRASH, "2024-08-06", -1.9961274423516986),
        ("bitcoin", MISSING, "2025-01-16", 2.7739938080495357),
        ("bitcoin", LAST, "2025-04-30", -0.6674655230406996),
        ("pepe", AWAY, "2023-10-26", 31.69178981990345),
        ("pepe", AWAY, "2023-10-30", -0.869565217391296),
        ("render-token", RENAMED, "2024-07-22", -0.28449502133713317),
        ("render-token", RENAMED, "2024-07-23", -5.278174037089873),
        ("render-token", RENAMED, "2024-07-24", -3.4638554216867403),
    ],
)
def test_daily_changes(told: Told, coin: str, over: TimeRange, end: str, change: float) -> None:
    report = told(coin, over)
    by_day = report.changes.set_index(report.changes["observed_at"].dt.strftime("%Y-%m-%d"))
    assert by_day.loc[end, "change_pct"] == pytest.approx(change, rel=1e-12)
    middle = (by_day.loc[end, "observed_at"] - timedelta(hours=12)).strftime("%Y-%m-%dT%H:%M:%S")
    figures = (
        (risk.figure(report.changes, report.history, report.components, over, INK), 1),
        (stability.figure(report.components, report.rank_history, report.changes, over, INK), 5),
    )
    for figure, row in figures:
        bar = next(bar for bar in drawn.bars(figure, row) if bar.x == middle)
        assert bar.y == pytest.approx(change, rel=1e-12)
        assert f"{'▲' if change > 0 else '▼'} {abs(change):.2f}" in bar.text


@pytest.mark.parametrize(
    ("coin", "over", "missing"),
    [
        ("bitcoin", STALE, {"2023-03-28", "2023-03-29", "2023-03-30", "2023-03-31"}),
        ("bitcoin", MISSING, {"2025-01-09", "2025-01-10"}),
        ("bitcoin", CRASH, set()),
        ("render-token", RENAMED, set()),
    ],
)
def test_a_day_without_a_price_at_either_end_has_no_change(
    told: Told, coin: str, over: TimeRange, missing: set[str]
) -> None:
    report = told(coin, over)
    unknown = report.changes[report.changes["change_pct"].isna()]["observed_at"]
    within = {str(at.date()) for at in unknown if at > over.since + timedelta(days=2)}
    assert within == missing
    figure = risk.figure(report.changes, report.history, report.components, over, INK)
    assert len(drawn.bars(figure, 1)) == len(report.changes) - len(unknown)


@pytest.mark.parametrize(
    ("coin", "over", "at", "fall"),
    [
        ("bitcoin", CRASH, "2024-07-22T00:39:45", 0.0),
        ("bitcoin", CRASH, "2024-07-24T00:51:01", -3.6437602435),
        ("bitcoin", CRASH, "2024-08-05T00:43:21", -17.488489637),
        ("bitcoin", CRASH, "2024-08-06T00:47:57", -19.135524538),
        ("pepe", AWAY, "2023-09-08T00:40:05", -9.687579855),
        ("pepe", AWAY, "2023-10-24T00:41:29", 0.0),
        ("pepe", AWAY, "2023-10-29T00:44:50", -8.730158730),
    ],
)
def test_drawdown(told: Told, coin: str, over: TimeRange, at: str, fall: float) -> None:
    report = told(coin, over)
    figure = risk.figure(report.changes, report.history, report.components, over, INK)
    assert drawn.points(figure, 2)[at] == pytest.approx(fall, abs=1e-7)


# Stability and its parts

CLASSIC = [  # variance, trend, reversion, score, days, volatility
    (
        "bitcoin",
        STALE,
        "2023-04-05T00:41:15",
        96.62514042580874,
        20.0,
        99.31421402127538,
        74.4443203767061,
        5,
        24.81757184516458,
    ),
    (
        "bitcoin",
        STALE,
        "2023-04-07T00:44:02",
        97.58123934037035,
        42.857142857142854,
        98.7470226943819,
        81.51374540160556,
        7,
        21.01008853818596,
    ),
    (
        "bitcoin",
        CRASH,
        "2024-08-05T00:43:21",
        85.70149599586424,
        71.42857142857143,
        94.79479273248316,
        84.14760764666207,
        7,
        51.083040050047686,
    ),
    (
        "bitcoin",
        MISSING,
        "2025-01-10T00:50:58",
        80.43116656237189,
        60.0,
        98.73644483690104,
        79.79340007601907,
        5,
        59.760456008694675,
    ),
    (
        "bitcoin",
        MISSING,
        "2025-01-16T00:45:23",
        94.88070601493578,
        33.33333333333333,
        99.603941429642,
        77.83346483486692,
        6,
        30.565849444669766,
    ),
    (
        "bitcoin",
        LAST,
        "2025-04-30T01:07:02",
        97.61707448925156,
        42.857142857142854,
        98.89681058066472,
        81.5730158270429,
        7,
        20.85387028135519,
    ),
    (
        "pepe",
        AWAY,
        "2023-09-08T00:40:05",
        97.19288376296268,
        33.33333333333333,
        100.0,
        78.87715350518508,
        3,
        22.634016728351863,
    ),
    (
        "pepe",
        AWAY,
        "2023-10-27T00:41:21",
        0.0,
        33.33333333333333,
        100.0,
        40.0,
        3,
        379.83589936784557,
    ),
    (
        "pepe",
        AWAY,
        "2023-10-31T00:42:50",
        0.0,
        14.285714285714285,
        90.8313890338438,
        31.535130995867426,
        7,
        251.83889113308874,
    ),
    (
        "render-token",
        RENAMED,
        "2024-07-22T00:39:54",
        56.78800930145744,
        42.857142857142854,
        95.9159361471852,
        64.3471274218814,
        7,
        88.8042133149324,
    ),
    (
        "render-token",
        RENAMED,
        "2024-07-23T00:45:17",
        51.78168778384006,
        14.285714285714285,
        99.74746944465335,
        54.92263023264631,
        7,
        93.8074729403217,
    ),
    (
        "render-token",
        RENAMED,
        "2024-07-24T00:51:14",
        48.1713523248406,
        14.285714285714285,
        92.20911360800051,
        51.21698929805068,
        7,
        97.25599313521296,
    ),
]


@pytest.mark.parametrize(("coin", "over", "at", "due"), [(*row[:3], row[3:]) for row in CLASSIC])
def test_stability_its_parts_and_volatility(
    told: Told, coin: str, over: TimeRange, at: str, due: tuple[float, ...]
) -> None:
    *parts, score, days, volatility = due
    scores = [score, *parts]
    report = told(coin, over)
    rows = report.components
    rows = rows.set_index(rows["observed_at"].dt.strftime("%Y-%m-%dT%H:%M:%S")).loc[at]
    found = rows[["score", "variance", "trend", "reversion"]].tolist()
    assert found == pytest.approx(scores, rel=1e-10, abs=1e-10)
    assert rows["samples"] == days
    figure = stability.figure(report.components, report.rank_history, report.changes, over, INK)
    seen = [drawn.points(figure, row)[at] for row in (1, 2, 3, 4)]
    assert seen == pytest.approx(scores, rel=1e-10, abs=1e-10)
    swings = risk.figure(report.changes, report.history, report.components, over, INK)
    assert drawn.points(swings, 3)[at] == pytest.approx(volatility, rel=1e-10)
    stored = report.rank_history[report.rank_history["snapshot_at"] >= instant(at)].iloc[0]
    assert stored["stability_classic"] == pytest.approx(score, rel=1e-10)
    assert (stored["daily_changes"], stored["stability_samples"]) == (days, days)


@pytest.mark.parametrize(
    ("coin", "over", "at", "days"),
    [
        ("bitcoin", STALE, "2023-03-27T17:02:03", 0),
        ("bitcoin", STALE, "2023-03-29T00:54:43", 1),
        ("bitcoin", STALE, "2023-03-31T00:52:25", 1),
        ("pepe", AWAY, "2023-10-24T00:41:29", 0),
        ("pepe", AWAY, "2023-10-26T00:40:56", 2),
    ],
)
def test_too_few_days_make_no_score(
    told: Told, coin: str, over: TimeRange, at: str, days: int
) -> None:
    report = told(coin, over)
    rows = report.components
    row = rows[rows["observed_at"].dt.strftime("%Y-%m-%dT%H:%M:%S") == at].iloc[0]
    assert row["samples"] == days
    assert row[["score", "variance", "trend", "reversion", "volatility_pct"]].isna().all()
    figure = stability.figure(report.components, report.rank_history, report.changes, over, INK)
    assert [at in drawn.points(figure, panel) for panel in (1, 2, 3, 4)] == [False] * 4


def test_the_robust_model_has_too_few_points_here(told: Told) -> None:
    """One price a day makes no hourly returns; the table says on how many points it rests."""
    for coin, over in (("bitcoin", LAST), ("pepe", LAST), ("render-token", RENAMED)):
        report = told(coin, over)
        assert report.rank_history["stability_robust"].isna().all()
        assert report.rank_history["hourly_prices"].between(7, 8).all()
        assert report.robust.points == report.rank_history["hourly_prices"].iloc[-1]
        assert np.isnan(report.robust.volatility_pct)


# Rank and score

RANKS = [
    ("bitcoin", STALE, "2023-03-28T00:56:17", 1, 47.73204747071443, 0.40),
    ("bitcoin", STALE, "2023-04-07T00:45:26", 1, 49.12107676781093, 0.85),
    ("bitcoin", CRASH, "2024-08-05T00:55:23", 3, 51.17928779602143, 0.85),
    ("bitcoin", MISSING, "2025-01-10T01:49:53", 1, 61.066387721545794, 0.65),
    ("bitcoin", LAST, "2025-04-30T01:08:22", 2, 49.99129466532395, 0.85),
    ("pepe", AWAY, "2023-10-24T00:44:23", 90, 37.23927641205772, 0.40),
    ("pepe", AWAY, "2023-10-27T00:43:45", 92, 28.822326305052272, 0.85),
    ("pepe", LAST, "2025-04-30T01:08:22", 61, 37.836817569796395, 0.85),
    ("render-token", RENAMED, "2024-07-22T00:55:00", 72, 38.980242613957095, 0.85),
    ("render-token", RENAMED, "2024-07-23T00:53:37", 94, 31.905172863090947, 0.85),
    ("render-token", CRASH, "2024-08-05T00:55:23", 85, 38.61120727722927, 0.85),
]


@pytest.mark.parametrize(("coin", "over", "at", "due"), [(*row[:3], row[3:]) for row in RANKS])
def test_rank_and_score(
    told: Told, coin: str, over: TimeRange, at: str, due: tuple[int, float, float]
) -> None:
    rank, score, coverage = due
    report = told(coin, over)
    row = report.rank_history[report.rank_history["snapshot_at"] == instant(at)].iloc[0]
    assert row["rank"] == rank
    assert row["score"] == pytest.approx(score, rel=1e-10)
    assert row["coverage"] == pytest.approx(coverage)
    figure = rank_history.figure(report.rank_history, over, INK)
    assert drawn.points(figure, 1)[at] == rank
    assert drawn.points(figure, 2)[at] == pytest.approx(score, rel=1e-10)
    assert rank_history.weight_changes(report.rank_history).empty


# Who the coin is


def test_a_coin_that_changed_its_symbol_is_one_coin_under_the_newest(
    coins: CoinService, archive: Replayed
) -> None:
    names = coins.names().set_index("coin_id")
    assert names.loc["render-token", "symbol"].upper() == "RENDER"
    assert coins.profile("render-token").row["symbol"].upper() == "RENDER"
    market = MarketService(archive.database)
    for at, symbol in (("2024-07-22T00:55", "RNDR"), ("2024-07-23T00:54", "RENDER")):
        frame = market.ranking(at=instant(at)).frame.set_index("coin_id")
        assert frame.loc["render-token", "symbol"].upper() == symbol


def test_a_coin_that_left_is_shown_as_it_was_last_seen(coins: CoinService) -> None:
    """klay-token gave way to kaia in November 2024."""
    profile = coins.profile("klay-token")
    assert not profile.is_current
    assert profile.view.snapshot.at == instant("2024-11-01T01:05:41")
    assert profile.row["price"] == 0.144082
    assert np.isnan(coins.names().set_index("coin_id").loc["klay-token", "rank"])
    assert coins.profile("pepe").is_current


# Beside one another


def together(coins: CoinService, one: str, other: str, over: TimeRange) -> Comparison:
    return compare(coins.history([one, other], over), [one, other], over)


@pytest.mark.parametrize(
    ("other", "over", "due", "correlation"),
    [
        (
            "ethereum",
            span("2024-07-28", "2024-08-06T01:30"),
            {
                "2024-07-28": (100.0, 100.0),
                "2024-08-05": (83.73004760571268, 80.60088539833664),
                "2024-08-06": (82.05868914796092, 77.79465426862023),
            },
            0.8198311349527913,
        ),
        (
            "render-token",
            span("2025-01-04", "2025-01-14T01:30"),
            {
                "2025-01-08": (99.15693639258593, 102.375),
                "2025-01-09": (NAN, NAN),
                "2025-01-10": (94.50987997060506, 88.375),
                "2025-01-14": (96.43688250183719, 86.375),
            },
            0.9144702697909246,
        ),
        (
            "pepe",
            AWAY,
            {
                "2023-09-07": (92.81076401414039, NAN),
                "2023-09-08": (94.8236058004473, 90.31242014509982),
                "2023-10-01": (97.42803549527451, NAN),
                "2023-10-24": (120.60096674121637, 110.69827902274267),
                "2023-11-01": (124.6302575571748, 128.87886497716843),
            },
            0.47501032604593224,
        ),
    ],
)
def test_two_coins_from_a_common_hundred_on(
    coins: CoinService,
    other: str,
    over: TimeRange,
    due: dict[str, tuple[float, float]],
    correlation: float,
) -> None:
    compared = together(coins, "bitcoin", other, over)
    days = compared.instants.strftime("%Y-%m-%d")
    assert days.is_unique
    for day, values in due.items():
        found = compared.rebased[:, list(days).index(day)]
        assert found == pytest.approx(values, rel=1e-10, nan_ok=True)
    assert compared.correlations == pytest.approx(
        np.array([[1.0, correlation], [correlation, 1.0]]), rel=1e-10
    )
    figure = comparison.figure(compared, {"bitcoin": "BTC", other: "OTHER"}, over, INK)
    lines: dict[str, dict[str, float]] = {name: {} for name in ("BTC", "OTHER")}
    for trace in drawn.traces(figure):
        for run in drawn.runs(trace):
            lines[trace.name] |= {point.x[:10]: point.y for point in run}
    for day, values in due.items():
        found = tuple(lines[name].get(day, NAN) for name in ("BTC", "OTHER"))
        assert found == pytest.approx(values, rel=1e-10, nan_ok=True)


@pytest.mark.parametrize(
    ("other", "over", "changes", "volatility", "falls"),
    [
        (
            "ethereum",
            span("2024-07-28", "2024-08-06T01:30"),
            (-17.941310852039084, -22.205345731379765),
            (52.83119938565242, 76.25260929188006),
            (-19.135524538496174, -24.096592398032477),
        ),
        (
            "render-token",
            span("2025-01-04", "2025-01-14T01:30"),
            (-3.5631174981628155, -13.625),
            (48.78541838041176, 87.14472142562146),
            (-9.269329884280353, -21.566401816118052),
        ),
        (
            "pepe",
            AWAY,
            (24.630257557174808, 28.878864977168426),
            (38.692294945689966, 167.1167521536971),
            (-9.285044369093143, -12.868443565500453),
        ),
    ],
)
def test_key_figures_of_a_comparison(
    coins: CoinService,
    other: str,
    over: TimeRange,
    changes: tuple[float, float],
    volatility: tuple[float, float],
    falls: tuple[float, float],
) -> None:
    compared = together(coins, "bitcoin", other, over)
    assert compared.change_pct == pytest.approx(changes, rel=1e-10)
    assert compared.volatility_pct == pytest.approx(volatility, rel=1e-10)
    assert compared.drawdown_pct == pytest.approx(falls, rel=1e-10)
