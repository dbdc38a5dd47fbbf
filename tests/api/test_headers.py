"""What a browser is told beside the answers."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from cointracker.api.middleware import headers
from cointracker.core.settings import Settings
from cointracker.features.market.rankings import MarketService
from tests.api.api_fixture import PATIENT, ApiFixture
from tests.serving import with_stand_in

HSTS = "strict-transport-security"


@pytest.mark.parametrize(
    "path", ["/api/health/", "/api/settings/", "/api/nothing/", "/api/cryptocurrencies/?page=0"]
)
def test_every_answer_of_the_api_has_them(home: ApiFixture, path: str) -> None:
    told = home.client().get(path).headers
    assert told["x-content-type-options"] == "nosniff"
    assert told["referrer-policy"] == "same-origin"
    assert told["cache-control"] == "no-store"
    assert told["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert HSTS not in told


def test_refusals_and_mistakes_have_them_too(home: ApiFixture) -> None:
    home.environment = PATIENT.replace({"calls_per_hour_anonymous": 1})
    client = home.client()
    client.get("/api/cryptocurrencies/")
    refused = client.get("/api/cryptocurrencies/")
    home.environment = PATIENT
    home.services = with_stand_in(home.services, MarketService, None)
    broken = home.client(raise_server_exceptions=False).get("/api/cryptocurrencies/")
    long = home.client().post("/api/auth/login/", content=b"a" * 100_000)
    assert [answer.status_code for answer in (refused, broken, long)] == [429, 500, 413]
    for answer in (refused, broken, long):
        assert list(answer.json()) == ["detail"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
    assert "NoneType" not in broken.text


def test_the_page_of_the_documents_runs_only_its_own_scripts(home: ApiFixture) -> None:
    answer = home.client().get("/api/docs")
    policy = answer.headers["content-security-policy"]
    scripts = re.findall(r"<script>(.*?)</script>", answer.text, re.S)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]


def told_behind(settings: Settings, scheme: str, **sent: str) -> Any:
    """The headers of a page, asked for with the headers that a proxy adds."""
    app = Starlette(
        routes=[Route("/", lambda request: PlainTextResponse(request.client.host))],
        middleware=headers.outer_middleware(settings),
    )
    client = TestClient(app, base_url=f"{scheme}://testserver", client=("10.0.0.1", 9))
    return client.get("/", headers=sent)


def test_pages_have_what_they_bear() -> None:
    told = told_behind(Settings(), "http").headers
    assert told["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'self'" in told["content-security-policy"]
    assert "cache-control" not in told
    assert HSTS not in told


def test_only_tls_is_remembered_and_only_a_trusted_proxy_is_believed_about_it() -> None:
    proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.1"}
    trusting = Settings(trusted_proxies=("10.0.0.1/32",))
    assert HSTS in told_behind(Settings(), "https").headers
    assert HSTS not in told_behind(Settings(), "http", **proxied).headers
    assert told_behind(Settings(), "http", **proxied).text == "10.0.0.1"
    assert HSTS in told_behind(trusting, "http", **proxied).headers
    assert told_behind(trusting, "http", **proxied).text == "203.0.113.1"
    plain = proxied | {"X-Forwarded-Proto": "http"}
    assert HSTS not in told_behind(trusting, "https", **plain).headers
