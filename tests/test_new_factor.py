"""A sixth factor comes by its declaration and one migration, and goes by another."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import sync_playwright

from cointracker.features.weights.ui import script
from tests.chromium import executable
from tests.sixth_factor import SIX

ROOT = Path(__file__).parents[1]
END = ')\n"""The factors, in the order of'
LIQUIDITY = """    Factor(
        key="liquidity",
        value=lambda figures: _scaled(figures["volume_24h"] / figures["market_cap"], 0.0, 1.0),
        default_weight=10.0,
        unit="",
        names=FactorNames("Liquidity", "liquidity", "turnover", "liquid"),
        api_weight="liquidity_weight",
        why_missing="the source gives no volume, or no market cap",
        light="#008000",
        dark="#00FF00",
    ),
"""
LAST = '    Migration(8, "owners of presets", ("ALTER TABLE presets ADD COLUMN owner VARCHAR",)),\n'
COMES = '    Migration(2030010101, "liquidity", factor_columns("liquidity")),\n'
GOES = '    Migration(2030010102, "no liquidity", drop_factor("liquidity")),\n'
RANK = """
import { readFileSync } from "node:fs";
import { contributions, rankCoins, sharesOf, swapByFactor, toMarket } from "./ranking.js";
import { rebalance } from "./weights.js";
const { market: data, weights } = JSON.parse(readFileSync(0, "utf8"));
const market = toMarket(data);
const known = (value) => (Number.isNaN(value) ? null : value);
const { score } = rankCoins(market, weights);
const free = weights.map(() => false);
console.log(JSON.stringify({
  score: [...score].map(known),
  contributions: data.ids.map((_, coin) =>
    contributions(market, sharesOf(weights), coin).map(known)),
  moved: rebalance(weights, free, 5, 0),
}));
"""

DRAW = """
async ([script, data, news]) => {
  const file = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  globalThis.cointrackerLine = Object.assign(new EventTarget(), { news });
  (await import(file)).default({ data, parentElement: document.body });
  document.body.style.setProperty("--way", "right");
  const all = (what) => [...document.querySelectorAll(what)];
  return {
    sliders: all("input[type=range]").length,
    lines: all(".line").length,
    swatches: all(".legend .swatch").map((node) => {
      node.style.background = "var(--colour)";
      return getComputedStyle(node).backgroundColor;
    }),
    total: getComputedStyle(all(".total")[0]).backgroundImage,
  };
}
"""


def copy(folder: Path, *changes: tuple[str, str, str]) -> Path:
    """The package in `folder`, with text put in front of some in its files: file, mark, text."""
    left_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "cointracker", folder / "cointracker", ignore=left_out)
    for name, mark, text in changes:
        file = folder / "cointracker" / name
        source = file.read_text(encoding="utf-8")
        assert source.count(mark) == 1
        file.write_text(source.replace(mark, text), encoding="utf-8")
    return folder


