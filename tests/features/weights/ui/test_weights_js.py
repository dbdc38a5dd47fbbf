"""The panel's rules in Chromium: the same ranking as Python's, and weights that stay at 100."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, Route, sync_playwright

from cointracker.features.weights.service import BUILT_IN
from cointracker.features.weights.ui import script
from cointracker.providers.markets import read_markets
from cointracker.ranking.factors import FACTOR_KEYS, FloatArray, factor_matrix
from cointracker.ranking.score import rank_coins
from cointracker.ranking.weights import DEFAULT_WEIGHTS, Weights
from tests.chromium import executable
from tests.recordings import recordings

pytestmark = pytest.mark.browser

Ask = Callable[..., Any]
SITE = "http://panel.test"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
CALL = """
async ([file, name, given]) => {
  const unpacked = JSON.parse(given, (_, value) => value === "NaN" ? NaN : value);
  const answer = (await import(`/${file}`))[name](...unpacked);
  return JSON.stringify(answer, (_, value) =>
    ArrayBuffer.isView(value) ? [...value] : Number.isNaN(value) ? "NaN" : value);
}
"""
RANK = """
async (given) => {
  const { rankCoins, toMarket, contributions, sharesOf } = await import("/ranking.js");
  const [data, sets] = JSON.parse(given);
  const market = toMarket(data);
  let start;
  return JSON.stringify(sets.map((weights) => {
    const { score, rank, order } = rankCoins(market, weights, start);
    start = order;
    const points = order.map((_, coin) => contributions(market, sharesOf(weights), coin));
    return { score: [...score], rank: [...rank], order, points };
  }));
}
"""
SWAP = """
async (given) => {
  const { toMarket, swapByWeight, swapByFactor } = await import("/ranking.js");
  const [data, weights, lower, higher] = JSON.parse(given);
  const market = toMarket(data);
  const pair = [market, weights, lower, higher];
  return [swapByWeight(...pair), swapByFactor(...pair)];
}
"""
WEIGHTS = (
    *(tuple(preset.weights) for preset in BUILT_IN),
    (100.0, 0.0, 0.0, 0.0, 0.0),
    (0.0, 0.0, 0.0, 0.0, 100.0),
    (33.3, 0.1, 33.3, 33.2, 0.1),
    (1e-9, 1.0, 1e9, 3.0, 7.0),
    tuple(w * 100 for w in (1 / 3, 1 / 7, 0.1, 0.2, 1 - 1 / 3 - 1 / 7 - 0.3)),
)


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """Evaluates a function in a page that has the panel's scripts as modules.

    Playwright lives in a thread of its own: the session may have another one in this thread.
    """
    with ExitStack() as stack, ThreadPoolExecutor(max_workers=1) as thread:

        def opened() -> Page:
            playwright = stack.enter_context(sync_playwright())
            chromium = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
            stack.callback(chromium.close)
            page = chromium.new_page()
            page.route(f"{SITE}/**", _served)
            page.goto(SITE)
            return page

        page = thread.submit(opened).result()
        yield lambda source, given: thread.submit(page.evaluate, source, given).result()
        thread.submit(stack.close).result()


def _served(route: Route) -> None:
    name = route.request.url.removeprefix(f"{SITE}/")
    if name.endswith(".js"):
        body = script.panel() if name == "whole.js" else script.text(name)
        route.fulfill(content_type="text/javascript", body=body)
    else:
        route.fulfill(content_type="text/html", body="<!doctype html>")


@pytest.fixture(scope="module")
def call(ask: Ask) -> Ask:
    """Calls a function of a module: `call("weights.js", "rebalance", weights, …)`."""

    def called(file: str, name: str, *given: Any) -> Any:
        packed = json.dumps(given).replace("NaN", '"NaN"')
        return json.loads(ask(CALL, [file, name, packed]), object_hook=None)

    return called


class MarketRow:
    """A market as both sides take it."""

    def __init__(self, ids: list[str], cap: FloatArray, factors: FloatArray) -> None:
        self.ids, self.cap, self.factors = ids, cap, factors

    def for_script(self) -> dict[str, Any]:
        return {"ids": self.ids, "caps": _known(self.cap), "factors": _known(self.factors.ravel())}

    def ranked(self, weights: Weights) -> Any:
        return rank_coins(self.factors, weights, cap=self.cap, coin_ids=np.array(self.ids, str))


def _known(values: FloatArray) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values.tolist()]


def assert_agree(ask: Ask, market: MarketRow, sets: list[tuple[float, ...]]) -> None:
    answers = json.loads(ask(RANK, json.dumps([market.for_script(), sets])))
    for weights, answer in zip(sets, answers, strict=True):
        wanted = market.ranked(Weights.of(weights))
        assert answer["order"] == wanted.order.tolist(), weights
        assert answer["rank"] == wanted.rank.tolist(), weights
        np.testing.assert_allclose(_numbers(answer["score"]), wanted.score, rtol=0, atol=1e-9)
        points = _numbers(answer["points"])
        np.testing.assert_allclose(points, wanted.contributions, rtol=0, atol=1e-9)


def _numbers(values: Any) -> FloatArray:
    return np.array(values, dtype=np.float64)


# The ranking


def random_market(seed: int, coins: int) -> MarketRow:
    """Coins with gaps, equal factors and caps, and ids that tell two orders of text apart."""
    chance = np.random.default_rng(seed)
    factors = chance.uniform(0, 100, (coins, len(FACTOR_KEYS)))
    coarse = chance.random(coins) < 0.5
    factors[coarse] = np.round(factors[coarse], -1)
    factors[chance.random(factors.shape) < 0.15] = np.nan
    factors[chance.random(coins) < 0.03] = np.nan
    cap = np.round(chance.lognormal(20, 2, coins), -8)
    cap[chance.random(coins) < 0.1] = np.nan
    letters = ["a", "Z", "é", "\ue000", "\uffee", "😀", "-", "۱"]
    ids = ["".join(chance.choice(letters, 3)) + f"{number:x}"[::-1] for number in range(coins)]
    return MarketRow(ids, cap, factors)


@pytest.mark.parametrize("seed", range(12))
def test_random_markets_rank_as_in_python(ask: Ask, seed: int) -> None:
    market = random_market(seed, coins=3 * 4**seed if seed < 5 else 400)
    chance = np.random.default_rng(seed)
    sets = [tuple(np.round(chance.dirichlet(np.ones(5)) * 100, 1).tolist()) for _ in range(20)]
    assert_agree(ask, market, [*WEIGHTS, *sets])


factor = st.one_of(st.none(), st.sampled_from([0.0, 50.0, 100.0]), st.floats(0, 100))
coin = st.tuples(st.lists(factor, min_size=5, max_size=5), st.one_of(st.none(), st.floats(0, 1e13)))
weight = st.one_of(st.just(0.0), st.floats(0, 100))


@given(
    coins=st.dictionaries(st.text(min_size=1, max_size=3), coin, min_size=1, max_size=12),
    weights=st.tuples(weight, weight, weight, weight, weight).filter(any),
)
def test_any_market_ranks_as_in_python(
    ask: Ask,
    coins: dict[str, tuple[list[float | None], float | None]],
    weights: tuple[float, ...],
) -> None:
    ids = [name.rstrip("\0") for name in coins]
    factors = np.array([values for values, _ in coins.values()], dtype=np.float64)
    cap = np.array([cap for _, cap in coins.values()], dtype=np.float64)
    if len(set(ids)) == len(ids):
        assert_agree(ask, MarketRow(ids, cap, factors), [weights])


def recorded_market(rows: list[dict[str, Any]]) -> MarketRow:
    """A recorded market; what its rows do not hold is chance, with gaps."""
    markets, _ = read_markets(rows, datetime(2030, 1, 1, tzinfo=UTC))
    chance = np.random.default_rng(len(markets))

    def column(values: Any) -> FloatArray:
        return np.array(list(values), dtype=np.float64)

    stability, volume = chance.uniform(0, 100, (2, len(markets)))
    pegged = column(m.price for m in markets)
    stability[np.abs(pegged - 1) < 0.02] = 100.0
    volume[chance.random(len(markets)) < 0.3] = np.nan
    cap = column(m.market_cap for m in markets)
    factors = factor_matrix(
        {
            "change_24h_pct": column(m.change_24h_pct for m in markets),
            "volume_change_24h_pct": volume * 5,
            "stability": stability,
            "market_cap": cap,
            "standing": column(m.market_cap_rank for m in markets),
        }
    )
    return MarketRow([m.coin_id for m in markets], cap, factors)


def test_recorded_markets_rank_as_in_python(ask: Ask) -> None:
    files = sorted((recordings() / "coingecko" / "markets").glob("*.json"))
    assert len(files) > 5
    gaps = 0
    for file in files:
        market = recorded_market(json.loads(file.read_text(encoding="utf-8")))
        gaps += int(np.isnan(market.factors).sum())
        assert_agree(ask, market, [*WEIGHTS])
        market.factors = np.round(market.factors, -1)
        assert_agree(ask, market, [*WEIGHTS])
    assert gaps > 0


def test_coins_without_a_weighted_factor_come_last_without_a_rank(ask: Ask) -> None:
    gap = np.nan
    factors = np.array([[gap] * 5, [0.0] * 5, [90.0, gap, gap, gap, gap]])
    market = MarketRow(["a", "b", "c"], np.array([9.0, 1.0, 2.0]), factors)
    (only_social,) = json.loads(ask(RANK, json.dumps([market.for_script(), [[0, 0, 0, 0, 1]]])))
    assert only_social["order"] == [1, 0, 2]
    assert only_social["rank"] == [0, 1, 0]
    assert only_social["score"] == [None, 0, None]


# What would make two coins swap places


def pairs() -> Iterator[tuple[MarketRow, tuple[float, ...], int, int]]:
    for seed in range(60):
        market = random_market(seed + 100, coins=2)
        weights = np.random.default_rng(seed).dirichlet(np.ones(5)) * 100
        ranked = market.ranked(Weights.of(weights.tolist()))
        if (ranked.rank > 0).all() and ranked.score[0] != ranked.score[1]:
            higher, lower = ranked.order.tolist()
            yield market, tuple(weights.tolist()), lower, higher


def shifted(weights: tuple[float, ...], index: int, share: float) -> Weights:
    """The weights with one of them at a share of 100, the others in proportion."""
    others = 100 - weights[index]
    return Weights.of(
        [share if k == index else w * (100 - share) / others for k, w in enumerate(weights)]
    )


def leader(market: MarketRow, weights: Weights) -> int:
    score = market.ranked(weights).score
    return -1 if np.isnan(score).any() else int(np.nanargmax(score))


@pytest.mark.slow
def test_a_swap_by_weight_is_the_smallest_there_is(ask: Ask) -> None:
    found = 0
    for market, weights, lower, higher in pairs():
        given = json.dumps([market.for_script(), weights, lower, higher])
        swap, _ = ask(SWAP, given)
        reach = 100.0 if swap is None else abs(swap["to"] - swap["from"])
        for index, share in itertools.product(range(5), np.linspace(0.5, 99.5, 199)):
            if abs(share - weights[index]) < reach - 1e-6:
                assert leader(market, shifted(weights, index, float(share))) != lower
        if swap is None:
            continue
        found += 1
        index, to = swap["factor"], swap["to"]
        assert swap["from"] == pytest.approx(weights[index])
        level = market.ranked(shifted(weights, index, to)).score
        assert level[lower] == pytest.approx(level[higher], abs=1e-6)
        beyond = to + math.copysign(min(1e-3, to / 2, (100 - to) / 2), to - weights[index])
        assert leader(market, shifted(weights, index, beyond)) == lower
    assert 10 < found < 60


def test_a_swap_by_factor_brings_the_scores_level(ask: Ask) -> None:
    found = 0
    for market, weights, lower, higher in pairs():
        _, rise = ask(SWAP, json.dumps([market.for_script(), weights, lower, higher]))
        if rise is None:
            continue
        found += 1
        factors = market.factors.copy()
        assert factors[lower, rise["factor"]] == rise["from"] < rise["to"] <= 100
        factors[lower, rise["factor"]] = rise["to"]
        score = MarketRow(market.ids, market.cap, factors).ranked(Weights.of(weights)).score
        assert score[lower] == pytest.approx(score[higher], abs=1e-9)
    assert found > 10


# Weights that stay at 100

FREE = [False] * 5


def locks(*indexes: int) -> list[bool]:
    return [k in indexes for k in range(5)]


@pytest.mark.parametrize(
    ("weights", "locked", "index", "value", "expected"),
    [
        ([25, 20, 25, 15, 15], FREE, 0, 40, [40, 16, 20, 12, 12]),
        ([25, 20, 25, 15, 15], FREE, 0, 0, [0, 26.7, 33.3, 20, 20]),
        ([25, 20, 25, 15, 15], FREE, 2, 100, [0, 0, 100, 0, 0]),
        ([25, 20, 25, 15, 15], FREE, 2, 250, [0, 0, 100, 0, 0]),
        ([25, 20, 25, 15, 15], FREE, 1, -3, [31.3, 0, 31.3, 18.7, 18.7]),
        ([0, 0, 100, 0, 0], FREE, 2, 60, [10, 10, 60, 10, 10]),
        ([0, 0, 100, 0, 0], FREE, 2, 0, [25, 25, 0, 25, 25]),
        ([25, 20, 25, 15, 15], locks(3), 0, 45, [45, 13.3, 16.7, 15, 10]),
        ([25, 20, 25, 15, 15], locks(3), 0, 100, [85, 0, 0, 15, 0]),
        ([25, 20, 25, 15, 15], locks(1, 2, 3), 0, 40, [40, 20, 25, 15, 0]),
        ([25, 20, 25, 15, 15], locks(0), 0, 40, [25, 20, 25, 15, 15]),
        ([25, 20, 25, 15, 15], locks(1, 2, 3, 4), 0, 40, [25, 20, 25, 15, 15]),
        ([25, 20, 25, 15, 15], FREE, 0, math.nan, [25, 20, 25, 15, 15]),
    ],
)
def test_the_others_give_way(
    call: Ask,
    weights: list[float],
    locked: list[bool],
    index: int,
    value: float,
    expected: list[float],
) -> None:
    assert call("weights.js", "rebalance", weights, locked, index, value) == pytest.approx(expected)


@given(
    start=st.lists(st.integers(0, 1000), min_size=5, max_size=5).filter(any),
    moves=st.lists(
        st.tuples(
            st.lists(st.booleans(), min_size=5, max_size=5),
            st.integers(0, 4),
            st.floats(-10, 120),
        ),
        max_size=6,
    ),
)
def test_whatever_is_moved_weights_stay_at_100(
    call: Ask, start: list[int], moves: list[tuple[list[bool], int, float]]
) -> None:
    weights = [part * 100 / sum(start) for part in start]
    for locked, index, value in moves:
        moved = call("weights.js", "rebalance", weights, locked, index, value)
        assert sum(moved) == pytest.approx(100, abs=1e-9)
        assert min(moved) >= 0
        assert max(moved) > 0
        for k in range(5):
            assert not locked[k] or moved[k] == weights[k]
        givers = [k for k in range(5) if k != index and not locked[k]]
        before, after = (sum(w[k] for k in givers) for w in (weights, moved))
        for k in givers:
            assert before == 0 or moved[k] == pytest.approx(weights[k] * after / before, abs=0.2)
        weights = moved


def test_there_and_back_from_where_a_handle_was_taken_changes_nothing(call: Ask) -> None:
    start = list(DEFAULT_WEIGHTS)
    assert call("weights.js", "rebalance", start, FREE, 0, 25) == start


def test_a_handle_moves_only_where_something_can_give_way(call: Ask) -> None:
    def can_move(weights: list[float], *locked: int) -> list[bool]:
        return [call("weights.js", "canMove", weights, locks(*locked), k) for k in range(5)]

    assert can_move([25, 20, 25, 15, 15]) == [True] * 5
    assert can_move([25, 20, 25, 15, 15], 3) == [True, True, True, False, True]
    assert can_move([25, 20, 25, 15, 15], 0, 1, 2, 3) == [False] * 5
    assert can_move([50, 50, 0, 0, 0], 0, 1) == [False] * 5


# Numbers

READ = """
async ([format, value, typed]) => {
  const { numbers } = await import("/numbers.js");
  const { fixed, weight, parse, pair } = numbers(format);
  return [fixed(value, 1), fixed(NaN, 1), weight(value), weight(25), parse(typed),
    pair(value, value + 0.004)];
}
"""
ENGLISH = {"digits": "0123456789", "decimal": ".", "group": ","}
PERSIAN = {"digits": "۰۱۲۳۴۵۶۷۸۹", "decimal": "٫", "group": "٬"}


def test_numbers_are_written_and_read_in_the_readers_digits(ask: Ask) -> None:
    english = ["1,234.6", "—", "1,234.6", "25", 12.5, ["1,234.560", "1,234.564"]]
    assert ask(READ, [ENGLISH, 1234.56, " 12.5"]) == english
    persian = ["۱٬۲۳۴٫۶", "—", "۱٬۲۳۴٫۶", "۲۵", 12.5, ["۱٬۲۳۴٫۵۶۰", "۱٬۲۳۴٫۵۶۴"]]
    assert ask(READ, [PERSIAN, 1234.56, "۱۲٫۵"]) == persian


@pytest.mark.parametrize("typed", ["", "x", "1e3", "-5", "1.2.3", "Infinity", "0x10", "۱ ۲"])
def test_what_is_no_number_is_not_read_as_one(ask: Ask, typed: str) -> None:
    assert math.isnan(ask(READ, [ENGLISH, 1, typed])[4])


# The script as a whole


def test_the_modules_make_one_script(ask: Ask) -> None:
    assert ask('async () => typeof (await import("/whole.js")).default', None) == "function"
    assert ask('async () => Object.keys(await import("/whole.js"))', None) == ["default"]
    assert not re.search(r"^import|\bexport (?!default)", script.panel(), re.MULTILINE)


def test_no_markup_is_made_from_text() -> None:
    for name in (*script.MODULES, "line.js"):
        source = script.text(name)
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval", source)
