"""The WebSocket under a real server: what is pushed, what is answered, and who is let go of."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from cointracker.api.app import build_routes
from cointracker.api.shared import Shared
from cointracker.api.websocket.bounds import Limits
from cointracker.api.websocket.connection import CloseReason
from cointracker.api.websocket.hub import Hub
from cointracker.api.websocket.route import route
from cointracker.bootstrap.features import FEATURES
from cointracker.core.errors import SourceUnreachable
from cointracker.core.feature import FeatureSet
from cointracker.core.rights import SYSTEM, Mode
from cointracker.core.services import Services
from cointracker.core.settings import Settings
from cointracker.features.accounts.accounts import AccountsService
from cointracker.features.accounts.sessions import SessionsService
from cointracker.features.accounts.tokens import TokensService
from cointracker.features.monitoring.api.coin_updates import FEED
from cointracker.features.monitoring.feature import MONITORING
from cointracker.features.monitoring.refresh import RefreshService
from cointracker.features.monitoring.service import MonitoringService
from cointracker.features.monitoring.store.refreshes import FAILED, STORED
from cointracker.features.weights.service import WeightsService
from cointracker.ranking.weights import Weights
from cointracker.storage.database import Database
from tests.fakes import FakeClock, ListedSource, row
from tests.faults import PATIENCE_SECONDS
from tests.listening import SMALL_BUFFER, Listening, deaf, heard, heard_of, listening, until
from tests.serving import served, with_stand_in

STATUS = [
    "is_running",
    "last_update",
    "next_update",
    "update_interval",
    "last_error",
    "error_count",
]
PATIENT = Limits(look_seconds=PATIENCE_SECONDS * 10)
"""Looks at once when told, and by itself never."""
ROOT = Path(__file__).parents[2]
PASSWORD = "long enough for anybody"


@dataclass
class Market:
    """Services of one database whose source a test fills."""

    database: Database
    source: ListedSource

    def __post_init__(self) -> None:
        self.serving = served(self.database, self.source)

    def services(self) -> Services:
        return self.serving

    def refresh(self, *rows: Any, outcome: str = STORED) -> None:
        """Let a minute pass and refresh."""
        self.source.rows = rows or self.source.rows
        self.source.clock.move(minutes=1)
        assert self.serving[MonitoringService].refresh("test", by=SYSTEM).outcome == outcome


@pytest.fixture
def market(database: Database, clock: FakeClock) -> Market:
    market = Market(database, ListedSource(clock))
    market.refresh(row("bitcoin", market_cap=1e12), row("ether", market_cap=1e11))
    return market


@contextmanager
def open_to(
    market: Market, limits: Limits = PATIENT, send_buffer: int | None = None
) -> Iterator[tuple[Listening, Hub]]:
    hub = Hub(market.services, Shared(), FEED, limits)
    with listening([route("/ws/coins/", market.services, hub)], send_buffer) as server:
        yield server, hub


@pytest.fixture
def server(market: Market) -> Iterator[Listening]:
    with open_to(market) as (server, _):
        yield server


def ids(message: dict[str, Any]) -> list[str]:
    return [coin["coin_id"] for coin in message["coins"]]


def closed_with(client: ClientConnection) -> int:
    """The code with which the server closes; what comes before is passed over."""
    with suppress(ConnectionClosed):
        while True:
            client.recv(timeout=PATIENCE_SECONDS)
    assert client.close_code is not None
    return client.close_code


def test_a_connection_begins_with_ranking_and_status(server: Listening) -> None:
    with server.socket() as client:
        first, second = heard(client), heard(client)
    assert first["type"] == "coin_update"
    assert ids(first) == ["bitcoin", "ether"]
    assert second["type"] == "status_update"
    assert list(second["status"]) == STATUS
    assert second["status"]["last_update"] == "2026-03-09T12:01:00Z"


def test_coins_are_those_of_the_api(market: Market) -> None:
    with listening(build_routes(market.services, FEATURES)) as server, server.socket() as client:
        listed = requests.get(f"{server.url}/api/cryptocurrencies/", timeout=PATIENCE_SECONDS)
        assert heard(client)["coins"] == listed.json()["results"]


def test_each_refresh_is_told_to_all(market: Market, server: Listening) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(server.socket()) for _ in range(5)]
        for client in clients:
            heard_of(client, "status_update")
        market.refresh(row("solana", market_cap=1e10))
        for client in clients:
            assert ids(heard(client)) == ["solana"]
            assert heard(client)["status"]["last_update"] == "2026-03-09T12:02:00Z"


def test_a_refresh_that_fails_is_told_with_its_reason(market: Market, server: Listening) -> None:
    with server.socket() as client:
        heard_of(client, "status_update")
        market.source.error = SourceUnreachable("listed", "no route to host")
        market.refresh(outcome=FAILED)
        status = heard_of(client, "status_update")["status"]
        error = heard(client)
        market.refresh(outcome=FAILED)
        again = heard_of(client, "error")
    assert (status["last_error"], status["error_count"]) == ("no route to host", 1)
    assert error == again
    assert error["type"] == "error"
    assert error["message"] == "The refresh failed."
    assert error["error_details"] == "no route to host"


def test_before_the_first_refresh_there_are_no_coins(database: Database, clock: FakeClock) -> None:
    market = Market(database, ListedSource(clock))
    with open_to(market) as (server, _), server.socket() as client:
        assert heard(client)["coins"] == []
        assert heard(client)["status"]["last_update"] is None
        market.refresh(row("bitcoin"))
        assert ids(heard(client)) == ["bitcoin"]


def test_questions_are_answered(server: Listening) -> None:
    with server.socket() as client:
        greeting = [heard(client), heard(client)]
        client.send('{"type":"get_status"}')
        client.send('{"type": "get_coins", "more": 1}')
        assert [heard(client), heard(client)] == [greeting[1], greeting[0]]


@pytest.mark.parametrize(
    "message",
    [
        "",
        "{",
        "get_coins",
        "[]",
        "null",
        "7",
        "{}",
        '{"type":7}',
        '{"type":["get_coins"]}',
        '{"type":"get_everything"}',
        "[" * 4000,
        b'{"type":"get_coins"}',
        b"\xff\x00",
    ],
)
def test_what_is_not_understood_is_told_and_the_socket_stays(
    server: Listening, message: str | bytes
) -> None:
    with server.socket() as client:
        heard_of(client, "status_update")
        client.send(message)
        error = heard(client)
        assert list(error) == ["type", "message", "error_details"]
        assert error["message"] == "The message was not understood."
        client.send('{"type":"get_status"}')
        assert heard(client)["type"] == "status_update"


@pytest.mark.parametrize("kind", [str, bytes])
@pytest.mark.parametrize("parts", [1, 50])
def test_what_is_too_long_ends_the_connection(
    market: Market, kind: type[str] | type[bytes], parts: int
) -> None:
    message = "x" * 100 if kind is str else b"x" * 100
    with open_to(market) as (server, hub), server.socket() as client:
        heard_of(client, "status_update")
        client.send([message] * 50 if parts > 1 else message * 50)  # type: ignore[arg-type, operator]
        assert closed_with(client) == 1009
        until(lambda: hub.counts().ended.get(CloseReason.TOO_LONG) == 1)


def test_too_many_messages_are_refused_and_then_the_connection_ends(market: Market) -> None:
    limits = replace(PATIENT, burst=3, per_second=0.001, excess=5)
    with open_to(market, limits) as (server, hub), server.socket() as client:
        heard_of(client, "status_update")
        for _ in range(4):
            client.send('{"type":"get_status"}')
        answers = [heard(client) for _ in range(4)]
        assert [answer["type"] for answer in answers] == ["status_update"] * 3 + ["error"]
        assert answers[3]["message"] == "Too many messages."
        for _ in range(5):
            client.send('{"type":"get_status"}')
        assert closed_with(client) == 1008
        until(lambda: hub.counts().ended.get(CloseReason.FLOOD) == 1)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "", "x:"])
def test_pages_of_other_origins_are_refused(
    server: Listening, origin: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InvalidStatus) as caught, server.socket(origin=origin):
        pass
    assert caught.value.response.status_code == 403
    assert json.loads(caught.value.response.body or b"") == {
        "detail": "Pages of this origin may not connect."
    }
    server.stop()
    assert caplog.text == ""


def test_pages_of_the_same_origin_are_let_in(server: Listening) -> None:
    with server.socket(origin=server.url) as client:
        assert heard(client)["type"] == "coin_update"


def test_pages_of_origins_that_are_allowed_are_let_in(market: Market) -> None:
    friends = Settings(allowed_origins=("https://friend.example",))
    with listening(build_routes(market.services, FEATURES, friends)) as server:
        with server.socket(origin="https://friend.example") as client:
            assert heard(client)["type"] == "coin_update"
        with pytest.raises(InvalidStatus), server.socket(origin="https://other.example"):
            pass


def test_a_token_in_the_address_is_none(market: Market) -> None:
    _, secret = logged_in(market)
    assert refused(market, path=f"/ws/coins/?token={secret}&access_token={secret}") == 401


def logged_in(market: Market) -> tuple[str, str]:
    """The admin's cookie and the secret of a token that may only read."""
    serving = market.serving
    market.serving = serving.replace(mode=lambda: Mode.PRIVATE)
    serving[AccountsService].first_admin(PASSWORD)
    admin = serving[AccountsService].log_in("admin", PASSWORD, "127.0.0.1")
    cookie = serving[SessionsService].open(admin)
    _, secret = serving[TokensService].make(
        serving[SessionsService].principal(cookie), "socket", "read", 30
    )
    return cookie, secret