def python(package: Path, *arguments: str, **variables: str) -> str:
    """What Python prints when it runs a module with that copy of the package."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    path = os.pathsep.join([str(package), str(ROOT)])
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(
        command,
        cwd=package,
        env={**kept, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def with_six(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy(
        tmp_path_factory.mktemp("six"),
        ("ranking/factors.py", END, LIQUIDITY + END),
        ("features/market/migrations.py", LAST, LAST + COMES),
    )


@pytest.fixture(scope="module")
def before(data: Path) -> Any:
    return json.loads(python(ROOT, "tests.sixth_factor", "begin", str(data)))


@pytest.fixture(scope="module")
def six(with_six: Path, data: Path, before: Any) -> Any:
    return json.loads(python(with_six, "tests.sixth_factor", "six", str(data)))


@pytest.fixture(scope="module")
def exported(with_six: Path, data: Path, six: Any) -> tuple[str, pd.DataFrame]:
    """What the command says of itself, and the file that it writes."""
    told = python(with_six, "cointracker", "export", "--help")
    file = data / "ranking.csv"
    python(
        with_six,
        *("cointracker", "export", str(file), "--weights", SIX),
        COINTRACKER_DATA_DIR=str(data),
    )
    return told, pd.read_csv(io.BytesIO(file.read_bytes()))


def test_what_was_stored_by_five_is_read_as_it_was(before: Any, six: Any) -> None:
    assert six["keys"][5:] == ["liquidity"]
    assert six["opened"] == before
    assert six["compacted"] == before["ranking"]
    assert six["past"] == [0.0, True]


def test_it_ranks(six: Any) -> None:
    assert sum(six["contributions"][0]) == pytest.approx(six["score"][0])
    assert six["contributions"][0][5] > 0
    assert six["contributions"][1][5] is None  # ether tells no volume
    assert six["reason"] == "turnover (0.0)"
    assert ["liquidity", "the source gives no volume, or no market cap"] in six["missing"]


def test_a_coins_page_draws_it(six: Any) -> None:
    assert six["waterfall"][5:] == [["turnover", "#008000"], ["Score", "#16202B"]]


def test_the_api_has_its_weight(six: Any) -> None:
    assert list(six["settings"])[-2:] == ["social_weight", "liquidity_weight"]
    assert six["settings"]["liquidity_weight"] == 0.0  # the weights were saved by five
    assert six["saved"] == six["settings"] | {"liquidity_weight": 40.0}
    assert list(six["refused"]["errors"]) == ["liquidity_weight"]
    assert six["default"]["liquidity"] == 40.0
    assert "6 numbers" in json.dumps(six["wrong"])
    assert six["parameter"]["description"].endswith("market cap, social, liquidity")
    assert '"25,20,25,15,15,10"' in json.dumps(six["parameter"])
    assert six["listed"][:2] == [["ether", 1], ["bitcoin", 2]]  # hardly any bitcoin is traded


def test_presets_that_say_nothing_of_it_weigh_it_0(six: Any) -> None:
    assert [weights[5] for weights in six["presets"]] == [10, 0, 0, 0, 0]


def test_files_hold_its_columns(six: Any, exported: tuple[str, pd.DataFrame]) -> None:
    wanted = {"factor_liquidity", "contribution_liquidity", "weight_liquidity"}
    told, file = exported
    assert wanted <= set(six["file"])
    assert wanted <= set(file.columns)
    assert set(file["weight_liquidity"]) == {50.0}
    assert "W,W,W,W,W,W" in told
    assert "25,20,25,15,15,10" in told


def test_the_weights_page_follows(six: Any, with_six: Path, tmp_path: Path) -> None:
    words = six["words"]
    assert words["factors"][5:] == ["Liquidity"]
    assert words["inside"][5:] == ["liquidity"]
    assert len(words["locked"]) == 7
    assert len(six["colours"]) == 6
    shutil.copytree(with_six / "cointracker/features/weights/ui/js", tmp_path / "js")
    (tmp_path / "js/package.json").write_text('{"type": "module"}')
    (tmp_path / "js/rank.js").write_text(RANK)
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    done = subprocess.run(
        [node, tmp_path / "js/rank.js"],
        input=json.dumps({"market": six["market"], "weights": six["weights"]}),
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    assert [score and pytest.approx(score) for score in six["score"]] == answer["score"]
    for wanted, points in zip(six["contributions"], answer["contributions"], strict=True):
        assert points == [one and pytest.approx(one) for one in wanted]
    assert answer["moved"] == pytest.approx([20, 20, 20, 20, 20, 0])


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "last"), [("light", "0, 128, 0"), ("dark", "0, 255, 0")])
def test_the_panel_draws_it(six: Any, scheme: str, last: str) -> None:
    weights = six["weights"]
    bands = {"snapshot": six["market"]["snapshot"], "weights": weights, "low": [], "high": []}
    news = {"weights": weights, "saved": weights, "bands": bands, "presets": []}
    data = {name: six[name] for name in ("words", "colours", "market")}
    given = [script.panel(), data, news | {"whyNotSave": "", "whyNotKeep": "", "notice": ""}]
    with ThreadPoolExecutor(max_workers=1) as thread:
        drawn = thread.submit(_drawn, executable(), scheme, given).result()
    assert drawn["sliders"] == 6
    assert drawn["swatches"][5] == f"rgb({last})"
    assert len(set(drawn["swatches"])) == 6
    assert f"rgb({last}) 100%" in drawn["total"]
    assert drawn["lines"] == 2 * 7


def _drawn(chromium: str | None, scheme: str, given: list[Any]) -> Any:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_content(f"<!doctype html><body style='color-scheme: {scheme}'></body>")
        try:
            return page.evaluate(DRAW, given)
        finally:
            browser.close()


def test_taken_out_again_all_is_as_before(
    before: Any,
    six: Any,
    exported: tuple[str, pd.DataFrame],
    data: Path,
    tmp_path: Path,
) -> None:
    package = copy(tmp_path, ("features/market/migrations.py", LAST, LAST + COMES + GOES))
    again = json.loads(python(package, "tests.sixth_factor", "out", str(data)))
    assert again["left"] == []
    assert again["told"] == before
    assert len(again["factors"]) == 5
    assert again["ranks"] == [1]
    # What knew nothing but the sixth is gone; the default is the one saved before it.
    assert six["own"] == ["alone", "mine"]
    assert not [at for at in again["instants"] if "13:00" in at]
    assert len(again["instants"]) == 5
