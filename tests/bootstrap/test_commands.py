"""What the command line does without a server."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from cointracker.bootstrap.app_database import APP_FILE
from cointracker.bootstrap.commands import in_force, one_refresh, replay
from cointracker.core.server_settings import DATA_DIR
from cointracker.core.settings import Settings
from cointracker.features.monitoring.recordings import Capture
from tests.bootstrap.running import (
    answers,
)
from tests.databases import LIVE_FILE, market_database
from tests.fakes import NOON, FakeClock, row
from tests.faults import (
    FaultServer,
)


def test_a_refresh_by_command_spends_the_same_budget(
    settings: Settings, server: FaultServer, clock: FakeClock
) -> None:
    answers(server)
    live = settings.replace({"source": "coingecko", "coingecko_calls_per_month": 100})
    outcomes = []
    for _command in range(3):
        with one_refresh(live) as service:
            outcomes.append(service.run("command"))
    assert [done.error for done in outcomes] == [None, None, "BudgetSpent"]
    assert outcomes[-1].reason == "the calls available so far this month are used up"
    assert len(server.requests) == 2


def test_a_replay_spends_nothing(settings: Settings) -> None:
    body = json.dumps([row("bitcoin", 70_000.0)]).encode()
    captures = [
        Capture(str(n), NOON + timedelta(minutes=n), body.replace(b"70", str(70 + n).encode()))
        for n in range(8)
    ]
    live = settings.replace({"coingecko_calls_per_month": 100})
    assert {done.outcome for done in replay(live, captures)} == {"stored"}
    database = market_database(settings[DATA_DIR] / LIVE_FILE)
    with database.reading() as session:
        assert session.value("SELECT count(*) FROM calls") == 0
    database.close()


def test_outside_the_server_the_environment_counts_where_nothing_was_saved(
    settings: Settings, tmp_path: Path
) -> None:
    assert in_force(settings) == settings
    assert not (tmp_path / APP_FILE).exists()