def refused(market: Market, path: str = "/ws/coins/", **headers: str) -> int:
    """The status with which a handshake is refused; it is no error of the server's."""
    with (
        open_to(market) as (server, hub),
        pytest.raises(InvalidStatus) as caught,
        server.socket(path, additional_headers=headers),
    ):
        pass
    assert hub.counts().open == 0
    assert caught.value.response.headers["Content-Type"] == "application/json"
    return caught.value.response.status_code


def test_in_private_mode_a_login_is_needed(market: Market) -> None:
    cookie, secret = logged_in(market)
    assert refused(market) == 401
    assert refused(market, Cookie="cointracker_session=forged") == 401
    assert refused(market, Authorization="Bearer ct_wrong") == 401
    both = {"Authorization": "Bearer ct_wrong", "Cookie": f"cointracker_session={cookie}"}
    assert refused(market, **both) == 401
    for headers in (
        {"Cookie": f"cointracker_session={cookie}"},
        {"Authorization": f"Bearer {secret}"},
    ):
        with (
            open_to(market) as (server, _),
            server.socket(additional_headers=headers) as client,
        ):
            assert heard(client)["type"] == "coin_update"


def test_a_token_that_does_not_hold_is_refused_in_public_too(market: Market) -> None:
    assert refused(market, Authorization="Bearer ct_wrong") == 401


