"""Two servers of standing at their worst, through all that a server process wires."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cointracker.bootstrap.runtime import call_policies
from cointracker.core.services import services
from cointracker.core.settings import Settings
from cointracker.features.market.rankings import MarketService
from cointracker.features.standing.resolution import Collision
from cointracker.features.standing.service import StandingService
from cointracker.features.standing.state import StandingState
from tests.fakes import FakeClock, FakeTime, indicator, row
from tests.faults import HTML, FaultServer, Reply, json_reply
from tests.serving import Unscheduled

pytestmark = pytest.mark.slow

COINS = [
    row("bitcoin", symbol="btc", market_cap=1e12),
    row("ether", symbol="eth", market_cap=3e11),
    row("solana", symbol="sol", market_cap=9e10),
    row("wrapped-sol", symbol="sol", market_cap=1e9),
]
TEN_MB = 10 * 1024 * 1024


@dataclass
class Two:
    """Two servers, and the runtime that asks them."""

    first: FaultServer
    second: FaultServer
    clock: FakeClock
    runtime: Unscheduled

    def hour(self) -> None:
        """The hourly job, and a refresh after it."""
        self.clock.move(hours=1)
        self.runtime.do("standing")
        self.clock.move(minutes=5)
        self.runtime.refresh()

    def shown(self) -> dict[str, float]:
        frame = services()[MarketService].ranking().frame.dropna(subset="standing")
        return dict(zip(frame["coin_id"], frame["standing"], strict=True))

    def state(self) -> StandingState:
        social = services().get(StandingService)
        assert social is not None
        return social.state()

    def errors(self) -> list[str | None]:
        return [state.check.error if state.check else "never" for state in self.state().sources]


@pytest.fixture
def two(tmp_path: Path, clock: FakeClock) -> Iterator[Two]:
    with ExitStack() as stack:
        gecko, first, second = (stack.enter_context(FaultServer()) for _server in range(3))
        gecko.say(json_reply(COINS))
        settings = Settings(
            data_dir=tmp_path,
            coingecko_url=gecko.url,
            coinpaprika_url="",
            standing_url_1=first.url,
            standing_url_2=second.url,
        )
        time = FakeTime(clock=clock)
        held = call_policies(settings, clock, time, time.sleep)
        runtime = Unscheduled(settings, clock, held)
        runtime.start()
        stack.callback(runtime.stop)
        runtime.refresh()
        yield Two(first, second, clock, runtime)


def say(server: FaultServer, *rows: Any) -> None:
    server.say(json_reply({"indicators": list(rows)}))


def test_they_disagree_collide_and_send_text_for_numbers(two: Two) -> None:
    say(two.first, indicator("BTC", 3), indicator("ETH", "2"), indicator("SOL", 7))
    say(two.second, indicator("btc", 1), indicator("ETH", 9), indicator("SOL", 1, id="wrapped-sol"))
    two.hour()
    assert two.shown() == {"bitcoin": 3, "ether": 9, "solana": 7, "wrapped-sol": 1}
    state = two.state()
    assert state.collisions == (Collision("SOL", "solana", ("wrapped-sol",), is_overridden=False),)
    refused = state.sources[0].rejections
    assert refused[["field", "value"]].to_numpy().tolist() == [["standing", "2"]]
    assert two.errors() == [None, None]
    factor = services()[MarketService].ranking().frame.set_index("coin_id")["factor_social"]
    assert factor.to_dict() == pytest.approx(
        {"bitcoin": 99.7, "ether": 99.1, "solana": 99.3, "wrapped-sol": 99.9}
    )


@pytest.mark.parametrize(
    "much",
    [
        Reply(b'{"indicators": [' + b" " * TEN_MB + b'{"symbol": "BTC", "standing": 1}]}'),
        Reply(b"5\r\n     \r\n" * TEN_MB, headers={"Transfer-Encoding": "chunked"}),
    ],
    ids=["10 MB", "100 MB in small pieces, and no word of it before"],
)
def test_ten_megabytes_are_not_read_and_the_last_answer_serves(two: Two, much: Reply) -> None:
    say(two.first, indicator("BTC", 3))
    say(two.second, indicator("BTC", 1), indicator("ETH", 9))
    two.hour()
    two.first.say(much)
    two.hour()
    assert two.errors() == ["MalformedAnswer", None]
    check = two.state().sources[0].check
    assert check is not None
    assert "more than 2097152 bytes" in str(check.reason)
    assert two.shown() == {"bitcoin": 3, "ether": 9}
    assert [source.is_stale for source in two.state().sources] == [True, False]
    assert not two.state().is_stale


def test_both_fail_and_the_stale_answers_say_so_until_one_is_back(two: Two) -> None:
    say(two.first, indicator("BTC", 3))
    say(two.second, indicator("ETH", 9))
    two.hour()
    two.first.say(Reply(b"", 503))
    two.second.say(HTML)
    for _hour in range(3):
        two.hour()
        assert two.shown() == {"bitcoin": 3, "ether": 9}
        assert two.errors() == ["SourceUnavailable", "MalformedAnswer"]
        assert two.state().is_stale
    assert two.state().sources[0].age_seconds > 3 * 3_600
    say(two.second, indicator("BTC", 5), indicator("ETH", 2))
    two.hour()
    assert two.shown() == {"bitcoin": 3, "ether": 2}
    assert not two.state().is_stale
    assert two.errors() == ["SourceUnavailable", None]


def test_an_override_wins_in_the_next_refresh(two: Two) -> None:
    say(two.first, indicator("SOL", 7))
    say(two.second)
    two.hour()
    assert two.shown() == {"solana": 7}
    social = services().get(StandingService)
    assert social is not None
    social.override("sol", "wrapped-sol")
    two.clock.move(minutes=5)
    two.runtime.refresh()
    assert two.shown() == {"wrapped-sol": 7}
    assert two.state().collisions == (
        Collision("SOL", "wrapped-sol", ("solana",), is_overridden=True),
    )
