"""What the command line says of itself, and that it says so at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from cointracker import __version__
from tests.cli.commands import run


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
    assert (done.exit_code, done.stderr) == (0, "")
    for word in words:
        assert word in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_command_is_a_wrong_use(tmp_path: Path) -> None:
    done = run(tmp_path, "refersh")
    assert done.exit_code == 2
    assert "No such command 'refersh'" in done.stderr
