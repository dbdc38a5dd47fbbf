"""The examples of docs/api.md, run as they stand there against a real server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cointracker.core.rights import NOBODY
from cointracker.features.accounts.sessions import SessionsService
from cointracker.features.settings.service import SettingsService
from cointracker.features.weights.service import WeightsService
from cointracker.markets.settings import TOP_COINS
from tests.api.api_fixture import KEY, PASSWORD, ApiFixture, api_fixture, listening

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
SHELL = re.findall(r"^```sh\n(.*?)^```", TEXT, re.M | re.S)
PYTHON = re.findall(r"^```python\n(.*?)^```", TEXT, re.M | re.S)
CURLS = ["ours", *(["curl"] if shutil.which("curl") else [])]


@pytest.fixture
def inhabited(tmp_path: Path) -> Iterator[ApiFixture]:
    with api_fixture(tmp_path) as found:
        yield found


@pytest.fixture
def environment(inhabited: ApiFixture, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What the examples need to know, while the server runs."""
    with listening(inhabited.app()) as url:
        yield {
            **{name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
            "URL": url,
            "PASSWORD": PASSWORD,
            "TOKEN": inhabited.tokens["admin write"],
            "PYTHONPATH": str(ROOT),
        }


def ran(command: list[str], environment: dict[str, str], folder: Path) -> str:
    done = subprocess.run(
        command,
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def shell(block: str, curl: str, environment: dict[str, str], folder: Path) -> list[Any]:
    """What the calls of a block answered, in order."""
    if curl == "ours":
        tools = folder / "tools"
        tools.mkdir()
        script = (
            f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).with_name("curl.py")}" "$@"\n'
        )
        (tools / "curl").write_text(script)
        (tools / "curl").chmod(0o755)
        environment = environment | {"PATH": f"{tools}{os.pathsep}{environment['PATH']}"}
    said = ran(["sh", "-eu", "-c", block], environment, folder)
    decoder, found = json.JSONDecoder(), []
    while said.strip():
        answer, end = decoder.raw_decode(said.strip())
        found.append(answer)
        said = said.strip()[end:]
    return found


def test_there_are_examples() -> None:
    assert (len(SHELL), len(PYTHON)) == (3, 1)


@pytest.mark.parametrize("curl", CURLS)
def test_a_program_with_a_token(
    curl: str, inhabited: ApiFixture, environment: dict[str, str], tmp_path: Path
) -> None:
    listed, settings = shell(SHELL[0], curl, environment, tmp_path)
    assert [coin["coin_id"] for coin in listed["results"]] == ["bitcoin", "ether", "nothing"]
    assert (settings["top_coins_count"], settings["price_weight"]) == (50, 40.0)
    assert inhabited.services[SettingsService].current()[TOP_COINS] == 50
    assert inhabited.services[WeightsService].default()["price_change"] == 40.0


@pytest.mark.parametrize("curl", CURLS)
def test_a_session_in_a_cookie_jar(
    curl: str, inhabited: ApiFixture, environment: dict[str, str], tmp_path: Path
) -> None:
    login, listed, started, settings, updated, logout = shell(SHELL[1], curl, environment, tmp_path)
    assert login["status"] == started["status"] == logout["status"] == "success"
    assert listed["count"] == 3
    assert (settings["update_interval"], settings["social_weight"]) == (600, 0.0)
    assert settings["api_key"] == "…wxyz"
    assert KEY not in json.dumps([login, settings])
    assert (updated["status"], updated["updated_count"]) == ("success", 3)
    cookie = re.search(r"cointracker_session\t(\S+)", (tmp_path / "cookies.txt").read_text())
    assert cookie
    assert inhabited.services[SessionsService].principal(cookie.group(1)) == NOBODY


@pytest.mark.parametrize("curl", CURLS)
def test_readers(curl: str, environment: dict[str, str], tmp_path: Path) -> None:
    ranked, coin = shell(SHELL[2], curl, environment, tmp_path)
    assert len(ranked["results"]) == 3
    assert coin["rank_reason"].startswith("رتبه بالا به دلیل")


def test_python(inhabited: ApiFixture, environment: dict[str, str], tmp_path: Path) -> None:
    said = ran([sys.executable, "-c", PYTHON[0]], environment, tmp_path).splitlines()
    assert said[0].startswith("1 BTC ")
    assert "High because of: market cap (100.0), social standing (99.7)" in said[0]
    assert [line.split()[1] for line in said[:3]] == ["BTC", "ETH", "NOT"]
    assert said[3:] == ["30.0", "bitcoin 2"]
    assert inhabited.services[WeightsService].default()["price_change"] == 30.0
