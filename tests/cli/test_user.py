"""`user`: the users, while no server holds them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result

from cointracker.bootstrap.app_database import APP_FILE
from tests.accounts_fixture import auth_of
from tests.cli.commands import failed, run
from tests.databases import app_database
from tests.faults import held_by_another_process


def piped(folder: Path, text: str, *arguments: str) -> Result:
    return run(folder, "user", *arguments, stdin=text)


def logged_in(folder: Path, name: str, password: str) -> str:
    database = app_database(folder / APP_FILE)
    try:
        return auth_of(database).accounts.log_in(name, password).role or ""
    finally:
        database.close()


def test_users_are_kept_from_the_command_line(tmp_path: Path) -> None:
    assert "first start" in piped(tmp_path, "", "list").stdout
    added = piped(tmp_path, "battery staple\n", "add", "ann", "--role", "admin")
    assert (added.exit_code, added.stdout) == (0, "Added ann as admin.\n")
    assert logged_in(tmp_path, "ann", "battery staple") == "admin"
    made_up = piped(tmp_path, "", "add", "ب", "--random").stdout
    password = made_up.splitlines()[-1].rpartition(" ")[2]
    assert logged_in(tmp_path, "ب", password) == "viewer"
    piped(tmp_path, "", "add", "c@example.com", "--no-password")
    assert piped(tmp_path, "eight888", "password", "ANN").exit_code == 0
    assert logged_in(tmp_path, "ann", "eight888") == "admin"
    assert piped(tmp_path, "", "role", "ب", "admin").exit_code == 0
    assert logged_in(tmp_path, "ب", password) == "admin"
    assert piped(tmp_path, "y\n", "remove", "ب").exit_code == 0
    assert piped(tmp_path, "n\n", "remove", "ann").exit_code == 1
    shown = piped(tmp_path, "", "list").stdout.splitlines()
    assert [line.partition(",")[0] for line in shown] == ["ann: admin", "c@example.com: viewer"]
    assert shown[1].endswith("no password")
    assert (tmp_path / APP_FILE).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("arguments", "text", "words"),
    [
        (["add", "ann"], "eight888", "a user with this name already exists"),
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
    for arguments in (
        ["add", "ann", "eight888"],
        ["add", "ann", "--password", "eight888"],
        ["password", "ann", "eight888"],
    ):
        assert piped(tmp_path, "", *arguments).exit_code == 2


def test_users_while_the_server_holds_them(tmp_path: Path) -> None:
    with held_by_another_process(tmp_path / APP_FILE):
        for arguments in (["list"], ["add", "ann", "--random"], ["remove", "ann", "--yes"]):
            assert "/users" in failed(piped(tmp_path, "", *arguments))
