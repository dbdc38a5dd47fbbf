"""`backup` and `restore`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import GOOD, failed, prices, run
from tests.databases import LIVE_FILE
from tests.faults import FaultServer, held_by_another_process


@pytest.fixture
def stored(tmp_path: Path, server: FaultServer) -> Path:
    """A data folder with a refresh in it."""
    server.say(GOOD)
    folder = tmp_path / "data"
    folder.mkdir()
    assert run(folder, "refresh", COINGECKO_URL=server.url).exit_code == 0
    return folder


def test_a_backup_and_the_way_back(stored: Path) -> None:
    done = run(stored, "backup")
    assert (done.exit_code, done.stderr) == (0, "")
    (made,) = (stored / "backups").iterdir()
    first, last = done.stdout.splitlines()
    assert first.startswith(f"{LIVE_FILE}: schema step ")
    assert f"Backup written: {made}, " in last
    (stored / LIVE_FILE).write_text("no database")

    done = run(stored, "restore", str(made))
    assert (done.exit_code, done.stderr) == (0, "")
    (aside,) = stored.glob("before-restore-*")
    assert f"The previous files are in {aside}" in done.stdout
    assert f"Restored: {LIVE_FILE}, as of 20" in done.stdout
    assert (aside / LIVE_FILE).read_text() == "no database"
    assert prices(stored) == [("bitcoin", 100.0), ("ether", 100.0)]


def test_neither_while_the_server_holds_a_database(stored: Path, tmp_path: Path) -> None:
    made = tmp_path / "b.zip"
    assert run(stored, "backup", str(made)).exit_code == 0
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
