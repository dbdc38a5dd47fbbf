"""Users: logging in, guessing, changing, and what is never told."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cointracker.errors import (
    BadCredentials,
    DatabaseClosed,
    InvalidAccount,
    LoginNeeded,
    NotAllowed,
    TooManyAttempts,
    UserNotFound,
)
from cointracker.services.access import COMMAND, NOBODY, Principal, Role
from cointracker.services.accounts import MOST_TRIES, MOST_TRIES_OF_ADDRESS, WINDOW_SECONDS
from cointracker.services.people import checked_name, key_of
from tests.club import AWAY, HOME, PASSWORDS, Club
from tests.fakes import VIEWER

WRONG = "wrong password"


def guess(club: Club, name: str = "root", address: str = AWAY, password: str = WRONG) -> None:
    with pytest.raises(BadCredentials):
        club.known.accounts.log_in(name, password, address)


def blocked(club: Club, name: str = "root", address: str = AWAY) -> float:
    with pytest.raises(TooManyAttempts) as caught:
        club.known.accounts.log_in(name, PASSWORDS.get(name, WRONG), address)
    return caught.value.retry_after_seconds


# Logging in


@pytest.mark.parametrize("name", ["ann", "ANN", " Ann "])
def test_a_name_is_known_however_it_is_written(club: Club, name: str) -> None:
    found = club.known.accounts.log_in(name, PASSWORDS["ann"], HOME)
    assert (found.name, found.role, found.address) == ("ann", Role.VIEWER, HOME)
    assert club.actions() == [("ann", "login", "")]
    (ann, root) = club.known.accounts.users()
    assert (ann.last_login_at, root.last_login_at) == (club.time.clock(), None)


def test_a_login_alone_is_no_session(club: Club) -> None:
    with pytest.raises(NotAllowed):
        club.known.accounts.add("eve", "eight888", Role.ADMIN, by=club.log_in("root"))


def test_a_wrong_name_and_a_wrong_password_are_told_alike(club: Club) -> None:
    told = []
    for name, password in (("root", WRONG), ("nobody", WRONG), ("root", ""), ("", ""),
                           ("x" * 10_000, WRONG), ("root", "x" * 10_000), ("\ud800", "\ud800"),
                           ("root", PASSWORDS["ann"]), ("root\0", PASSWORDS["root"])):  # fmt: skip
        with pytest.raises(BadCredentials) as caught:
            club.known.accounts.log_in(name, password, AWAY)
        told.append(str(caught.value))
        club.time.pass_by(WINDOW_SECONDS)
    assert len(set(told)) == 1


def test_for_a_name_that_nobody_has_as_much_is_hashed(club: Club) -> None:
    club.known.accounts.add("sso@example.com", None, Role.VIEWER, by=COMMAND)
    for name in ("root", "nobody", "sso@example.com", "x" * 1_000, ""):
        club.hasher.compared.clear()
        guess(club, name)
        ((password, hashed),) = club.hasher.compared
        assert password == WRONG.encode()
        assert hashed.startswith("$2b$04$")
        assert len(hashed) == 60


def test_an_impossible_password_is_compared_too(club: Club) -> None:
    club.hasher.compared.clear()
    guess(club, password="x" * 100)
    assert len(club.hasher.compared) == 1


def test_who_has_no_password_does_not_log_in_by_one(club: Club) -> None:
    club.known.accounts.add("sso@example.com", None, Role.VIEWER, by=COMMAND)
    for password in ("", WRONG, "None", "sso@example.com"):
        guess(club, "sso@example.com", password=password)


def test_single_sign_on_finds_the_user_of_that_address(club: Club) -> None:
    accounts = club.known.accounts
    accounts.add("sso@example.com", None, Role.VIEWER, by=COMMAND)
    assert accounts.by_email("SSO@Example.com", HOME).name == "sso@example.com"
    for email in ("other@example.com", "root", "", "root@", "@"):
        with pytest.raises(NotAllowed):
            accounts.by_email(email)


def test_a_password_that_is_changed_while_it_is_compared_is_the_old_one(club: Club) -> None:
    compare = club.hasher.matches

    def slow(password: bytes, hashed: str) -> bool:
        same = compare(password, hashed)
        club.known.accounts.set_password("ann", "eight888", by=COMMAND)
        return same

    object.__setattr__(club.hasher, "matches", slow)
    guess(club, "ann", password=PASSWORDS["ann"])


# Guessing


def test_after_five_wrong_ones_even_the_right_one_waits(club: Club) -> None:
    for _ in range(MOST_TRIES):
        guess(club)
        club.time.pass_by(10)
    club.hasher.compared.clear()
    assert blocked(club) == WINDOW_SECONDS - 10 * MOST_TRIES
    assert club.hasher.compared == []
    club.time.pass_by(WINDOW_SECONDS - 10 * MOST_TRIES)
    club.log_in("root", AWAY)


def test_elsewhere_the_admin_is_not_locked_out(club: Club) -> None:
    for number in range(200):
        with pytest.raises((BadCredentials, TooManyAttempts)):
            club.known.accounts.log_in("root", f"guess {number}", AWAY)
    club.log_in("root", HOME)


def test_another_way_to_write_the_name_is_no_other_name(club: Club) -> None:
    for name in ("root", "ROOT", " root", "ro\u200cot", "Root"):
        guess(club, name)
    blocked(club)


def test_an_address_of_the_same_home_is_no_other_address(club: Club) -> None:
    for number in range(MOST_TRIES):
        guess(club, address=f"2001:db8::{number}")
    blocked(club, address="2001:db8::ffff")


def test_many_names_from_one_address(club: Club) -> None:
    for number in range(MOST_TRIES_OF_ADDRESS):
        guess(club, f"name {number}")
    blocked(club)
    blocked(club, "yet another")
    club.log_in("root", HOME)


def test_who_logs_in_may_begin_anew(club: Club) -> None:
    for _ in range(20):
        for _wrong in range(MOST_TRIES - 1):
            guess(club, "ann", HOME)
        club.log_in("ann")
        club.time.pass_by(WINDOW_SECONDS / 5)


def test_ones_own_login_does_not_help_to_guess_at_another(club: Club) -> None:
    for _ in range(MOST_TRIES):
        guess(club, "root", HOME)
        club.log_in("ann")
    blocked(club, "root", HOME)


def test_a_clock_that_jumps_ends_no_block(club: Club) -> None:
    for _ in range(MOST_TRIES):
        guess(club)
    for days in (400, -800):
        club.time.clock.move(days=days)
        blocked(club)


def test_all_at_once_no_more_are_compared(club: Club) -> None:
    club.hasher.compared.clear()
    gate = threading.Barrier(20)

    def attempt() -> None:
        gate.wait()
        with pytest.raises((BadCredentials, TooManyAttempts)):
            club.known.accounts.log_in("root", WRONG, AWAY)

    threads = [threading.Thread(target=attempt) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(club.hasher.compared) == MOST_TRIES


def test_a_block_is_recorded_once_and_names_no_stranger(club: Club) -> None:
    for name in ("root", "secret typed as a name"):
        for _ in range(MOST_TRIES):
            guess(club, name)
        for _ in range(10):
            blocked(club, name)
    assert club.actions() == [("", "login.blocked", "root")]
    assert club.known.audit.entries()["address"].tolist()[0] == AWAY


def test_the_old_password_is_not_guessed_either(club: Club) -> None:
    here = club.here()
    for _ in range(MOST_TRIES):
        with pytest.raises(BadCredentials):
            club.known.accounts.change_password(here, WRONG, "eight888")
    with pytest.raises(TooManyAttempts):
        club.known.accounts.change_password(here, PASSWORDS["ann"], "eight888")


# Changing


def test_ones_own_password(club: Club) -> None:
    here = club.here()
    after = club.known.accounts.change_password(here, PASSWORDS["ann"], "eight888")
    guess(club, "ann", password=PASSWORDS["ann"])
    assert club.known.accounts.log_in("ann", "eight888", HOME) == after
    assert ("ann", "user.password", "ann") in club.actions()


@pytest.mark.parametrize("new", ["", "seven77", "x" * 73])
def test_a_new_password_that_cannot_be_one_changes_nothing(club: Club, new: str) -> None:
    cookie = club.cookie()
    here = club.known.sessions.principal(cookie)
    with pytest.raises(InvalidAccount):
        club.known.accounts.change_password(here, PASSWORDS["ann"], new)
    assert club.known.sessions.principal(cookie).name == "ann"
    club.log_in()


def test_every_change_needs_an_admin_with_a_session(club: Club) -> None:
    accounts = club.known.accounts
    here = club.here("root")
    _token, secret = club.known.tokens.make(here, "all", "write", 1)
    changes: list[Any] = [
        lambda by: accounts.add("eve", "eight888", Role.ADMIN, by=by),
        lambda by: accounts.set_role("ann", Role.ADMIN, by=by),
        lambda by: accounts.set_password("root", "eight888", by=by),
        lambda by: accounts.remove("root", by=by),
    ]
    before = accounts.users()
    for change in changes:
        with pytest.raises(LoginNeeded):
            change(NOBODY)
        for by in (VIEWER, club.here(), club.known.tokens.principal(secret), club.log_in("root")):
            with pytest.raises(NotAllowed):
                change(by)
    assert [user.role for user in accounts.users()] == [user.role for user in before]
    with pytest.raises(LoginNeeded):
        accounts.change_password(NOBODY, WRONG, "eight888")
    with pytest.raises(NotAllowed):
        accounts.change_password(club.known.tokens.principal(secret), WRONG, "eight888")


def test_an_admin_adds_changes_and_removes(club: Club) -> None:
    accounts, by = club.known.accounts, club.here("root")
    accounts.add("Éve", "eight888", Role.VIEWER, by=by)
    accounts.set_role("éve", Role.ADMIN, by=by)
    accounts.set_role("éve", Role.ADMIN, by=by)
    accounts.set_password("Éve", "nine99999", by=by)
    assert accounts.log_in("e\u0301ve", "nine99999").role is Role.ADMIN
    accounts.remove("Éve", by=by)
    guess(club, "Éve", password="nine99999")
    assert [one for one in club.actions() if one[2]] == [
        ("root", "user.add", "Éve"), ("root", "user.role", "Éve"),
        ("root", "user.password", "Éve"), ("root", "user.remove", "Éve"),
    ]  # fmt: skip


def test_what_is_not_there_cannot_be_changed(club: Club) -> None:
    accounts = club.known.accounts
    for change in (
        lambda: accounts.set_role("eve", Role.ADMIN, by=COMMAND),
        lambda: accounts.set_password("eve", "eight888", by=COMMAND),
        lambda: accounts.remove("eve", by=COMMAND),
    ):
        with pytest.raises(UserNotFound):
            change()


def test_the_last_admin_stays(club: Club) -> None:
    accounts = club.known.accounts
    accounts.add("sso@example.com", None, Role.ADMIN, by=COMMAND)
    for _ in range(2):
        with pytest.raises(InvalidAccount):
            accounts.remove("ROOT", by=COMMAND)
        with pytest.raises(InvalidAccount):
            accounts.set_role("root", Role.VIEWER, by=COMMAND)
    accounts.remove("sso@example.com", by=COMMAND)
    accounts.set_role("ann", Role.ADMIN, by=COMMAND)
    accounts.remove("root", by=COMMAND)
    with pytest.raises(InvalidAccount):
        accounts.set_role("ann", Role.VIEWER, by=COMMAND)
    assert [(user.name, user.role) for user in accounts.users()] == [("ann", Role.ADMIN)]


def test_two_admins_cannot_remove_each_other_at_once(club: Club) -> None:
    accounts, gate = club.known.accounts, threading.Barrier(2)
    accounts.set_role("ann", Role.ADMIN, by=COMMAND)
    refused = []

    def attempt(name: str) -> None:
        gate.wait()
        try:
            accounts.remove(name, by=COMMAND)
        except InvalidAccount:
            refused.append(name)

    threads = [threading.Thread(target=attempt, args=(name,)) for name in PASSWORDS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == len(accounts.users()) == 1


def test_what_cannot_be_stored_changes_nothing(club: Club) -> None:
    cookie = club.cookie()
    club.database.close()
    with pytest.raises(DatabaseClosed):
        club.known.accounts.remove("ann", by=COMMAND)
    assert club.known.sessions.principal(cookie).name == "ann"


# Names


@pytest.mark.parametrize(
    "name",
    ["", "   ", "\u200c", "a\nb", "a\0b", "a\u202eb", "a\u2066b", "a\u200bb", "a\u2028b",
     "\ud800", "x" * 255, "ann", "ANN", " ann", "a\u200cnn"],
)  # fmt: skip
def test_a_name_that_cannot_be_one(club: Club, name: str) -> None:
    with pytest.raises(InvalidAccount) as caught:
        club.known.accounts.add(name, "eight888", Role.VIEWER, by=COMMAND)
    assert caught.value.field == "name"
    assert len(club.known.accounts.users()) == len(PASSWORDS)


@pytest.mark.parametrize("role", ["", "owner", "Admin"])
def test_a_role_that_is_none(club: Club, role: Any) -> None:
    with pytest.raises(InvalidAccount):
        club.known.accounts.add("eve", "eight888", role, by=COMMAND)
    with pytest.raises(InvalidAccount):
        club.known.accounts.set_role("ann", role, by=COMMAND)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=60))
def test_whatever_is_taken_as_a_name_logs_in(club: Club, name: str) -> None:
    accounts = club.known.accounts
    try:
        accounts.add(name, "eight888", Role.VIEWER, by=COMMAND)
    except InvalidAccount:
        return
    assert accounts.log_in(name, "eight888").name == checked_name(name)
    accounts.remove(name, by=COMMAND)


@given(st.text(max_size=60))
def test_the_key_of_a_key_is_itself(name: str) -> None:
    assert key_of(key_of(name)) == key_of(name)


# The first start


def test_the_first_admin_is_made_once(tmp_path: Any) -> None:
    club = Club(tmp_path / "new.duckdb")
    assert club.known.accounts.first_admin() == ""
    assert club.known.accounts.first_admin("eight888") == ""
    with club.database.transaction() as session:
        session.execute("DELETE FROM users")
    club.restart()
    password = club.known.accounts.first_admin()
    assert len(password) == 20
    assert club.known.accounts.log_in("admin", password).role is Role.ADMIN
    assert club.known.accounts.first_admin() == ""
    club.database.close()


def test_the_first_password_may_be_given(club: Club) -> None:
    with club.database.transaction() as session:
        session.execute("DELETE FROM users")
    club.restart()
    assert club.known.accounts.first_admin("given by me") == ""
    club.known.accounts.log_in("admin", "given by me")
    assert "given by me" not in club.everything()


# Secrets


def test_no_secret_is_told_anywhere(club: Club, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    known, cookie = club.known, club.cookie("root")
    by = known.sessions.principal(cookie, HOME)
    token, secret = known.tokens.make(by, "mine", "write", 3)
    guess(club, password="guessed secret")
    known.accounts.add("eve", "eve's secret", Role.VIEWER, by=by)
    known.accounts.set_password("eve", "newer secret", by=by)
    ticket = known.sessions.ticket(club.log_in())
    parts = [by, token, club.log_in(), *known.accounts.users(), *known.tokens.of(by)]
    shown = "\n".join([
        club.everything(), caplog.text, known.audit.entries().to_csv(), repr(parts),
        repr(vars(known.sessions)["_open"]), repr(vars(known.tokens)["_known"]),
    ])  # fmt: skip
    value = cookie.rpartition(".")[0]
    for hidden in (*PASSWORDS.values(), "secret", secret, secret[3:], cookie, value, ticket):
        assert hidden not in shown.replace("secrets", ""), hidden
    assert "$2b$" not in repr(parts)


def test_a_principal_is_not_believed_by_its_name(club: Club) -> None:
    forged = Principal("root", Role.ADMIN)
    with pytest.raises(LoginNeeded):
        club.known.sessions.open(forged)
    with pytest.raises(LoginNeeded):
        club.known.sessions.open(NOBODY)
