"""`replay`: recorded captures through the real pipeline."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.commands import failed, prices, run
from tests.databases import LIVE_FILE
from tests.recordings import recordings


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
    assert done.exit_code == 0
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
