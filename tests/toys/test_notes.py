"""A feature is a folder and a declaration: a toy of one works, and nothing else was edited."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from cointracker.api.app import build_routes
from cointracker.bootstrap.features import MARKETS, feature_set
from cointracker.core.errors import ConfigError
from cointracker.core.feature import Feature, FeatureSet, Route
from cointracker.core.rights import SYSTEM, Right
from cointracker.core.services import services
from cointracker.core.settings import Settings
from cointracker.features.accounts.accounts import AccountsService
from cointracker.features.accounts.sessions import SessionsService
from cointracker.features.audit.service import AuditService
from cointracker.features.settings.service import SettingsService
from tests.serving import Unscheduled
from tests.toys.notes import MAX_NOTES, NOTES, NotesService
from tests.toys.pebbles import NAME, TOY

FEATURES = feature_set(NOTES, markets=(*MARKETS, TOY))
PASSWORD = "correct horse battery"


def settings(folder: Path) -> Settings:
    given = {"COINTRACKER_SOURCE": NAME, "COINTRACKER_DATA_DIR": str(folder)}
    given |= {"COINTRACKER_ACCESS": "public-read", "COINTRACKER_ADMIN_PASSWORD": PASSWORD}
    return FEATURES.settings.from_environment(given)


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unscheduled]:
    given = settings(tmp_path_factory.mktemp("notes"))
    runtime = Unscheduled(given, features=FEATURES, markets=(*MARKETS, TOY))
    runtime.start()
    runtime.refresh()
    yield runtime
    runtime.stop()


@pytest.fixture
def client(runtime: Unscheduled) -> TestClient:
    routes = build_routes(services, FEATURES, services().settings)
    client = TestClient(Starlette(routes=routes), client=("192.0.2.1", 50_000))
    user = services()[AccountsService].log_in("admin", PASSWORD, "192.0.2.1")
    client.cookies.set("cointracker_session", services()[SessionsService].open(user))
    return client


def csrf(client: TestClient) -> dict[str, str]:
    cookie = client.cookies["cointracker_session"]
    return {"X-CSRFToken": services()[SessionsService].csrf(cookie)}


def test_its_route_writes_its_table_and_the_audit_log(client: TestClient) -> None:
    assert client.post("/api/notes/agate/", headers=csrf(client)).status_code == 200
    assert client.get("/api/notes/").json() == {"notes": ["by the API"]}
    newest = services()[AuditService].entries().iloc[0]
    assert (newest["action"], newest["target"]) == ("note.add", "agate")


def test_its_rights_hold(client: TestClient) -> None:
    client.cookies.clear()
    assert client.get("/api/notes/").status_code == 200
    assert client.post("/api/notes/agate/").status_code == 401


def test_a_route_that_it_does_not_declare_is_refused(client: TestClient) -> None:
    answer = client.get("/api/notes/forgotten/")
    assert answer.status_code == 403


def test_its_job_is_planned(runtime: Unscheduled) -> None:
    before = services()[NotesService].trimmed
    runtime.do("trim notes")
    assert services()[NotesService].trimmed == before + 1


def test_its_setting_is_read_changed_and_kept(runtime: Unscheduled) -> None:
    saved = services()[SettingsService]
    assert services().settings[MAX_NOTES] == 10
    saved.save({"max_notes": "3"}, by=SYSTEM)
    assert services().settings[MAX_NOTES] == 3
    with pytest.raises(ConfigError):
        FEATURES.settings.from_environment({"COINTRACKER_MAX_NOTES": "0"})
    assert "max_notes" in FEATURES.settings.editable


def test_its_figures_are_measured(client: TestClient) -> None:
    assert "cointracker_notes " in client.get("/metrics").text


def test_its_page_is_known_and_no_other(runtime: Unscheduled) -> None:
    assert FEATURES.page_right("notes") is Right.VIEW
    assert FEATURES.page_right("note") is None


def test_the_same_declared_twice_is_an_error() -> None:
    other = Feature("other", routes=(Route("GET", "/api/notes/", Right.OPEN),))
    with pytest.raises(ValueError, match="/api/notes/"):
        FeatureSet((NOTES, other))


def test_the_package_does_not_know_it() -> None:
    package = Path(__file__).parents[2] / "cointracker"
    text = "".join(path.read_text("utf-8") for path in package.rglob("*.py"))
    assert os.linesep in text
    assert "tests.toys" not in text
    assert NAME not in text
