"""Charts: few points, no gap bridged, no foreign markup, every reader's language, any data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from cointracker.analysis import stability_history
from cointracker.analysis.comparison import compare
from cointracker.analysis.series import HISTORY, OBSERVED, SPARKLINE
from cointracker.analysis.stability_history import PriceGrid
from cointracker.analysis.time_ranges import BEGINNING, TimeRange
from cointracker.core.i18n import language
from cointracker.features.coin.ui.charts import (
    comparison,
    price,
    rank_history,
    risk,
    score_breakdown,
    stability,
)
from cointracker.features.market.store import snapshots
from cointracker.ui.charts.chart_theme import ChartTheme
from tests.fakes import NOON
from tests.ui import drawn

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NAN = float("nan")
TEHRAN = ZoneInfo("Asia/Tehran")
ENGLISH = ChartTheme(language("en"), ZoneInfo("UTC"), is_dark=False)
PERSIAN = ChartTheme(language("fa"), TEHRAN, is_dark=True, currency="eur")
THEMES = pytest.mark.parametrize("theme", [ENGLISH, PERSIAN], ids=["en", "fa"])
MONTH = TimeRange(NOON - 30 * DAY, NOON)
COLUMNS = ["coin_id", "observed_at", "source", "kind", "price", "volume_24h", "market_cap"]
PERSIAN_MONTHS = (
    "فروردین",
    "اردیبهشت",
    "خرداد",
    "تیر",
    "مرداد",
    "شهریور",
    "مهر",
    "آبان",
    "آذر",
    "دی",
    "بهمن",
    "اسفند",
)


def history(
    step: timedelta = HOUR, count: int = 49, *, cost: Any = None, kinds: Any = OBSERVED
) -> pd.DataFrame:
    """Figures up to noon; prices wander unless they are given."""
    wander = 100 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.01, count)))
    times = pd.DatetimeIndex([NOON - step * back for back in range(count)][::-1], tz="UTC")
    found = pd.DataFrame({"observed_at": times.astype("datetime64[us, UTC]")})
    found = found.assign(coin_id="a", source="test", kind=kinds)
    found["price"] = wander if cost is None else np.full(count, cost, dtype=float)
    found["volume_24h"], found["market_cap"] = found["price"] * 1e6, found["price"] * 1e9
    return found[COLUMNS]


def standing(count: int, step: timedelta = HOUR, **fields: Any) -> pd.DataFrame:
    """Rows of `CoinService.rank_history`; what is not given is in the middle."""
    names = [*snapshots.COLUMNS, *snapshots.RANK_HISTORY_COLUMNS]
    found = pd.DataFrame(dict.fromkeys(names, 50.0), index=range(count))
    times = pd.DatetimeIndex([NOON - step * back for back in range(count)][::-1], tz="UTC")
    found["snapshot_at"] = times.astype("datetime64[us, UTC]")
    found["rank"] = 1 + np.arange(count) % 7
    return found.assign(**fields)


def figures(
    rows: pd.DataFrame, stood: pd.DataFrame, span: TimeRange, theme: ChartTheme
) -> dict[str, go.Figure]:
    """Every chart of a coin's page for these rows."""
    grid = PriceGrid(rows)
    parts = stability_history.components(grid, span.since, 7)
    changes = stability_history.daily_changes(grid, max(span.since, NOON - 800 * DAY))
    symbols = {coin: coin.upper() for coin in "abcdef"}
    every = pd.concat([rows.assign(coin_id=coin) for coin in symbols], ignore_index=True)
    found = {
        f"{what} {is_log}": price.figure(rows, span, theme, what=what, is_log=is_log)
        for what in ("price", "market_cap")
        for is_log in (False, True)
    }
    return found | {
        "risk": risk.figure(changes, rows, parts, span, theme),
        "stability": stability.figure(parts, stood, changes, span, theme),
        "peg": stability.peg(rows, span, theme),
        "places": rank_history.figure(stood, span, theme),
        "compare": comparison.figure(compare(every, list(symbols), span), symbols, span, theme),
    }


def labels(figure: go.Figure) -> list[str]:
    """All tick texts of a figure."""
    axes = [axis for name, axis in figure.to_dict()["layout"].items() if "axis" in name]
    return [str(text) for axis in axes for text in axis.get("ticktext", [])]


# Whatever is stored

