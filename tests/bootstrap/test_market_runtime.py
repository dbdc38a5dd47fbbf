"""A market that is open: its past, what stands in for its main provider, its standing."""

from __future__ import annotations

from pathlib import Path

import pytest

from cointracker.bootstrap.app_database import APP_FILE
from cointracker.bootstrap.runtime import Runtime
from cointracker.core.errors import DatabaseBusy
from cointracker.core.rights import SYSTEM
from cointracker.core.services import services
from cointracker.core.settings import Settings
from cointracker.features.fallback.fallback_source import FallbackSource
from cointracker.features.market.rankings import MarketService
from cointracker.features.monitoring.service import (
    MonitoringService,
)
from cointracker.features.standing.service import StandingService
from cointracker.markets.crypto import CRYPTO
from cointracker.markets.declaration import Connection
from tests.bootstrap.running import (
    answers,
    live_with,
    running,
    status,
)
from tests.fakes import FakeClock, indicator, ticker
from tests.faults import (
    NO_ANSWER,
    FaultServer,
    Reply,
    held_by_another_process,
    json_reply,
)


def test_while_another_process_builds_the_history_it_is_busy(
    tmp_path: Path, clock: FakeClock
) -> None:
    """What a first start that is killed leaves behind is in test_app.py."""
    runtime = Runtime(Settings(data_dir=tmp_path, source="simulated"), clock)
    unfinished = tmp_path / "simulated.unfinished"
    with held_by_another_process(unfinished), pytest.raises(DatabaseBusy):
        runtime.start()
    assert set(tmp_path.iterdir()) == {unfinished, tmp_path / APP_FILE}


# The fallback


def test_the_second_source_takes_over(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    with FaultServer() as other:
        other.say(json_reply([ticker("bit-bitcoin", 71_000.0), ticker("eth-ether", 2_010.0)]))
        answers(server)
        with running(live_with(settings, coinpaprika_url=other.url), clock):
            second = services().get(FallbackSource)
            assert second is not None
            second.recheck()
            assert second.state().mapped == 2
            clock.move(minutes=5)
            answers(server, markets=Reply(b"", 500))
            services()[MonitoringService].refresh("manual", by=SYSTEM)
            assert (status().source, status().is_from_fallback) == ("coingecko", True)
            prices = services()[MarketService].ranking().frame["price"]
            assert sorted(prices) == [2_010.0, 71_000.0]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"coinpaprika_url": ""}, "it is turned off in the settings"),
        ({"quote_currency": "xau", "coinpaprika_url": "http://127.0.0.1:9"}, "does not quote"),
    ],
)
def test_without_a_second_source_it_says_why(
    settings: Settings, server: FaultServer, clock: FakeClock, changes: dict[str, str], why: str
) -> None:
    answers(server)
    with running(live_with(settings, **changes), clock):
        second = services().get(FallbackSource)
        assert second is not None
        assert why in second.state().why_not


# Standing


def test_standing_is_asked_for_when_the_server_starts_and_reaches_the_next_refresh(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server)
    with FaultServer() as first, FaultServer() as second:
        first.say(json_reply({"indicators": [indicator("BIT", 3)]}))
        second.say(json_reply({"indicators": [indicator("BIT", 9), indicator("ETH", 4)]}))
        urls = {"standing_url_1": first.url, "standing_url_2": second.url}
        with running(live_with(settings, lunarcrush_key="LC-unused", **urls), clock):
            first.arrival()
            second.arrival()
            social = services().get(StandingService)
            assert social is not None
            assert [each.source for each in social.state().sources] == ["standing-1", "standing-2"]
            social.update()
            clock.move(minutes=5)
            services()[MonitoringService].refresh("manual", by=SYSTEM)
            frame = services()[MarketService].ranking().frame.set_index("coin_id")
            assert frame["standing"].to_dict() == {"bitcoin": 3, "ether": 4}


def test_after_each_refresh_new_coins_get_their_standing(
    settings: Settings, server: FaultServer, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled: list[StandingService] = []

    def settle(service: StandingService) -> None:
        settled.append(service)

    answers(server)
    with running(live_with(settings), clock) as runtime:
        monkeypatch.setattr(StandingService, "settle", settle)
        before = len(settled)
        runtime._refresh()
        assert len(settled) > before  # the schedule's own first refresh may settle beside it
        assert settled[-1] is services()[StandingService]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"standing_url_2": "http://127.0.0.1:9/"}, ["standing-2"]),
        ({"lunarcrush_key": "LC-secret"}, ["lunarcrush"]),
        ({}, []),
    ],
)
def test_who_is_asked_for_standing(
    settings: Settings, changes: dict[str, str], names: list[str]
) -> None:
    found = CRYPTO.connect(live_with(settings, **changes), Connection()).indicators
    assert found is not None
    assert [source.name for source in found] == names
    for source in found:
        source.close()


def test_a_simulated_market_has_neither(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server, ping=NO_ANSWER)
    with running(settings, clock):
        assert (services().get(FallbackSource), services().get(StandingService)) == (None, None)
