"""Every place that lists the factors follows their declaration."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from cointracker.bootstrap.features import MARKETS
from cointracker.cli.export import export
from cointracker.core.i18n import language
from cointracker.features.coin.ui.charts import rank_history
from cointracker.features.market.api.coins import WeightsText
from cointracker.features.market.reasons import factor_names, short_factor_names
from cointracker.features.market.snapshot_writer import NUMERIC, RankingOptions
from cointracker.features.market.store import observations, snapshots
from cointracker.features.retention.store import compaction
from cointracker.features.settings import api as settings_api
from cointracker.features.weights.service import BUILT_IN
from cointracker.features.weights.ui import panel, script, words
from cointracker.ranking.factors import (
    CONTRIBUTION_COLUMNS,
    FACTOR_COLUMNS,
    FACTOR_KEYS,
    FACTORS,
    FIGURES,
    WEIGHT_COLUMNS,
    Factor,
)
from cointracker.ranking.weights import DEFAULT_WEIGHTS, Weights
from cointracker.ui.charts.chart_theme import ChartTheme
from tests.databases import market_database

ROOT = Path(__file__).parents[2]
COLOUR = re.compile(r"#[0-9A-F]{6}")
ENGLISH, PERSIAN = language("en"), language("fa")


def those_of(names: Sequence[str], prefix: str) -> tuple[str, ...]:
    return tuple(name for name in names if name.startswith(prefix))


def test_the_five_and_their_order_are_part_of_the_contract() -> None:
    assert FACTOR_KEYS == ("price_change", "volume_change", "stability", "market_cap", "social")
    assert tuple(settings_api.WEIGHTS.items()) == (
        ("price_weight", "price_change"),
        ("volume_weight", "volume_change"),
        ("stability_weight", "stability"),
        ("market_cap_weight", "market_cap"),
        ("social_weight", "social"),
    )
    (query,) = WeightsText.__metadata__
    assert query.description == "Price change, volume change, stability, market cap, social"
    assert query.examples == ["25,20,25,15,15"]


@pytest.mark.parametrize("factor", FACTORS, ids=FACTOR_KEYS)
def test_a_declaration_is_whole(factor: Factor) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", factor.key)  # it becomes the name of columns
    assert re.fullmatch(r"[a-z][a-z0-9_]*_weight", factor.api_weight)
    assert COLOUR.fullmatch(factor.light)
    assert COLOUR.fullmatch(factor.dark)
    assert factor.default_weight >= 0
    assert factor.why_missing
    assert all(vars(factor.names).values())


@pytest.mark.parametrize("what", ["key", "api_weight", "names", "light", "dark"])
def test_no_two_factors_share(what: str) -> None:
    assert len({getattr(factor, what) for factor in FACTORS}) == len(FACTORS)


@pytest.mark.parametrize("reader", [ENGLISH, PERSIAN])
def test_no_two_factors_are_called_the_same(reader: object) -> None:
    for names in (factor_names, short_factor_names):
        called = names(reader)  # type: ignore[arg-type]
        assert tuple(called) == FACTOR_KEYS
        assert len(set(called.values())) == len(FACTORS)


def test_the_figures_are_those_that_are_stored_of_a_coin() -> None:
    made = {"stability", "standing", "volume_change_24h_pct"}
    assert {*FIGURES} == {*observations.FIGURE_COLUMNS} | made
    assert {*FIGURES} - {"stability", "standing"} <= NUMERIC


def test_columns_follow(tmp_path: Path) -> None:
    database = market_database(tmp_path / "new.duckdb")
    with database.reading() as session:
        tables = {
            table: tuple(session.frame(f"DESCRIBE {table}")["column_name"])
            for table in ("rankings", "snapshots", "default_weights", "presets")
        }
    database.close()
    assert those_of(tables["rankings"], "factor_") == FACTOR_COLUMNS
    assert those_of(tables["snapshots"], "weight_") == WEIGHT_COLUMNS
    for table in ("default_weights", "presets"):
        assert {*FACTOR_KEYS} == {*tables[table]} - {"name", "saved_at", "owner"}
    assert {*tables["rankings"]} == {*snapshots.RANKING_COLUMNS}
    assert {*tables["snapshots"]} == {*snapshots.COLUMNS}
    assert those_of(snapshots.RANK_HISTORY_COLUMNS, "factor_") == FACTOR_COLUMNS
    assert those_of(compaction.RULES, "weight_") == WEIGHT_COLUMNS
    assert those_of(rank_history.WEIGHT_COLUMNS, "weight_") == WEIGHT_COLUMNS
    assert those_of(panel.IN_FILE, "factor_") == FACTOR_COLUMNS
    assert those_of(panel.IN_FILE, "contribution_") == CONTRIBUTION_COLUMNS


def test_weights_follow() -> None:
    assert list(DEFAULT_WEIGHTS) == [factor.default_weight for factor in FACTORS]
    assert list(DEFAULT_WEIGHTS.by_key()) == list(FACTOR_KEYS)
    assert all(sum(preset.weights) == 100 for preset in BUILT_IN[1:])
    assert RankingOptions().factors == FACTOR_KEYS
    assert all({*market.factors} <= {*FACTOR_KEYS} for market in MARKETS)


def test_the_api_follows() -> None:
    weights = [factor.api_weight for factor in FACTORS]
    assert list(settings_api.SettingsNow.model_fields)[-len(weights) :] == weights
    wanted = settings_api.SettingsWanted.model_fields
    assert {name: wanted[name].default for name in weights} == {
        factor.api_weight: factor.default_weight for factor in FACTORS
    }


def test_the_command_follows() -> None:
    told = CliRunner().invoke(export, ["--help"]).output
    assert "--weights W,W,W,W,W " in told
    assert "Rank by these, as 25,20,25,15,15." in told


def test_the_weights_page_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "t", ENGLISH.t)
    monkeypatch.setattr(words, "reader", lambda: ENGLISH)
    said = words.words()
    assert said["factors"] == [factor.names.title for factor in FACTORS]
    assert said["inside"] == [factor.names.inside for factor in FACTORS]
    assert len(said["locked"]) == len(FACTORS) + 1
    counts = re.compile(r"\b(two|three|four|five|six)\b", re.I)
    assert not [text for text in said["locked"] if counts.search(text)]


@pytest.mark.parametrize("name", [*script.MODULES, "panel.css"])
def test_scripts_and_styles_know_no_count_of_factors(name: str) -> None:
    source = script.text(name)
    assert not re.search(r"\bFACTORS\b|--[fx][1-9]|\.c[1-9]\b|[<=] 5\b", source)
    assert not COLOUR.search(source)


@pytest.mark.parametrize("is_dark", [False, True])
def test_colours_follow(is_dark: bool) -> None:
    theme = ChartTheme(ENGLISH, None, is_dark)  # type: ignore[arg-type]
    own = {factor.key: factor.dark if is_dark else factor.light for factor in FACTORS}
    assert theme.factors == own
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    served = config["theme"]["dark" if is_dark else "light"]["chartCategoricalColors"]
    assert list(theme.lines) == served


def test_the_document_tells_the_same() -> None:
    text = (ROOT / "docs/ranking.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \| (\d+) \|$", text, re.M)
    assert [(name, float(weight)) for name, _, weight in rows] == [
        (factor.names.inside, factor.default_weight) for factor in FACTORS
    ]
    for factor, (_, source, _) in zip(FACTORS, rows, strict=True):
        assert not factor.unit or source.endswith(f", {factor.unit}")


def test_weights_are_named_and_told_apart() -> None:
    weights = Weights(1, social=7)
    assert weights.by_key() == DEFAULT_WEIGHTS.by_key() | {"price_change": 1, "social": 7}
    assert (weights["price_change"], weights["social"]) == (1, 7)
    assert Weights.only(social=1) == Weights(0, 0, 0, 0, 1)
    assert {Weights(), DEFAULT_WEIGHTS, weights} == {DEFAULT_WEIGHTS, weights}
    assert weights.replace(price_change=25, social=15) == DEFAULT_WEIGHTS
    assert Weights.parse(Weights(1, 2.5, 1e-9, 0, 33.3).text()) == Weights(1, 2.5, 1e-9, 0, 33.3)
    assert repr(weights).startswith("Weights(price_change=1, volume_change=20.0,")
    with pytest.raises(AttributeError):
        weights.values = ()  # type: ignore[misc]


@pytest.mark.parametrize("given", [((1, 2, 3, 4, 5, 6), {}), ((1,), {"price_change": 1})])
def test_weights_are_not_given_twice(given: tuple[tuple[float, ...], dict[str, float]]) -> None:
    with pytest.raises(TypeError):
        Weights(*given[0], **given[1])


def test_there_is_no_weight_of_an_unknown_factor() -> None:
    with pytest.raises(TypeError, match="luck"):
        Weights(luck=1)
    with pytest.raises(KeyError):
        DEFAULT_WEIGHTS["luck"]
