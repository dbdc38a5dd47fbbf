"""What `/metrics` tells, who may see it, and that documents and dashboard keep to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from cointracker.api.app import build_routes
from cointracker.api.metrics.endpoint import CONTENT_TYPE, Exposition
from cointracker.api.metrics.requests import OTHER, MetricsMiddleware, RequestCounts
from cointracker.bootstrap.features import FEATURES
from cointracker.bootstrap.runtime import call_policies
from cointracker.core.errors import SourceUnreachable
from cointracker.core.rights import SYSTEM, Mode
from cointracker.core.services import Services
from cointracker.core.settings import Settings
from cointracker.features.accounts.accounts import AccountsService
from cointracker.features.accounts.sessions import SessionsService
from cointracker.features.accounts.tokens import TokensService
from cointracker.features.health.database_stats import DatabaseStatsService
from cointracker.features.monitoring.service import MonitoringService
from cointracker.features.sources.call_log import StoredCallLog
from cointracker.features.sources.source_health import SourcesService
from cointracker.providers.base import Priority
from cointracker.storage.database import Database
from tests.fakes import NOON, FakeClock, ListedSource, row
from tests.serving import served

ROOT = Path(__file__).parents[2]
ADDED = re.compile(r"_(bucket|sum|count)$")


@dataclass
class Told:
    """The metrics of one scrape, by name."""

    families: dict[str, Metric]

    def value(self, name: str, **labels: str) -> float:
        """The one sample with these labels."""
        (value,) = (
            sample.value
            for family in self.families.values()
            for sample in family.samples
            if sample.name == name and sample.labels == labels
        )
        return value

    def has(self, name: str) -> bool:
        return any(self.families[name].samples)


def told(client: TestClient) -> Told:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == CONTENT_TYPE
    families = text_string_to_metric_families(answer.text)
    return Told({_named(family): family for family in families})


def _named(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


def client_of(services: Services) -> TestClient:
    routes = build_routes(lambda: services, FEATURES)
    return TestClient(Starlette(routes=routes), raise_server_exceptions=False)


@pytest.fixture
def source(clock: FakeClock) -> ListedSource:
    rows = [row("bitcoin", market_cap=1e12), row("nothing"), row("broken", -1.0)]
    return ListedSource(clock, rows)


@pytest.fixture
def serving(database: Database, source: ListedSource) -> Services:
    next_at = NOON + timedelta(minutes=5)
    return served(database, source, next_at=lambda: next_at)


def test_refreshes_and_what_is_shown(serving: Services, source: ListedSource) -> None:
    serving[MonitoringService].refresh("test", by=SYSTEM)
    serving[MonitoringService].refresh("test", by=SYSTEM)
    source.clock.move(minutes=2)
    source.error = SourceUnreachable("listed", "no route")
    for _ in range(3):
        serving[MonitoringService].refresh("test", by=SYSTEM)
    found = told(client_of(serving))
    for outcome, count in {"stored": 1, "unchanged": 1, "failed": 3}.items():
        labels = {"source": "listed", "outcome": outcome}
        assert found.value("cointracker_refreshes_total", **labels) == count
    assert found.value("cointracker_refresh_failures_in_row") == 3
    assert found.value("cointracker_rejected_rows_total") == 2
    assert found.value("cointracker_coins") == 2
    assert found.value("cointracker_ranked_coins") == 1
    assert found.value("cointracker_snapshot_age_seconds") == 120
    assert found.value("cointracker_snapshot_timestamp_seconds") == NOON.timestamp()
    assert found.value("cointracker_next_refresh_timestamp_seconds") == NOON.timestamp() + 300
    assert found.value("cointracker_refresh_interval_seconds") == 300
    assert found.value("cointracker_refresh_running") == 0
    assert found.value("cointracker_monitoring_started") == 1
    market = {"source": "listed", "quote_currency": "usd", "simulated": "false"}
    assert found.value("cointracker_market_info", **market) == 1


def test_before_the_first_refresh_what_is_not_there_is_missing(serving: Services) -> None:
    found = told(client_of(serving))
    for name in ("snapshot_age_seconds", "snapshot_timestamp_seconds", "coins", "ranked_coins"):
        assert not found.has(f"cointracker_{name}")
    assert found.value("cointracker_database_up") == 1


def test_durations_are_counted_up_to_their_bounds(database: Database, source: ListedSource) -> None:
    class Slow(ListedSource):
        """Answers after so many seconds of its clock."""

        seconds = 0.0

        def ping(self) -> None:
            self.clock.move(seconds=self.seconds)

    slow = Slow(source.clock, source.rows)
    serving = served(database, slow)
    for slow.seconds in (0.1, 2.5, 2.6, 1_000):
        serving[MonitoringService].refresh("test", by=SYSTEM)
    found = told(client_of(serving))
    name = "cointracker_refresh_duration_seconds"
    for bound, count in {"0.25": 1, "1.0": 1, "2.5": 2, "5.0": 3, "120.0": 3, "+Inf": 4}.items():
        assert found.value(f"{name}_bucket", le=bound) == count
    assert found.value(f"{name}_count") == 4
    assert found.value(f"{name}_sum") == pytest.approx(1_005.2)


def test_the_database_and_its_disk(serving: Services, database: Database) -> None:
    serving[MonitoringService].refresh("test", by=SYSTEM)
    found, state = told(client_of(serving)), serving[DatabaseStatsService].state()
    assert found.value("cointracker_database_rows", table="coins") == 2
    assert found.value("cointracker_database_bytes") == database.path.stat().st_size
    assert found.value("cointracker_disk_free_bytes") == pytest.approx(state.free_bytes, rel=0.1)


def test_a_database_that_does_not_answer(serving: Services, database: Database) -> None:
    database.close()
    found = told(client_of(serving))
    assert found.value("cointracker_database_up") == 0
    assert found.value("cointracker_websocket_connections") == 0
    assert not set(found.families) & {"cointracker_coins", "cointracker_refreshes_total"}


def test_sources_that_are_asked(serving: Services, database: Database, clock: FakeClock) -> None:
    settings = Settings(coingecko_key="CG-secret", coingecko_plan="demo")
    policies = call_policies(settings, clock)
    gecko = policies["coingecko"]
    calls = StoredCallLog(database, "coingecko", clock, 25)
    gecko.attach(calls)
    for seconds, error in ((0.5, None), (0.5, SourceUnreachable("coingecko", "gone"))):
        number = calls.begin(clock(), Priority.MARKETS, "/coins/markets", calls.load())
        calls.end(number, seconds, error)
    asked = SourcesService(database, (gecko,), {}, 300, clock)
    client = client_of(serving.including([asked]))
    found, gecko_is = told(client), {"source": "coingecko"}
    assert found.value("cointracker_source_state", state="failing", **gecko_is) == 1
    assert found.value("cointracker_source_state", state="ok", **gecko_is) == 0
    assert found.value("cointracker_source_circuit", state="closed", **gecko_is) == 1
    assert found.value("cointracker_source_latency_seconds", quantile="0.95", **gecko_is) == 0.5
    assert found.value("cointracker_source_error_ratio", **gecko_is) == 0.5
    assert found.value("cointracker_source_calls_left", window="month", **gecko_is) == 9_998
    assert found.value("cointracker_source_calls_left", window="minute", **gecko_is) == 25
    last = "cointracker_source_last_success_timestamp_seconds"
    assert found.value(last, **gecko_is) == NOON.timestamp()
    assert "CG-secret" not in client.get("/metrics").text


def test_calls_are_counted_by_route_and_never_by_what_the_caller_wrote(
    serving: Services,
) -> None:
    serving[MonitoringService].refresh("test", by=SYSTEM)
    client = client_of(serving)
    for path in ("cryptocurrencies/", "cryptocurrencies/bitcoin/", "cryptocurrencies/1/"):
        assert client.get(f"/api/{path}").status_code == 200
    for path in ("cryptocurrencies/x-1/", "cryptocurrencies/x-2/"):
        assert client.get(f"/api/{path}").status_code == 404
    for name in range(20):
        client.get(f"/api/there-is-no-{name}/")
        client.request(f"MADE{name}", "/api/nothing/")
    found = told(client)
    name, one = "cointracker_http_requests_total", "/api/cryptocurrencies/{coin}/"
    all_of_them = {"method": "GET", "route": "/api/cryptocurrencies/", "status": "200"}
    assert found.value(name, **all_of_them) == 1
    assert found.value(name, method="GET", route=one, status="200") == 2
    assert found.value(name, method="GET", route=one, status="404") == 2
    assert found.value(name, method="GET", route=OTHER, status="404") == 20
    assert found.value(name, method=OTHER, route=OTHER, status="404") == 20
    assert found.value("cointracker_http_request_duration_seconds_count", route=one) == 4
    assert len(found.families[name].samples) == 5


def test_a_call_that_breaks_off_counts_as_an_error() -> None:
    def broken(_request: Any) -> None:
        raise ZeroDivisionError

    requests = RequestCounts()
    app = Starlette(
        routes=[
            Mount(
                "/",
                app=MetricsMiddleware(
                    Starlette(
                        routes=[],
                    ),
                    requests,
                ),
            )
        ]
    )
    assert TestClient(app).get("/").status_code == 404
    failing = Starlette()
    failing.add_route("/broken", broken)
    client = TestClient(MetricsMiddleware(failing, requests), raise_server_exceptions=False)
    client.get("/broken")
    samples = [sample for family in requests.families() for sample in family.samples]
    assert {s.labels["status"] for s in samples if "status" in s.labels} == {"404", "500"}


def test_the_text_is_made_once_a_second() -> None:
    class Counting:
        """A registry that counts how often it is read."""

        times = 0

        def collect(self) -> Iterator[Metric]:
            self.times += 1
            return iter(())

    now, registry = {"at": 0.0}, Counting()
    exposition = Exposition(registry, lambda: now["at"])  # type: ignore[arg-type]
    for now["at"] in (5.0, 5.5, 5.9, 6.1, 6.2):
        exposition.text()
    assert registry.times == 2


def test_who_may_see_them(serving: Services) -> None:
    serving[AccountsService].first_admin("long enough for anybody")
    admin = serving[AccountsService].log_in("admin", "long enough for anybody", "127.0.0.1")
    cookie = serving[SessionsService].open(admin)
    _, secret = serving[TokensService].make(
        serving[SessionsService].principal(cookie), "scrape", "read", 30
    )
    private = client_of(serving.replace(mode=lambda: Mode.PRIVATE))
    public = client_of(serving)

    def status(client: TestClient, **headers: str) -> int:
        return client.get("/metrics", headers=headers).status_code

    assert status(public) == 200
    assert status(private) == 401
    assert status(private, authorization=f"Bearer {secret}") == 200
    assert status(private, cookie=f"cointracker_session={cookie}") == 200
    assert status(private, authorization="Basic YTpi") == 401
    for client in (public, private):
        assert status(client, authorization="Bearer ct_wrong") == 401
    text = private.get("/metrics", headers={"authorization": f"Bearer {secret}"}).text
    assert "admin" not in text
    assert secret not in text


@pytest.fixture
def everything(serving: Services) -> Told:
    """All that can be told."""
    serving[MonitoringService].refresh("test", by=SYSTEM)
    return told(client_of(serving))


def documented() -> dict[str, tuple[str, set[str]]]:
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\| `(\w+)` \| (\w+) \|([^|]*)\|", text, re.M)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in lines}


def test_every_metric_is_documented_and_none_that_is_not_there(everything: Told) -> None:
    assert {name: kind for name, (kind, _) in documented().items()} == {
        name: family.type for name, family in everything.families.items()
    }


def test_labels_are_as_documented(everything: Told) -> None:
    kept = documented()
    for name, family in everything.families.items():
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == kept[name][1], name


def test_the_dashboard_asks_for_metrics_and_labels_that_are_there() -> None:
    kept = documented()
    dashboard = json.loads((ROOT / "docs" / "grafana-dashboard.json").read_text(encoding="utf-8"))
    asked = [t["expr"] for panel in dashboard["panels"] for t in panel.get("targets", [])]
    assert len(asked) > 20
    for expression in asked:
        names = re.findall(r"\b(?:cointracker|process)_\w+", expression)
        assert names, expression
        for name in names:
            base = ADDED.sub("", name) if ADDED.sub("", name) in kept else name
            assert base in kept, expression
            assert (base != name) == (kept[base][0] == "histogram"), expression
        labels = set(re.findall(r"(\w+)=~?\"", expression)) - {"instance"}
        grouped = set(re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", expression))))
        assert labels | (grouped - {"le"}) <= kept[base][1], expression


def test_the_dashboard_has_panels_that_do_not_overlap() -> None:
    dashboard = json.loads((ROOT / "docs" / "grafana-dashboard.json").read_text(encoding="utf-8"))
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24, panel["title"]
        taken |= cells
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))


def test_the_rules_in_the_document_ask_for_metrics_that_are_there() -> None:
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    expressions = re.findall(r"expr: (.*)", text)
    assert len(expressions) == 5
    for expression in expressions:
        for name in re.findall(r"cointracker_\w+", expression):
            assert name in documented(), expression
