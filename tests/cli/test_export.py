"""`export`: the ranking as a file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.cli.commands import GOOD, failed, run
from tests.databases import LIVE_FILE
from tests.faults import FaultServer, held_by_another_process


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one snapshot of two coins."""
    folder = tmp_path_factory.mktemp("refreshed")
    with FaultServer() as server:
        server.say(GOOD)
        assert run(folder, "refresh", COINGECKO_URL=server.url).exit_code == 0
    return folder


READERS = {
    "csv": pd.read_csv,
    "xlsx": pd.read_excel,
    "parquet": pd.read_parquet,
}


@pytest.mark.parametrize("ending", READERS)
def test_the_ranking_becomes_a_file(refreshed: Path, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"ranking.{ending}"
    done = run(refreshed, "export", str(path), "--weights", "0,0,0,1,0", "--language", "fa")
    assert (done.exit_code, done.stderr) == (0, "")
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
    assert done.exit_code == 2
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
