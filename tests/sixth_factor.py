"""What tests/test_new_factor.py runs in processes of its own, each on a copy of the package.

A copy declares a sixth factor, liquidity, or has taken it out again: `python -m tests.sixth_factor
STAGE FOLDER` does a stage on the data in FOLDER, and prints what it found as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cointracker.core.i18n import UTC_ZONE, language
from cointracker.features.coin.ui.charts import score_breakdown
from cointracker.features.health.data_quality import DataQualityService
from cointracker.features.market.downloads import table
from cointracker.features.market.rankings import MarketService, RankingView
from cointracker.features.market.reasons import causes, factor_names
from cointracker.features.market.store import weights as stored
from cointracker.features.retention.service import RetentionService
from cointracker.features.weights.service import WeightsService
from cointracker.features.weights.ui import panel, words
from cointracker.ranking.factors import CONTRIBUTION_COLUMNS, FACTOR_COLUMNS, FACTOR_KEYS, FACTORS
from cointracker.ranking.weights import DEFAULT_WEIGHTS, Weights
from cointracker.storage.database import Database
from cointracker.ui.charts.chart_theme import ChartTheme
from tests.api.api_fixture import ApiFixture, api_fixture, read
from tests.databases import LIVE_FILE, market_database
from tests.fakes import NOON, FakeClock, Pipeline, row
from tests.ranking import test_declaration as declaration

BEFORE = NOON - timedelta(days=3)
ALONE = NOON + timedelta(hours=1)
OWN = Weights(30, 20, 25, 15, 10)
SIX = "10,10,10,10,10,50"


def begin(folder: Path) -> dict[str, Any]:
    """By five factors: three coins, refreshed twice, and weights that somebody saved."""
    database = market_database(folder / LIVE_FILE)
    with closing(database):
        clock = FakeClock(BEFORE)
        for day in range(2):
            clock.now = BEFORE + timedelta(days=day)
            Pipeline(database, clock).take(
                row("bitcoin", 100.0 + day, market_cap=1e12, total_volume=4e10 * (1 + day)),
                row("ether", 10.0, market_cap=1e11, total_volume=1e9),
                row("tether", 1.0, market_cap=9e10, total_volume=9e10),
                standings={"bitcoin": 3.0, "ether": 8.0},
            )
        with database.transaction() as session:
            stored.save_default(session, OWN, BEFORE)
            stored.save_preset(session, stored.StoredPreset("mine", OWN, "admin"), BEFORE)
        return _told(database)


def six(folder: Path) -> dict[str, Any]:
    """By six: what was stored opens; it is refreshed, ranked, asked for, and saved to files."""
    declaration.test_columns_follow(folder)
    declaration.test_weights_follow()
    declaration.test_the_api_follows()
    database = market_database(folder / LIVE_FILE)
    with closing(database):
        found: dict[str, Any] = {"keys": FACTOR_KEYS, "opened": _told(database)}
        past = MarketService(database).ranking(BEFORE)
        found["past"] = [past.weights["liquidity"], past.frame["factor_liquidity"].isna().all()]
    with api_fixture(folder) as home:
        found |= _asked(home)
    database = market_database(folder / LIVE_FILE)
    with closing(database):
        _weigh_alone(database)
        service = RetentionService(database, FakeClock(NOON), history_days=7)
        service.compact()
        found["compacted"] = _told(database)["ranking"]
        with database.reading() as session:
            found["own"] = [one.name for one in stored.presets(session)]
    return found


def out(folder: Path) -> dict[str, Any]:
    """By five again."""
    database = market_database(folder / LIVE_FILE)
    with closing(database):
        _refresh(database, NOON + timedelta(hours=2))
        with database.reading() as session:
            columns = session.frame(
                "SELECT column_name FROM duckdb_columns() WHERE column_name LIKE '%liquidity%'"
            )
        newest = MarketService(database).ranking()
        return {
            "told": _told(database),
            "left": columns["column_name"].tolist(),
            "factors": newest.frame.filter(like="factor_").columns.tolist(),
            "ranks": newest.frame["rank"].tolist(),
            "instants": [str(at) for at in MarketService(database).instants()["snapshot_at"]],
        }


def _refresh(database: Database, at: datetime) -> None:
    Pipeline(database, FakeClock(at)).take(
        row("bitcoin", 105.0, market_cap=1e12, total_volume=150.0)
    )


def _weigh_alone(database: Database) -> None:
    """Store a snapshot, a default and a preset that know the sixth factor alone."""
    alone = Weights.only(liquidity=1)
    with database.transaction() as session:
        stored.save_default(session, alone, ALONE)
        stored.save_preset(session, stored.StoredPreset("alone", alone, "admin"), ALONE)
    _refresh(database, ALONE)  # by the default in force


def _told(database: Database) -> dict[str, Any]:
    """The past as five factors rank it, and the saved weights."""
    market = MarketService(database)
    views = [market.ranking(BEFORE + timedelta(days=day)) for day in range(2)]
    with database.reading() as session:
        default, presets = stored.default(session), stored.presets(session)
    assert default is not None
    return {
        "ranking": [json.loads(_five(view)) for view in views],
        "default": [default[key] for key in FACTOR_KEYS[:5]],
        "presets": [[one.name, list(one.weights)[:5]] for one in presets],
    }


def _five(view: RankingView) -> str:
    columns = [
        "coin_id",
        "rank",
        "score",
        "coverage",
        *FACTOR_COLUMNS[:5],
        *CONTRIBUTION_COLUMNS[:5],
    ]
    return str(view.frame[columns].to_json(orient="split", double_precision=15))


def _asked(home: ApiFixture) -> dict[str, Any]:
    """What the services, the API and the Weights page tell of six factors."""
    services = home.services
    market = services[MarketService]
    view = market.ranking(weights=Weights.parse(SIX))
    english = language("en")
    words.t, words.reader = english.t, lambda: english
    writer = home.client(headers=home.bearer("admin write"))
    settings = read(writer.get("/api/settings/"))
    saved = read(writer.put("/api/settings/", json={"liquidity_weight": 40}))
    refused = read(writer.put("/api/settings/", json={"liquidity_weight": -1}), 400)
    listed = read(writer.get("/api/cryptocurrencies/", params={"weights": SIX}))
    wrong = read(writer.get("/api/cryptocurrencies/", params={"weights": "1,2,3,4,5"}), 400)
    schema = read(writer.get("/api/openapi.json"))
    file = table(market.with_bands(view), panel.IN_FILE)
    alone = market.ranking(weights=Weights.only(liquidity=1))
    return {
        "settings": settings,
        "saved": saved,
        "refused": refused,
        "listed": [[coin["coin_id"], coin["rank"]] for coin in listed["results"]],
        "wrong": wrong,
        "parameter": _parameter(schema),
        "default": services[WeightsService].default().by_key(),
        "presets": [list(one.weights) for one in services[WeightsService].presets()],
        "missing": [
            [one.factor, one.why] for one in services[DataQualityService].missing_factors()
        ],
        "file": file.columns.tolist(),
        "reason": causes(alone.frame, english)[0],
        "words": words.words(),
        "market": panel._market(view),
        "colours": [{"light": factor.light, "dark": factor.dark} for factor in FACTORS],
        "waterfall": _waterfall(view),
        "weights": list(view.weights),
        "begin": list(DEFAULT_WEIGHTS),
        "score": _known(view.frame.sort_values("coin_id")["score"]),
        "contributions": [
            _known(points) for _, points in _contributions(view.frame.sort_values("coin_id"))
        ],
    }


def _waterfall(view: RankingView) -> Any:
    """The names and colours of the bars on a coin's page."""
    english = language("en")
    points = view.frame[list(CONTRIBUTION_COLUMNS)].iloc[0].tolist()
    theme = ChartTheme(english, UTC_ZONE, is_dark=False)
    names = list(factor_names(english).values())
    bars = score_breakdown.figure(names, points, view.frame["score"].iloc[0], "Score", theme)
    return list(zip(bars.data[0].y, bars.data[0].marker.color, strict=True))


def _contributions(frame: pd.DataFrame) -> Any:
    return frame[list(CONTRIBUTION_COLUMNS)].iterrows()


def _parameter(schema: Any) -> Any:
    parameters = schema["paths"]["/cryptocurrencies/"]["get"]["parameters"]
    return next(one for one in parameters if one["name"] == "weights")


def _known(values: pd.Series) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


STAGES: dict[str, Callable[[Path], dict[str, Any]]] = {"begin": begin, "six": six, "out": out}

if __name__ == "__main__":
    print(json.dumps(STAGES[sys.argv[1]](Path(sys.argv[2])), default=bool))  # noqa: T201