@pytest.mark.parametrize("how", ["logout", "revoke", "removed", "refresh"])
def test_who_is_logged_out_is_shown_nothing_more(market: Market, how: str) -> None:
    """Found by looking within seconds; where a refresh comes first, before it is shown."""
    cookie, secret = logged_in(market)
    serving = market.serving
    limits = PATIENT if how == "refresh" else Limits(look_seconds=0.05)
    by_cookie = {"Cookie": f"cointracker_session={cookie}"}
    by_token = {"Authorization": f"Bearer {secret}"}
    with open_to(market, limits) as (server, hub), ExitStack() as stack:
        session = stack.enter_context(server.socket(additional_headers=by_cookie))
        token = stack.enter_context(server.socket(additional_headers=by_token))
        for client in (session, token):
            heard_of(client, "status_update")
        admin = serving[SessionsService].principal(cookie)
        if how == "revoke":
            serving[TokensService].revoke(admin, serving[TokensService].of(admin)[0].token_id)
        elif how == "removed":
            serving[AccountsService].set_password("admin", "another long password", by=SYSTEM)
        else:
            serving[SessionsService].close(cookie)
        if how == "refresh":
            market.refresh(row("solana"))
        gone, kept = (token, session) if how == "revoke" else (session, token)
        with pytest.raises(ConnectionClosed):
            gone.recv(timeout=PATIENCE_SECONDS)
        assert gone.close_code == 4401
        until(lambda: hub.counts().ended.get(CloseReason.LOGGED_OUT) == 1)
        kept.send('{"type":"get_status"}')
        assert heard_of(kept, "status_update")


