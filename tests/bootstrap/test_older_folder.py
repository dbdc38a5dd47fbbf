"""A data folder that version 0.1.0 left opens unchanged, and says what it said.

`tests/data/version-0.1.0.tar.xz` is that folder: three days of eight invented coins, two users.
The `.json` beside it is what that version read in it and answered; texts aside, for those change.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from cointracker.api.app import build_routes
from cointracker.api.middleware import headers
from cointracker.bootstrap.features import FEATURES
from cointracker.bootstrap.runtime import call_policies
from cointracker.core.services import services
from cointracker.core.settings import Settings
from cointracker.features.accounts.accounts import AccountsService
from cointracker.features.audit.service import AuditService
from cointracker.features.market.rankings import MarketService
from cointracker.features.settings.service import SettingsService
from cointracker.features.weights.service import WeightsService
from cointracker.ranking.weights import Weights
from tests.fakes import FakeClock, FakeTime
from tests.serving import Unscheduled

DATA = Path(__file__).parents[1] / "data"
EXPECTED = json.loads((DATA / "version-0.1.0.json").read_text("utf-8"))
TEXTS = {"message", "detail", "error", "errors", "reason", "reasons", "description"}
GROWING = {"migrations", "sessions", "audit", "users"}
"""Tables to which opening the folder and the questions of this module add."""


def unpacked(folder: Path) -> Path:
    with tarfile.open(DATA / "version-0.1.0.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "data-before"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    folder = unpacked(tmp_path_factory.mktemp("older"))
    clock = FakeClock(datetime.fromisoformat(EXPECTED["asked_at"]))
    given = Settings(data_dir=folder, **EXPECTED["asked_with"])
    time = FakeTime(clock=clock)
    runtime = Unscheduled(given, clock, call_policies(given, clock, time, time.sleep))
    runtime.start()
    yield given
    runtime.stop()


def client(environment: Settings, address: str = "192.0.2.77") -> TestClient:
    routes = build_routes(services, FEATURES, environment)
    app = Starlette(routes=routes, middleware=headers.outer_middleware(environment))
    return TestClient(app, client=(address, 50_000))


def plain(value: Any) -> Any:
    """Without texts, and numbers to twelve digits: machines differ in the last ones."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items() if key not in TEXTS}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return float(f"{value:.12g}") if isinstance(value, float) else value


@pytest.mark.parametrize(
    "question", EXPECTED["answers"], ids=lambda q: f"{q['as']} {q['path']} {q['language']}"
)
def test_every_answer_is_as_it_was(environment: Settings, question: dict[str, Any]) -> None:
    asking, sent = client(environment), {"Accept-Language": question["language"]}
    secret = EXPECTED["secrets"].get(question["as"], "")
    if question["as"] == "session_cookie":
        asking.cookies.set("cointracker_session", secret)
    elif secret:
        sent["Authorization"] = f"Bearer {secret}"
    answer = asking.get(question["path"], headers=sent)
    assert answer.status_code == question["status"]
    assert plain(answer.json()) == plain(question["body"])


def test_users_log_in_with_their_passwords(environment: Settings) -> None:
    def login(name: str, password: str) -> int:
        body = {"username": name, "password": password}
        return client(environment, "192.0.2.78").post("/api/auth/login/", json=body).status_code

    users = {user.name: user.role.value for user in services()[AccountsService].users()}
    assert users == {name: user["role"] for name, user in EXPECTED["users"].items()}
    for name, password in EXPECTED["passwords"].items():
        assert login(name, password) == 200
    assert login("admin", "another") == 401


def test_settings_are_those_that_were_saved(environment: Settings) -> None:
    current = services()[SettingsService].current()
    for name, value in EXPECTED["settings"].items():
        setting = FEATURES.settings.by_name[name]
        kept = current[setting]
        assert (list(kept) if isinstance(kept, tuple) else kept) == value, name
    assert services()[SettingsService].masked() == EXPECTED["masked"]


def test_weights_and_presets_are_those_that_were_saved(environment: Settings) -> None:
    service = services()[WeightsService]
    assert list(service.default()) == EXPECTED["default_weights"]
    own = [
        {"name": one.name, "weights": list(one.weights), "owner": one.owner}
        for one in service.presets()
        if one.is_own
    ]
    assert own == EXPECTED["presets"]


def test_the_audit_log_begins_with_what_was_recorded(environment: Settings) -> None:
    entries = services()[AuditService].entries()
    entries["at"] = [at.isoformat() for at in entries["at"]]
    assert EXPECTED["audit"]["columns"] == list(entries.columns)
    before = EXPECTED["audit"]["data"]
    assert entries.to_numpy().tolist()[-len(before) :] == before


def test_every_snapshot_is_ranked_as_it_was(environment: Settings) -> None:
    market, default = services()[MarketService], services()[WeightsService].default()
    for told in EXPECTED["rankings"]:
        at = datetime.fromisoformat(told["snapshot"]["at"])
        views = {
            "own": market.ranking(at),
            "default": market.ranking(at, default),
            "other": market.ranking(at, Weights(40, 35, 5, 10, 10)),
        }
        compare(views["own"].frame, told["coins"])
        for name, expected in told["ranked_by"].items():
            assert list(views[name].weights) == expected["weights"]
            compare(views[name].frame, expected["coins"])


def compare(frame: Any, expected: dict[str, Any]) -> None:
    rows = frame[expected["columns"]].astype(object)
    values = rows.where(rows.notna(), None).to_numpy().tolist()
    found = dict(zip(frame["coin_id"], values, strict=True))
    assert list(found) == list(expected["rows"])
    for coin, row in expected["rows"].items():
        assert plain(found[coin]) == plain(row), coin


def test_opening_it_loses_no_row(tmp_path: Path) -> None:
    folder = unpacked(tmp_path)
    clock = FakeClock(datetime.fromisoformat(EXPECTED["asked_at"]))
    runtime = Unscheduled(Settings(data_dir=folder, **EXPECTED["asked_with"]), clock)
    runtime.start()
    runtime.stop()
    for file, tables in EXPECTED["tables"].items():
        with duckdb.connect(folder / file, read_only=True) as connection:
            for name, table in tables.items():
                columns = connection.table(name).columns
                assert columns[: len(table["columns"])] == [one for one, _ in table["columns"]]
                ((count,),) = connection.table(name).aggregate("count(*)").fetchall()
                assert count == table["rows"] or name in GROWING, f"{file}: {name}"
