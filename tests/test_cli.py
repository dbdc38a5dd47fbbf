"""`python -m cointracker` in processes of its own: what it prints, and how it ends."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from cointracker import __version__
from cointracker.bootstrap import APP_FILE, LIVE_FILE
from cointracker.bootstrap.members import members
from cointracker.services.market import MarketService
from cointracker.storage.database import Database
from cointracker.storage.migrations import APP_STEPS
from tests.fakes import row
from tests.faults import (
    HTML,
    FaultServer,
    closed_port,
    held_by_another_process,
    json_reply,
)
from tests.recordings import recordings

ROOT = Path(__file__).parents[1]
GOOD = json_reply([row("bitcoin", market_cap=1e12), row("ether", market_cap=1e11), row("bad", -1)])


def run(
    folder: Path, *arguments: str, stdin: str | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """The command with its data in `folder`; its warnings are errors."""
    variables.setdefault("COINPAPRIKA_URL", "off")
    own = {f"COINTRACKER_{name}": value for name, value in variables.items()}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "NO_PROXY") if name in os.environ}
    environment = {**kept, "PYTHONPATH": str(ROOT), "COINTRACKER_DATA_DIR": str(folder), **own}
    command = [sys.executable, "-W", "error", "-m", "cointracker", *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        input=stdin,
    )


def failed(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a failed command says."""
    assert done.returncode == 1, done
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