def test_going_private_ends_the_connections_of_nobody(market: Market) -> None:
    with (
        open_to(market, Limits(look_seconds=0.05)) as (server, _),
        server.socket() as client,
    ):
        heard_of(client, "status_update")
        market.serving = market.serving.replace(mode=lambda: Mode.PRIVATE)
        assert closed_with(client) == 4401


def test_a_socket_that_no_feature_declares_is_refused(market: Market) -> None:
    others = FeatureSet(feature for feature in FEATURES if feature is not MONITORING)
    market.serving = market.serving.replace(features=others)
    assert refused(market) == 403


def test_reasons_come_in_the_language_that_the_handshake_prefers(server: Listening) -> None:
    headers = {"Accept-Language": "fa-IR,fa;q=0.9"}
    with server.socket() as english, server.socket(additional_headers=headers) as persian:
        reasons = [heard(client)["coins"][0]["rank_reason"] for client in (english, persian)]
    assert reasons[0].startswith("High because of")
    assert reasons[1].startswith("رتبه بالا به دلیل")


def many(count: int) -> list[dict[str, Any]]:
    return [row(f"coin-{n}", name="long name " * 19, market_cap=1e9 + n) for n in range(count)]


def test_who_does_not_read_is_dropped_and_nobody_waits_for_it(
    database: Database, clock: FakeClock
) -> None:
    """Its connection is gone too, bytes that wait for it and all."""
    market = Market(database, ListedSource(clock))
    market.serving = _many_coins(market, 1_000)
    limits = replace(PATIENT, send_seconds=0.5)
    with open_to(market, limits, SMALL_BUFFER) as (server, hub), ExitStack() as stack:
        readers = [stack.enter_context(server.socket()) for _ in range(3)]
        for reader in readers:
            heard_of(reader, "status_update")
        sleepers = [stack.enter_context(deaf(server.port)) for _ in range(3)]
        until(lambda: hub.counts().ended.get(CloseReason.SLOW) == 3)
        market.refresh()
        for reader in readers:
            assert len(heard_of(reader, "coin_update")["coins"]) == 1_000
        until(lambda: hub.counts().open == 3)
        until(lambda: len(server.server.server_state.connections) == 3)
        assert len(sleepers) == 3


def _many_coins(market: Market, count: int) -> Services:
    """Services of a market of so many coins, refreshed once."""
    market.source.rows = many(count)
    refresh = RefreshService(market.database, market.source, count=count, clock=market.source.clock)
    serving = served(market.database, market.source, refresh=refresh)
    assert serving[MonitoringService].refresh("test", by=SYSTEM).outcome == STORED
    return serving


def test_a_server_stops_though_somebody_does_not_read(database: Database, clock: FakeClock) -> None:
    market = Market(database, ListedSource(clock))
    market.serving = _many_coins(market, 1_000)
    limits = replace(PATIENT, linger_seconds=0.2)
    with open_to(market, limits, SMALL_BUFFER) as (server, hub):
        with server.socket() as reader, deaf(server.port):
            heard_of(reader, "status_update")
            until(lambda: hub.counts().open == 2)
            server.server.should_exit = True
            assert closed_with(reader) == 1012
            server.stop()
        assert hub.counts().open == 0


