"""The calls that a server process makes, and what they are held to."""

from __future__ import annotations

from datetime import timedelta

from cointracker.core.clock import utc_now
from cointracker.core.rights import SYSTEM
from cointracker.core.services import services
from cointracker.core.settings import Settings
from cointracker.features.monitoring.service import (
    LiveMarket,
    MonitoringService,
)
from cointracker.features.settings.call_forecast import forecast
from cointracker.features.sources.source_health import SourcesService
from cointracker.markets.crypto import call_plan
from cointracker.markets.settings import UPDATE_INTERVAL
from cointracker.providers.call_policy.budget import Plan
from tests.bootstrap.running import (
    answers,
    asked,
    running,
    status,
)
from tests.fakes import FakeClock
from tests.faults import (
    NO_ANSWER,
    FaultServer,
    Reply,
)


def test_settings_that_the_plan_cannot_sustain_are_stretched(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    asked = settings.replace({"top_coins": 1000, "update_interval_seconds": 60})
    answers(server, ping=NO_ANSWER)
    with running(asked, clock):
        assert (status().interval_seconds, status().is_stretched) == (60, False)
        assert services()[SourcesService].health() == ()
        answers(server)
        services()[LiveMarket].try_now(by=SYSTEM)
        now = status()
        assert (now.interval_seconds, now.asked_interval_seconds) == (1175, 60)
        assert now.is_stretched
        assert now.next_at is not None
        assert (now.next_at - utc_now()).total_seconds() > 1000


def test_the_default_settings_are_not_stretched() -> None:
    def interval(settings: Settings) -> int:
        return forecast(call_plan(settings), settings[UPDATE_INTERVAL]).interval_seconds

    assert interval(Settings()) == 300
    assert interval(Settings(coingecko_plan="demo", update_interval_seconds=60)) == 294
    fast = Settings(coingecko_plan="pro", update_interval_seconds=60)
    assert interval(fast) == 60
    assert interval(fast.replace({"coingecko_calls_per_month": 10_000})) == 294
    assert call_plan(fast.replace({"coingecko_calls_per_minute": 7})).plan.per_minute == 7


def test_the_default_settings_fit_the_demo_plan(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    """At the month's first instant, which has the most ahead of it; 31 days."""
    answers(server)
    demo = settings.replace(
        {"source": "coingecko", "coingecko_plan": "demo", "coingecko_key": "CG-key"}
    )
    clock.now = clock.now.replace(day=1, hour=0)
    with running(demo, clock):
        now, (health, _second) = status(), services()[SourcesService].health()
        assert (now.interval_seconds, now.is_stretched) == (300, False)
        assert health.calls.plan == Plan(per_minute=25, per_month=10_000)
        assert health.forecast_by_settings == health.calls_this_month + 8_928
        assert health.forecast_by_settings <= 10_000


def test_stretched_settings_stay_within_the_plan(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server)
    live = settings.replace(
        {"source": "coingecko", "top_coins": 1000, "update_interval_seconds": 60}
    )
    clock.now = clock.now.replace(day=1, hour=0)
    with running(live, clock):
        now, (health, _second) = status(), services()[SourcesService].health()
        assert (now.is_stretched, now.interval_seconds) == (True, 1175)
        assert now.asked_interval_seconds == 60
        assert 9_000 < health.forecast_by_settings <= 10_000


def test_the_status_tells_before_when_the_source_is_not_asked(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server)
    with running(settings.replace({"source": "coingecko"}), clock):
        services()[MonitoringService].refresh("manual", by=SYSTEM)
        assert status().may_ask_at is None
        answers(server, markets=Reply(b"", 429, {"Retry-After": "900"}))
        services()[MonitoringService].refresh("manual", by=SYSTEM)
        last, until = status().last, status().may_ask_at
        assert last is not None
        assert last.error == "RateLimited"
        assert until is not None
        assert abs(until - clock.now - timedelta(seconds=900)) < timedelta(seconds=1)


def test_every_call_counts_the_ping_too_and_a_restart_gives_none_back(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server)
    with running(settings, clock):
        health, _second = services()[SourcesService].health()
        made = len(server.requests)
        assert asked(server)[0] == "/ping"
        assert (health.calls.source, health.state) == ("coingecko", "ok")
        assert health.calls_this_month == health.calls_24h == made
        assert health.calls.left_this_minute == 5 - made
    with running(settings, clock):
        health, _second = services()[SourcesService].health()
        assert health.calls_this_month == len(server.requests) <= 5
