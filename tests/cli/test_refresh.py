"""`refresh`: one refresh without the server."""

from __future__ import annotations

from pathlib import Path

from tests.cli.commands import GOOD, failed, prices, run
from tests.databases import LIVE_FILE
from tests.faults import HTML, FaultServer, closed_port, held_by_another_process, json_reply


def test_a_refresh(tmp_path: Path, server: FaultServer) -> None:
    server.say(GOOD)
    done = run(tmp_path, "refresh", COINGECKO_URL=server.url, COINGECKO_KEY="CG-secret")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "Refresh 1 stored: 2 coins from coingecko, 1 rejected" in done.stdout
    assert prices(tmp_path) == [("bitcoin", 100.0), ("ether", 100.0)]
    assert server.requests[0].headers["x-cg-demo-api-key"] == "CG-secret"
    assert "secret" not in done.stdout


def test_what_the_source_answers_is_told_in_one_line(tmp_path: Path, server: FaultServer) -> None:
    told = {"error": "first line\nsecond line"}
    for reply, reason in ((HTML, "a web page"), (json_reply(told, 400), "first line second line")):
        server.say(reply)
        assert reason in failed(run(tmp_path, "refresh", COINGECKO_URL=server.url))


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    with closed_port() as url:
        line = failed(run(tmp_path, "refresh", COINGECKO_URL=url))
    assert line == "Error: coingecko: no connection"


def test_a_setting_that_cannot_be_used(tmp_path: Path) -> None:
    line = failed(run(tmp_path, "refresh", TOP_COINS="all"))
    assert line == "Error: COINTRACKER_TOP_COINS: must be a whole number 1 to 1000; got 'all'"


def test_while_the_server_holds_the_database(tmp_path: Path) -> None:
    with held_by_another_process(tmp_path / LIVE_FILE):
        line = failed(run(tmp_path, "refresh", UPDATE_INTERVAL="120"))
    assert f"{LIVE_FILE} is in use by another process" in line
    assert "every 120 s" in line
    assert "POST /api/monitoring/manual-update/" in line


def test_a_database_that_does_not_open(tmp_path: Path) -> None:
    (tmp_path / LIVE_FILE).write_text("no database")
    assert "does not open" in failed(run(tmp_path, "refresh"))
    assert (tmp_path / LIVE_FILE).read_text() == "no database"