def test_no_more_connections_than_there_is_room_for(market: Market) -> None:
    limits = replace(PATIENT, connections=3, per_address=2)
    with open_to(market, limits) as (server, hub), ExitStack() as stack:

        def come(address: str) -> ClientConnection:
            return stack.enter_context(server.socket(source_address=(address, 0)))

        def is_full(address: str) -> bool:
            client = come(address)
            with suppress(ConnectionClosed):
                return heard(client)["type"] != "coin_update"
            return client.close_code == 1013

        first = come("127.0.0.1")
        assert [is_full("127.0.0.1") for _ in range(2)] == [False, True]
        assert [is_full("127.0.0.2") for _ in range(2)] == [False, True]
        first.close()
        until(lambda: hub.counts().open == 2)
        assert not is_full("127.0.0.3")
        assert hub.counts().ended[CloseReason.FULL] == 2


def test_another_source_is_shown_when_it_serves(market: Market, server: Listening) -> None:
    """The services are swapped as a whole; whoever swaps them tells by the same events."""
    events = market.serving.events
    with server.socket() as client:
        heard_of(client, "status_update")
        other = served(market.database, market.source, name="another")
        market.serving = other.replace(events=events)
        events.notify()
        assert [heard(client)["type"], heard(client)["type"]] == ["coin_update", "status_update"]


def test_what_nothing_tells_of_is_found_by_looking(market: Market) -> None:
    with (
        open_to(market, Limits(look_seconds=0.05)) as (server, _),
        server.socket() as client,
    ):
        assert ids(heard(client)) == ["bitcoin", "ether"]
        market.serving[WeightsService].save_default(Weights(0, 0, 0, 0, 1), by=SYSTEM)
        assert heard_of(client, "coin_update")["coins"][0]["rank"] is None


def test_nobody_looks_when_nobody_is_connected(market: Market) -> None:
    with open_to(market) as (server, hub):
        for _ in range(3):
            with server.socket() as client:
                assert ids(heard(client)) == ["bitcoin", "ether"]
            until(lambda: hub.counts().open == 0)
            until(lambda: not market.serving.events._listeners)


def test_a_database_that_does_not_answer_is_told_and_the_ranking_stays(
    market: Market, server: Listening
) -> None:
    with server.socket() as client:
        greeting = [heard(client), heard(client)]
        market.database.close()
        market.serving.events.notify()
        assert heard(client)["message"] == "The database does not answer."
        client.send('{"type":"get_coins"}')
        assert heard(client) == greeting[0]
        with server.socket() as newcomer:
            assert heard(newcomer) == greeting[0]


def test_an_error_nobody_thought_of_ends_the_connections(
    market: Market, server: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def status(self) -> None:
            raise ZeroDivisionError

    with server.socket() as client:
        heard_of(client, "status_update")
        whole = market.serving
        market.serving = with_stand_in(whole, MonitoringService, Broken())
        whole.events.notify()
        assert closed_with(client) == 1011
        market.serving = whole
    with server.socket() as client:
        assert ids(heard(client)) == ["bitcoin", "ether"]
    assert "cannot look" in caplog.text


def test_the_example_of_the_document_runs(
    market: Market, server: Listening, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "docs" / "websocket.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.S)
    assert "localhost:8501" in example
    example = example.replace("localhost:8501", f"127.0.0.1:{server.port}")

    def run() -> None:
        with suppress(ConnectionClosed):
            exec(example, {})  # noqa: S102 - ours

    thread = threading.Thread(target=run)
    thread.start()
    said = ""

    def has_said() -> bool:
        nonlocal said
        said += capsys.readouterr().out
        return "next update:" in said

    until(has_said)
    market.refresh(row("solana", symbol="sol"))
    until(lambda: has_said() and "SOL" in said)
    assert said.splitlines()[0].split()[:2] == ["1", "BIT"]
    server.stop()
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()


def test_many_threads_tell_at_once(market: Market, server: Listening) -> None:
    with server.socket() as client:
        heard_of(client, "status_update")
        threads = [threading.Thread(target=market.serving.events.notify) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        market.refresh(row("solana"))
        assert ids(heard(client)) == ["solana"]