ODD = {
    "nothing": history(count=0),
    "nothing, untyped": history(count=0).astype(object),
    "one row": history(count=1),
    "two rows": history(count=2),
    "two at one price": history(count=2, cost=1.0),
    "no price": history(count=5, cost=NAN),
    "one price": history(count=5).assign(price=[NAN, 3.0, NAN, NAN, NAN]),
    "a tiny price": history(DAY, 20, cost=1e-12),
    "tiny prices": history(DAY, 20).assign(price=np.linspace(1e-12, 3e-12, 20)),
    "a huge price": history(DAY, 20, cost=1e12),
    "all sizes": history(DAY, 20).assign(price=np.geomspace(1e-12, 1e12, 20)),
    "no volume": history(count=5).assign(volume_24h=NAN),
    "volume 0": history(count=5).assign(volume_24h=0.0),
    "cap 0": history(count=5).assign(market_cap=0.0),
    "all alone": history(30 * DAY, 6),
}


@pytest.mark.parametrize(
    "theme", [ENGLISH, pytest.param(PERSIAN, marks=pytest.mark.slow)], ids=["en", "fa"]
)
@pytest.mark.parametrize("rows", ODD.values(), ids=ODD)
def test_every_chart_can_be_drawn(rows: pd.DataFrame, theme: ChartTheme) -> None:
    rows = rows.assign(observed_at=pd.to_datetime(rows["observed_at"], utc=True))
    for span, stood in (
        (MONTH, standing(0)),
        (TimeRange(BEGINNING, NOON), standing(1)),
        (TimeRange(NOON, NOON), standing(3, score=NAN, rank=0)),
    ):
        for figure in figures(rows, stood, span, theme).values():
            drawn.shipped(figure)


@THEMES
def test_scores_that_are_missing_can_be_drawn(theme: ChartTheme) -> None:
    stood = standing(5, score=[1.0, NAN, 3.0, NAN, NAN], rank=[1, 0, 2, 0, 0])
    drawn.shipped(rank_history.figure(stood, MONTH, theme))
    drawn.shipped(rank_history.figure(standing(3, stability_robust=NAN), MONTH, theme))


@pytest.mark.parametrize("score", [0.0, 0.3, 55.5, 100.0])
@pytest.mark.parametrize("points", [[NAN] * 5, [0.0] * 5, [20.0, NAN, 10.0, 15.0, 10.5]])
@THEMES
def test_the_waterfall_adds_up(points: list[float], score: float, theme: ChartTheme) -> None:
    names = ["one", "two", "three", "four", "five"]
    figure = score_breakdown.figure(names, points, score, "Score", theme)
    (bar,) = figure.data
    drawn.shipped(figure)
    known = np.nan_to_num(points)
    assert list(bar.x) == pytest.approx([*known, score])
    assert list(bar.base) == pytest.approx([*(np.cumsum(known) - known), 0.0])
    assert list(bar.y) == [*names, "Score"]
    assert [text == "—" for text in bar.text[:5]] == [bool(np.isnan(p)) for p in points]
    low, high = figure.layout.xaxis.range
    assert (low > high) == theme.language.is_rtl
    assert max(low, high) > score


# Few points


@THEMES
@pytest.mark.slow
def test_two_years_of_five_minutes_ship_a_few_thousand_points(theme: ChartTheme) -> None:
    count = 2 * 365 * 288
    rows, stood = history(5 * MINUTE, count), standing(count, 5 * MINUTE, stability_robust=60.0)
    for name, figure in figures(rows, stood, TimeRange(NOON - 730 * DAY, NOON), theme).items():
        assert 100 < drawn.size(figure) < 5_000, name
    found = drawn.points(price.figure(rows, MONTH, ENGLISH, what="price", is_log=False))
    assert max(found.values()) == rows["price"].max()
    assert min(found.values()) == rows["price"].min()
    assert found["2026-03-09T12:00:00"] == rows["price"].iloc[-1]


# Gaps


