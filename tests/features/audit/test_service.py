"""The audit log: what it keeps, and how it is asked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cointracker.features.audit.service import MAX_CHARS
from tests.accounts_fixture import AccountsFixture
from tests.fakes import ADMIN, NOON, VIEWER

COLUMNS = ["at", "name", "means", "address", "action", "target", "detail"]


def test_what_was_done_is_told_newest_first(accounts_fixture: AccountsFixture) -> None:
    audit = accounts_fixture.known.audit
    audit.record(ADMIN, "settings.save", "top_coins", "top_coins: 100 → 50")
    accounts_fixture.time.pass_by(60)
    audit.record(VIEWER, "logout")
    found = audit.entries(names=["admin", "viewer"])
    assert list(found.columns) == COLUMNS
    assert found.iloc[1].tolist() == [
        NOON,
        "admin",
        "session",
        "192.0.2.1",
        "settings.save",
        "top_coins",
        "top_coins: 100 → 50",
    ]
    assert found["action"].tolist() == ["logout", "settings.save"]
    assert audit.names() == ["admin", "command", "viewer"]


def test_it_is_asked_by_name_action_and_time(accounts_fixture: AccountsFixture) -> None:
    audit = accounts_fixture.known.audit
    for number in range(6):
        audit.record([ADMIN, VIEWER][number % 2], ["login", "logout"][number // 3], str(number))
        accounts_fixture.time.pass_by(60)

    def targets(**asked: object) -> list[str]:
        found = audit.entries(**asked)  # type: ignore[arg-type]
        return [target for target in found["target"] if target.isdigit()]

    minutes = [NOON + timedelta(minutes=minute) for minute in range(6)]
    assert targets() == list("543210")
    assert targets(limit=2) == ["5", "4"]
    assert targets(names=["viewer"]) == ["5", "3", "1"]
    assert targets(actions=["login"]) == ["2", "1", "0"]
    assert targets(names=["viewer"], actions=["login"]) == ["1"]
    assert targets(since=minutes[2], until=minutes[4]) == ["3", "2"]
    assert targets(names=[]) == targets(names=["x' OR 1=1 --"]) == []
    assert list(audit.entries(names=[]).columns) == COLUMNS


def test_odd_text_is_kept_in_one_line_of_bounded_length(accounts_fixture: AccountsFixture) -> None:
    accounts_fixture.known.audit.record(ADMIN, "login", "a\nb\x1b[0m\u202e\ud800", "x" * 10_000)
    newest = accounts_fixture.known.audit.entries(limit=1).iloc[0]
    assert newest["target"] == "a b [0m  "
    assert newest["detail"] == "x" * MAX_CHARS


def test_only_what_has_a_name_is_recorded(accounts_fixture: AccountsFixture) -> None:
    with pytest.raises(ValueError, match="no action"):
        accounts_fixture.known.audit.record(ADMIN, "something")


def test_it_outlives_a_restart(accounts_fixture: AccountsFixture) -> None:
    before = accounts_fixture.known.audit.entries()
    accounts_fixture.restart()
    assert accounts_fixture.known.audit.entries().equals(before)