def prices(folder: Path) -> list[tuple[str, float]]:
    database = Database(folder / LIVE_FILE)
    frame = MarketService(database).ranking().frame
    database.close()
    return list(zip(frame["coin_id"], frame["price"], strict=True))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--help"], ["refresh", "replay", "streamlit run app.py"]),
        (["refresh", "--help"], ["Usage: python -m cointracker refresh", "one refresh"]),
        (["replay", "--help"], ["Usage: python -m cointracker replay", "PATH", "oldest first"]),
        (["backup", "--help"], ["backup [OPTIONS] [PATH]", "Write every database", "Stop the"]),
        (["restore", "--help"], ["restore [OPTIONS] PATH", "not overwritten", "Stop the"]),
        (["user", "--help"], ["argument", "/users", "--help"]),
        (["--version"], [f"cointracker, version {__version__}"]),
    ],
)
def test_it_explains_itself(tmp_path: Path, arguments: list[str], words: list[str]) -> None:
    done = run(tmp_path, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    for word in words:
        assert word in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_command_is_a_wrong_use(tmp_path: Path) -> None:
    done = run(tmp_path, "refersh")
    assert done.returncode == 2
    assert "No such command 'refersh'" in done.stderr


# refresh


def test_a_refresh(tmp_path: Path, server: FaultServer) -> None:
    server.say(GOOD)
    done = run(tmp_path, "refresh", COINGECKO_URL=server.url, COINGECKO_KEY="CG-secret")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Refresh 1 stored: 2 coins from coingecko, 1 rejected" in done.stdout
    assert prices(tmp_path) == [("bitcoin", 100.0), ("ether", 100.0)]
    assert server.requests[0].headers["x-cg-demo-api-key"] == "CG-secret"
    assert "secret" not in done.stdout


def test_what_the_source_answers_is_told_in_one_line(tmp_path: Path, server: FaultServer) -> None:
    told = {"error": "first line\nsecond line"}
    for reply, reason in ((HTML, "a web page"), (json_reply(told, 500), "first line second line")):
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


# export


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one snapshot of two coins."""
    folder = tmp_path_factory.mktemp("refreshed")
    with FaultServer() as server:
        server.say(GOOD)
        assert run(folder, "refresh", COINGECKO_URL=server.url).returncode == 0
    return folder


READERS = {
    "csv": pd.read_csv, "xlsx": pd.read_excel, "parquet": pd.read_parquet,
}  # fmt: skip


@pytest.mark.parametrize("ending", READERS)
def test_the_ranking_becomes_a_file(refreshed: Path, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"ranking.{ending}"
    done = run(refreshed, "export", str(path), "--weights", "0,0,0,1,0", "--language", "fa")
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 coins of" in done.stdout
    frame = READERS[ending](path)
    assert frame["coin_id"].tolist() == ["bitcoin", "ether"]
    assert frame["rank"].tolist() == [1, 2]
    assert frame["weight_market_cap"].tolist() == [1.0, 1.0]
    assert "ارزش بازار" in frame["reason"][0]
    before = path.read_bytes()
    assert "cannot be written" in failed(run(refreshed, "export", str(path)))
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["ranking.txt"], "must end in .csv, .xlsx, .parquet"),
        (["ranking.csv", "--at", "yesterday"], "must be an instant in ISO 8601"),
    ],
)
def test_what_cannot_be_exported_is_told(
    refreshed: Path, tmp_path: Path, arguments: list[str], why: str
) -> None:
    name, *options = arguments
    done = run(refreshed, "export", str(tmp_path / name), *options)
    assert done.returncode == 2
    assert why in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_weights_and_instants_that_give_no_ranking(refreshed: Path, tmp_path: Path) -> None:
    path = str(tmp_path / "ranking.csv")
    assert "weights" in failed(run(refreshed, "export", path, "--weights", "0,0,0,0,0"))
    assert "no snapshot" in failed(run(refreshed, "export", path, "--at", "2001-01-01"))
    assert "nothing is stored yet" in failed(run(tmp_path, "export", path))
    assert list(tmp_path.iterdir()) == []


def test_while_the_server_holds_what_is_to_be_exported(tmp_path: Path) -> None:
    with held_by_another_process(tmp_path / LIVE_FILE):
        line = failed(run(tmp_path, "export", "ranking.csv"))
    assert "GET /api/cryptocurrencies/" in line


# replay


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    """Three recorded days, and one on which the answer was an error."""
    folder = tmp_path / "captures"
    folder.mkdir()
    recorded = recordings() / "coingecko"
    for day in ("2024-08-01", "2024-08-02", "2024-08-03"):
        shutil.copy(recorded / "markets_daily" / "raw" / f"{day}.json", folder)
    refused = recorded / "errors" / "http403_markets_unavailable_2023-03-30.json"
    shutil.copy(refused, folder / "2023-03-30.json")
    return folder


def test_a_replay_and_the_same_again(tmp_path: Path, captures: Path) -> None:
    done = run(tmp_path, "replay", str(captures))
    assert done.returncode == 0
    assert done.stdout.splitlines()[-2:] == ["1 failed, 3 stored", "0 rows rejected"]
    (failure,) = done.stderr.splitlines()
    assert failure.startswith("2023-03-30.json: This endpoint is temporarily unavailable")
    last = json.loads((captures / "2024-08-03.json").read_bytes())
    assert dict(prices(tmp_path)) == {coin["id"]: coin["current_price"] for coin in last}

    again = run(tmp_path, "replay", str(captures))
    assert again.stdout.splitlines()[-2:] == ["1 failed, 3 unchanged", "0 rows rejected"]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("nowhere", "no such file or folder"),
        ("", "no .json capture in it"),
        ("undated.json", "the name holds no date"),
        ("broken.tar.gz", "the archive does not open"),
    ],
)
def test_a_replay_of_nothing_usable(tmp_path: Path, name: str, problem: str) -> None:
    (tmp_path / "empty").mkdir()
    if "." in name:
        (tmp_path / "empty" / name).write_text("[]")
    assert problem in failed(run(tmp_path, "replay", str(tmp_path / "empty" / name)))
    assert not (tmp_path / LIVE_FILE).exists()


# backup, restore


@pytest.fixture
def stored(tmp_path: Path, server: FaultServer) -> Path:
    """A data folder with a refresh in it."""
    server.say(GOOD)
    folder = tmp_path / "data"
    folder.mkdir()
    assert run(folder, "refresh", COINGECKO_URL=server.url).returncode == 0
    return folder


def test_a_backup_and_the_way_back(stored: Path) -> None:
    done = run(stored, "backup")
    assert (done.returncode, done.stderr) == (0, "")
    (made,) = (stored / "backups").iterdir()
    first, last = done.stdout.splitlines()
    assert first.startswith(f"{LIVE_FILE}: schema step ")
    assert f"Backup written: {made}, " in last
    (stored / LIVE_FILE).write_text("no database")

    done = run(stored, "restore", str(made))
    assert (done.returncode, done.stderr) == (0, "")
    (aside,) = stored.glob("before-restore-*")
    assert f"What was there is set aside in {aside}" in done.stdout
    assert f"Restored: {LIVE_FILE}, as of 20" in done.stdout
    assert (aside / LIVE_FILE).read_text() == "no database"
    assert prices(stored) == [("bitcoin", 100.0), ("ether", 100.0)]


def test_neither_while_the_server_holds_a_database(stored: Path, tmp_path: Path) -> None:
    made = tmp_path / "b.zip"
    assert run(stored, "backup", str(made)).returncode == 0
    with held_by_another_process(stored / LIVE_FILE):
        for arguments in (["backup", str(tmp_path / "c.zip")], ["restore", str(made)]):
            line = failed(run(stored, *arguments))
            assert f"{LIVE_FILE} is in use by another process" in line
            assert "nothing was changed. Stop the server" in line
    assert not (tmp_path / "c.zip").exists()
    assert not list(stored.glob("before-restore-*"))


def test_a_foreign_file_is_not_restored(stored: Path) -> None:
    assert "is not a backup of CoinTracker" in failed(run(stored, "restore", LIVE_FILE))
    assert prices(stored) == [("bitcoin", 100.0), ("ether", 100.0)]


# Users


def piped(folder: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(folder, "user", *arguments, stdin=text)


def logged_in(folder: Path, name: str, password: str) -> str:
    database = Database(folder / APP_FILE, APP_STEPS)
    try:
        return members(database).accounts.log_in(name, password).role or ""
    finally:
        database.close()


def test_users_are_kept_from_the_command_line(tmp_path: Path) -> None:
    assert "first start" in piped(tmp_path, "", "list").stdout
    added = piped(tmp_path, "battery staple\n", "add", "ann", "--role", "admin")
    assert (added.returncode, added.stdout) == (0, "Added ann as admin.\n")
    assert logged_in(tmp_path, "ann", "battery staple") == "admin"
    made_up = piped(tmp_path, "", "add", "ب", "--random").stdout
    password = made_up.splitlines()[-1].rpartition(" ")[2]
    assert logged_in(tmp_path, "ب", password) == "viewer"
    piped(tmp_path, "", "add", "c@example.com", "--no-password")
    assert piped(tmp_path, "eight888", "password", "ANN").returncode == 0
    assert logged_in(tmp_path, "ann", "eight888") == "admin"
    assert piped(tmp_path, "", "role", "ب", "admin").returncode == 0
    assert logged_in(tmp_path, "ب", password) == "admin"
    assert piped(tmp_path, "y\n", "remove", "ب").returncode == 0
    assert piped(tmp_path, "n\n", "remove", "ann").returncode == 1
    shown = piped(tmp_path, "", "list").stdout.splitlines()
    assert [line.partition(",")[0] for line in shown] == ["ann: admin", "c@example.com: viewer"]
    assert shown[1].endswith("no password")
    assert (tmp_path / APP_FILE).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("arguments", "text", "words"),
    [
        (["add", "ann"], "eight888", "there is a user of this name"),
        (["add", "eve"], "seven77", "at least 8 characters"),
        (["add", "eve"], "", "at least 8 characters"),
        (["add", "a\tb"], "eight888", "no control characters"),
        (["password", "eve"], "eight888", "no user of that name"),
        (["role", "ann", "viewer"], "", "the last admin"),
        (["remove", "ann", "--yes"], "", "the last admin"),
    ],
)
def test_what_cannot_be_done_to_a_user(
    tmp_path: Path, arguments: list[str], text: str, words: str
) -> None:
    piped(tmp_path, "battery staple", "add", "ann", "--role", "admin")
    problem = failed(piped(tmp_path, text, *arguments))
    assert words in problem
    assert not text or text not in problem


def test_a_password_is_no_argument(tmp_path: Path) -> None:
    for arguments in (["add", "ann", "eight888"], ["add", "ann", "--password", "eight888"],
                      ["password", "ann", "eight888"]):  # fmt: skip
        assert piped(tmp_path, "", *arguments).returncode == 2


def test_users_while_the_server_holds_them(tmp_path: Path) -> None:
    with held_by_another_process(tmp_path / APP_FILE):
        for arguments in (["list"], ["add", "ann", "--random"], ["remove", "ann", "--yes"]):
            assert "/users" in failed(piped(tmp_path, "", *arguments))