@pytest.mark.parametrize("count", [200, 20_000])
def test_no_line_crosses_a_gap(count: int) -> None:
    step = 30 * DAY / count
    rows = history(step, count)
    rows = rows.drop(range(count // 2, count // 2 + 20)).reset_index(drop=True)
    before, after = rows["observed_at"][count // 2 - 1], rows["observed_at"][count // 2]
    stood = standing(count, step).drop(range(count // 2, count // 2 + 20)).reset_index(drop=True)
    drawings = figures(rows, stood, MONTH, ENGLISH)
    charts = [
        ("price False", 1),
        ("market_cap True", 1),
        ("risk", 2),
        ("peg", 1),
        ("places", 1),
        ("places", 2),
    ]
    if (
        count < stability_history.MAX_ENDS
    ):  # else the hole is smaller than the way between two scores
        charts.append(("stability", 1))
    for name, row in charts:
        strokes = [
            (pd.Timestamp(run[0].x, tz="UTC"), pd.Timestamp(run[-1].x, tz="UTC"))
            for run in drawn.strokes(drawings[name], row)
        ]
        assert not [name for first, last in strokes if first <= before and last >= after]
        assert len(strokes) >= 2, name


def test_no_line_crosses_a_missing_score() -> None:
    parts = stability_history.components(PriceGrid(history(DAY, 30)), MONTH.since, 7)
    for column in ("score", "variance", "trend", "reversion", "volatility_pct"):
        parts.loc[15, column] = NAN
    empty = pd.DataFrame({"observed_at": pd.to_datetime([], utc=True), "change_pct": []})
    figure = stability.figure(parts, standing(0), empty, MONTH, ENGLISH)
    swings = risk.figure(empty, history(count=0), parts, MONTH, ENGLISH)
    for found, row in ((figure, 1), (figure, 2), (figure, 3), (figure, 4), (swings, 3)):
        assert len(drawn.strokes(found, row)) == 2, row


def test_a_price_with_nothing_around_it_is_a_dot() -> None:
    rows = history(DAY, 30)
    rows = rows.drop([10, 11, 13, 14]).reset_index(drop=True)
    figure = price.figure(rows, MONTH, ENGLISH, what="price", is_log=False)
    assert [len(run) for run in drawn.strokes(figure)] == [10, 1, 15]
    assert [trace.mode for trace in drawn.traces(figure)] == ["lines", "markers"]


# Where points come from


def kinds(rows: pd.DataFrame) -> dict[str, set[str]]:
    """The instants, as hours of the day, that the strokes of each kind touch."""
    figure = price.figure(rows, MONTH, ENGLISH, what="price", is_log=False)
    found: dict[str, set[str]] = {}
    for trace in drawn.traces(figure):
        touched = {point.x[11:13] for run in drawn.runs(trace) for point in run}
        found[trace.name] = found.get(trace.name, set()) | touched
    return found


def test_points_that_were_not_observed_are_strokes_of_their_own() -> None:
    rows = history(count=6, kinds=[HISTORY, HISTORY, SPARKLINE, OBSERVED, OBSERVED, SPARKLINE])
    assert kinds(rows) == {
        "back-filled": {"07", "08"},
        "from a sparkline": {"08", "09", "10", "11", "12"},
        "observed": {"10", "11"},
    }
    assert price.kinds(rows) == [OBSERVED, HISTORY, SPARKLINE]
    figure = price.figure(rows, MONTH, ENGLISH, what="price", is_log=False)
    looks = {trace.name: (trace.line.color, trace.line.width) for trace in drawn.traces(figure)}
    assert len(set(looks.values())) == 3


def test_one_filled_point_among_observed_ones_is_not_observed() -> None:
    rows = history(count=5, kinds=[OBSERVED, OBSERVED, HISTORY, OBSERVED, OBSERVED])
    assert kinds(rows) == {"back-filled": {"09", "10", "11"}, "observed": {"08", "09", "11", "12"}}
    figure = price.figure(rows, MONTH, ENGLISH, what="price", is_log=False)
    observed = next(trace for trace in drawn.traces(figure) if trace.name == "observed")
    assert [len(run) for run in drawn.runs(observed)] == [2, 2]


def test_kinds_stay_apart_when_there_are_many_points() -> None:
    rows = history(5 * MINUTE, 8_000, kinds=[HISTORY] * 4_000 + [OBSERVED] * 4_000)
    figure = price.figure(rows, MONTH, ENGLISH, what="price", is_log=True)
    middle = (rows["observed_at"][4_000] + HOUR).strftime("%Y-%m-%dT%H:%M:%S")
    for trace in drawn.traces(figure):
        seen = [point.x for run in drawn.runs(trace) for point in run]
        assert max(seen) <= middle or trace.name == "observed"
        assert min(seen) >= "2026-02-23T13:45:00" or trace.name == "back-filled"


# Volumes, changes, ranks


def test_volume_bars_are_the_largest_of_their_stretch() -> None:
    rows = history(5 * MINUTE, 5_000)
    found = drawn.bars(price.figure(rows, MONTH, ENGLISH, what="price", is_log=False), 2)
    assert 100 < len(found) <= 181
    assert max(bar.y for bar in found) == rows["volume_24h"].max()
    assert all("M" in bar.text or "B" in bar.text for bar in found)


def test_daily_changes_stand_in_the_middle_of_their_day() -> None:
    ends = pd.to_datetime([NOON - DAY, NOON], utc=True)
    changes = pd.DataFrame({"observed_at": ends, "change_pct": [-1.5, NAN]})
    figure = risk.figure(changes, history(count=0), ODD_PARTS, MONTH, ENGLISH)
    (bar,) = drawn.bars(figure)
    assert (bar.x, bar.y) == ("2026-03-08T00:00:00", -1.5)
    assert "▼ 1.50" in bar.text
    assert "12:00, 8 Mar 2026" in bar.text


ODD_PARTS = stability_history.components(PriceGrid(history(count=0)), NOON, 7)


def test_rank_one_is_on_top_and_ticks_are_whole() -> None:
    for worst in (1, 2, 3, 100, 997):
        figure = rank_history.figure(standing(3, rank=[1, worst, 1]), MONTH, ENGLISH)
        bottom, top = figure.layout.yaxis.range
        assert bottom > worst >= 1 > top
        ticks = list(figure.layout.yaxis.tickvals)
        assert ticks[0] == 1
        assert all(tick % 1 == 0 and tick <= worst for tick in ticks)


def test_a_change_of_weights_is_marked_once_and_tells_the_new_ones() -> None:
    stood = standing(6, weight_social=[15.0, 15.0, 15.0, 0.0, 0.0, 0.0], score=[1, 2, 3, 4, 5, 6])
    marked = rank_history.weight_changes(stood)
    assert marked.index.tolist() == [3]
    figure = rank_history.figure(stood, MONTH, ENGLISH)
    diamonds = next(t for t in drawn.traces(figure, 2) if t.mode == "markers")
    assert list(diamonds.x) == ["2026-03-09T10:00:00"]
    assert "<b>0.0</b>" in diamonds.text[0]
    assert {shape.x0 for shape in figure.layout.shapes} == {"2026-03-09T10:00:00"}
    assert rank_history.weight_changes(stood.iloc[:3]).empty
    assert rank_history.weight_changes(stood.iloc[3:]).empty
    assert rank_history.weight_changes(stood.iloc[:0]).empty


def test_an_unranked_stretch_has_no_rank() -> None:
    stood = standing(6, rank=[1, 2, 0, 0, 3, 4], score=[9, 8, NAN, NAN, 7, 6])
    figure = rank_history.figure(stood, MONTH, ENGLISH)
    assert [[p.y for p in run] for run in drawn.strokes(figure, 1)] == [[1, 2], [3, 4]]
    assert [[p.y for p in run] for run in drawn.strokes(figure, 2)] == [[9, 8], [7, 6]]


def test_the_robust_score_is_drawn_beside_the_classic_one() -> None:
    rows = history(DAY, 30)
    parts = stability_history.components(PriceGrid(rows), MONTH.since, 7)
    empty = pd.DataFrame({"observed_at": pd.to_datetime([], utc=True), "change_pct": []})
    figure = stability.figure(parts, standing(4, stability_robust=72.5), empty, MONTH, ENGLISH)
    classic, robust = drawn.traces(figure, 1)
    assert robust.line.dash == "dot"
    assert {point.y for run in drawn.runs(robust) for point in run} == {72.5}
    assert len(drawn.runs(classic)[0]) == 27


def test_the_distance_from_the_peg() -> None:
    figure = stability.peg(
        history(count=3, cost=1.0).assign(price=[1.0, 0.98, 1.03]), MONTH, ENGLISH
    )
    assert list(drawn.points(figure).values()) == pytest.approx([0.0, -2.0, 3.0])


# Beside one another


def pair(symbols: dict[str, str], theme: ChartTheme = ENGLISH) -> go.Figure:
    rows = [history(DAY, 20).assign(coin_id=coin) for coin in symbols]
    compared = compare(pd.concat(rows, ignore_index=True), list(symbols), MONTH)
    return comparison.figure(compared, symbols, MONTH, theme)


def test_foreign_markup_stays_text() -> None:
    """Plotly draws some HTML in its texts, links among it."""
    evil = "<a href='javascript:alert(1)'>X</a>&amp;<br><b>"
    figure = pair({"a": evil, "b": "\"quoted\" & 'so'"})
    shown = [text for trace in figure.data for text in [*trace.text, trace.name]]
    shown += [note.text for note in figure.layout.annotations]
    assert len(shown) > 10
    for text in shown:
        rest = str(text).replace("<br>", "", 1).replace("<b>", "", 1).replace("</b>", "", 1)
        assert "<" not in rest
        assert ">" not in rest
    assert any("&lt;a href='javascript:alert(1)'&gt;X&lt;/a&gt;&amp;amp;" in t for t in shown)
    assert any("\"quoted\" &amp; 'so'" in text for text in shown)


def test_six_lines_can_be_told_apart() -> None:
    figure = pair({coin: coin.upper() for coin in "abcdef"})
    looks = {(trace.line.color, trace.line.dash) for trace in figure.data}
    assert len(looks) == len({colour for colour, _ in looks}) == 6
    assert [note.text.split()[0] for note in figure.layout.annotations] == list("ABCDEF")
    heights = [note.y for note in figure.layout.annotations]
    values = drawn.points(figure).values()
    spread = max(values) - min(values)
    assert all(b - a >= spread / 20 for a, b in pairwise(sorted(heights)))


# For every reader


@pytest.mark.slow
def test_persian_charts_have_persian_digits_and_jalali_months() -> None:
    rows, stood = history(DAY, 700), standing(700, DAY)
    for days in (2, 10, 60, 700):
        span = TimeRange(NOON - days * DAY, NOON)
        for name, figure in figures(rows, stood, span, PERSIAN).items():
            texts = labels(figure)
            assert texts, name
            for trace in figure.data:
                texts += [text for text in drawn.listed(trace.text) if text]
            latin = [t for t in texts if any(c in "0123456789" for c in t)]
            assert latin == [], name
            times = [str(text) for text in figure.layout.xaxis.ticktext]
            assert any(month in text for text in times for month in PERSIAN_MONTHS), (name, days)
            assert not any(
                c.isascii() and c.isalpha() for text in times for c in text.replace("<br>", "")
            ), name


def test_instants_are_those_of_the_reader() -> None:
    rows = history(count=1)
    figure = price.figure(rows, MONTH, PERSIAN, what="price", is_log=False)
    (point,) = [point for run in drawn.strokes(figure) for point in run]
    assert point.x == "2026-03-09T15:30:00"
    assert "۱۵:۳۰" in point.text
    assert "۱۸ اسفند ۱۴۰۴" in point.text


@pytest.mark.parametrize(
    "draw",
    [
        lambda theme: price.figure(history(), MONTH, theme, what="price", is_log=False),
        lambda theme: rank_history.figure(standing(5), MONTH, theme),
    ],
)
def test_values_stand_on_the_reading_side(draw: Callable[[ChartTheme], go.Figure]) -> None:
    assert draw(ENGLISH).layout.yaxis.side == "right"
    assert draw(PERSIAN).layout.yaxis.side == "left"


def test_logarithmic_axes() -> None:
    rows = history(DAY, 30).assign(price=np.geomspace(0.02, 900, 30))
    figure = price.figure(rows, MONTH, ENGLISH, what="price", is_log=True)
    axis = figure.layout.yaxis
    assert axis.type == "log"
    ticks = list(axis.tickvals)
    assert ticks == sorted(ticks)
    assert 2 <= len(ticks) <= 6
    assert all(0.02 <= tick <= 900 for tick in ticks)
    plain = price.figure(rows, MONTH, ENGLISH, what="price", is_log=False)
    assert plain.layout.yaxis.type == "linear"


def test_a_price_that_stands_still_is_named_in_full() -> None:
    for cost, text in ((27136.53, "27,136.53"), (1e-12, "0.0000000000010")):
        figure = price.figure(
            history(count=4, cost=cost), MONTH, ENGLISH, what="price", is_log=False
        )
        assert list(figure.layout.yaxis.tickvals) == [cost]
        assert text in figure.layout.yaxis.ticktext[0]


def test_a_span_of_centuries_is_drawn() -> None:
    for theme in (ENGLISH, PERSIAN):
        wide = TimeRange(BEGINNING, datetime(2100, 1, 1, tzinfo=UTC))
        ticks = rank_history.figure(standing(3), wide, theme).layout.xaxis.ticktext
        assert 2 <= len(ticks) <= 5
