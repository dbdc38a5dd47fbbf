"""`python -m cointracker` in processes of its own: what it prints, how it ends, what it loads."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cointracker import __version__
from cointracker.bootstrap.app_database import APP_FILE
from cointracker.cli import main
from tests.accounts_fixture import auth_of
from tests.cli.commands import GOOD, prices
from tests.databases import app_database
from tests.faults import FaultServer

ROOT = Path(__file__).parents[2]
SLOW_TO_LOAD = {
    "apscheduler",
    "duckdb",
    "fastapi",
    "numpy",
    "pandas",
    "plotly",
    "pydantic",
    "requests",
    "starlette",
    "streamlit",
}


def run(
    folder: Path,
    *arguments: str,
    stdin: str | None = None,
    python: tuple[str, ...] = ("-W", "error"),
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """The command with its data in `folder`; its warnings are errors."""
    own = {f"COINTRACKER_{name}": value for name, value in variables.items()}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "NO_PROXY") if name in os.environ}
    environment = {
        **kept,
        "PYTHONPATH": str(ROOT),
        "COINTRACKER_DATA_DIR": str(folder),
        "COINTRACKER_COINPAPRIKA_URL": "off",
        **own,
    }
    command = [sys.executable, *python, "-m", "cointracker", *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        input=stdin,
    )


def test_the_help(tmp_path: Path) -> None:
    done = run(tmp_path, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: python -m cointracker [OPTIONS] COMMAND" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_version(tmp_path: Path) -> None:
    done = run(tmp_path, "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"cointracker, version {__version__}\n"


@pytest.mark.parametrize("command", ["", *sorted(main.commands)])
def test_help_loads_nothing_that_takes_long(tmp_path: Path, command: str) -> None:
    done = run(tmp_path, *command.split(), "--help", python=("-X", "importtime"))
    assert done.returncode == 0
    loaded = set(re.findall(r"^import time:.*\|\s*(\w+)", done.stderr, re.M))
    assert "click" in loaded
    shows_weights = {"numpy"} if command == "export" else set()
    assert loaded & SLOW_TO_LOAD <= shows_weights


def test_a_refresh(tmp_path: Path, server: FaultServer) -> None:
    server.say(GOOD)
    done = run(tmp_path, "refresh", COINGECKO_URL=server.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Refresh 1 stored: 2 coins from coingecko, 1 rejected" in done.stdout
    assert prices(tmp_path) == [("bitcoin", 100.0), ("ether", 100.0)]


def test_a_failure_is_one_line(tmp_path: Path) -> None:
    done = run(tmp_path, "refresh", TOP_COINS="all")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: COINTRACKER_TOP_COINS: must be a whole number 1 to 1000; got 'all'\n"
    )


def test_a_password_is_read_from_what_is_piped_in(tmp_path: Path) -> None:
    done = run(tmp_path, "user", "add", "ann", stdin="battery staple\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Added ann as viewer.\n", "")
    database = app_database(tmp_path / APP_FILE)
    try:
        assert auth_of(database).accounts.log_in("ann", "battery staple").role == "viewer"
    finally:
        database.close()
