"""Users: logging in, guessing, changing, and what is never told."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cointracker.core.errors import (
    BadCredentials,
    DatabaseClosed,
    InvalidAccount,
    LoginNeeded,
    NotAllowed,
    TooManyAttempts,
    UserNotFound,
)
from cointracker.core.rights import COMMAND, NOBODY, Principal, Role
from cointracker.features.accounts.accounts import MAX_TRIES, MAX_TRIES_OF_ADDRESS, WINDOW_SECONDS
from cointracker.features.accounts.user_directory import checked_name, key_of
from tests.accounts_fixture import AWAY, HOME, PASSWORDS, AccountsFixture
from tests.fakes import VIEWER

WRONG = "wrong password"


def guess(
    accounts_fixture: AccountsFixture,
    name: str = "root",
    address: str = AWAY,
    password: str = WRONG,
) -> None:
    with pytest.raises(BadCredentials):
        accounts_fixture.known.accounts.log_in(name, password, address)


def blocked(accounts_fixture: AccountsFixture, name: str = "root", address: str = AWAY) -> float:
    with pytest.raises(TooManyAttempts) as caught:
        accounts_fixture.known.accounts.log_in(name, PASSWORDS.get(name, WRONG), address)
    return caught.value.retry_after_seconds


# Logging in


@pytest.mark.parametrize("name", ["ann", "ANN", " Ann "])
def test_a_name_is_known_however_it_is_written(
    accounts_fixture: AccountsFixture, name: str
) -> None:
    found = accounts_fixture.known.accounts.log_in(name, PASSWORDS["ann"], HOME)
    assert (found.name, found.role, found.address) == ("ann", Role.VIEWER, HOME)
    assert accounts_fixture.actions() == [("ann", "login", "")]
    (ann, root) = accounts_fixture.known.accounts.users()
    assert (ann.last_login_at, root.last_login_at) == (accounts_fixture.time.clock(), None)


def test_a_login_alone_is_no_session(accounts_fixture: AccountsFixture) -> None:
    with pytest.raises(NotAllowed):
        accounts_fixture.known.accounts.add(
            "eve", "eight888", Role.ADMIN, by=accounts_fixture.log_in("root")
        )


def test_a_wrong_name_and_a_wrong_password_are_told_alike(
    accounts_fixture: AccountsFixture,
) -> None:
    told = []
    for name, password in (
        ("root", WRONG),
        ("nobody", WRONG),
        ("root", ""),
        ("", ""),
        ("x" * 10_000, WRONG),
        ("root", "x" * 10_000),
        ("\ud800", "\ud800"),
        ("root", PASSWORDS["ann"]),
        ("root\0", PASSWORDS["root"]),
    ):
        with pytest.raises(BadCredentials) as caught:
            accounts_fixture.known.accounts.log_in(name, password, AWAY)
        told.append(str(caught.value))
        accounts_fixture.time.pass_by(WINDOW_SECONDS)
    assert len(set(told)) == 1


def test_for_a_name_that_nobody_has_as_much_is_hashed(accounts_fixture: AccountsFixture) -> None:
    accounts_fixture.known.accounts.add("sso@example.com", None, Role.VIEWER, by=COMMAND)
    for name in ("root", "nobody", "sso@example.com", "x" * 1_000, ""):
        accounts_fixture.hasher.compared.clear()
        guess(accounts_fixture, name)
        ((password, hashed),) = accounts_fixture.hasher.compared
        assert password == WRONG.encode()
        assert hashed.startswith("$2b$04$")
        assert len(hashed) == 60


def test_an_impossible_password_is_compared_too(accounts_fixture: AccountsFixture) -> None:
    accounts_fixture.hasher.compared.clear()
    guess(accounts_fixture, password="x" * 100)
    assert len(accounts_fixture.hasher.compared) == 1


def test_who_has_no_password_does_not_log_in_by_one(accounts_fixture: AccountsFixture) -> None:
    accounts_fixture.known.accounts.add("sso@example.com", None, Role.VIEWER, by=COMMAND)
    for password in ("", WRONG, "None", "sso@example.com"):
        guess(accounts_fixture, "sso@example.com", password=password)


def test_single_sign_on_finds_the_user_of_that_address(accounts_fixture: AccountsFixture) -> None:
    accounts = accounts_fixture.known.accounts
    accounts.add("sso@example.com", None, Role.VIEWER, by=COMMAND)
    assert accounts.by_email("SSO@Example.com", HOME).name == "sso@example.com"
    for email in ("other@example.com", "root", "", "root@", "@"):
        with pytest.raises(NotAllowed):
            accounts.by_email(email)


def test_a_password_that_is_changed_while_it_is_compared_is_the_old_one(
    accounts_fixture: AccountsFixture,
) -> None:
    compare = accounts_fixture.hasher.matches

    def slow(password: bytes, hashed: str) -> bool:
        same = compare(password, hashed)
        accounts_fixture.known.accounts.set_password("ann", "eight888", by=COMMAND)
        return same

    object.__setattr__(accounts_fixture.hasher, "matches", slow)
    guess(accounts_fixture, "ann", password=PASSWORDS["ann"])


# Guessing


def test_after_five_wrong_ones_even_the_right_one_waits(accounts_fixture: AccountsFixture) -> None:
    for _ in range(MAX_TRIES):
        guess(accounts_fixture)
        accounts_fixture.time.pass_by(10)
    accounts_fixture.hasher.compared.clear()
    wait = blocked(accounts_fixture)
    assert wait == pytest.approx(WINDOW_SECONDS - 10 * MAX_TRIES, abs=0.01)
    assert accounts_fixture.hasher.compared == []
    accounts_fixture.time.pass_by(wait)
    accounts_fixture.log_in("root", AWAY)


def test_elsewhere_the_admin_is_not_locked_out(accounts_fixture: AccountsFixture) -> None:
    for number in range(200):
        with pytest.raises((BadCredentials, TooManyAttempts)):
            accounts_fixture.known.accounts.log_in("root", f"guess {number}", AWAY)
    accounts_fixture.log_in("root", HOME)


def test_another_way_to_write_the_name_is_no_other_name(accounts_fixture: AccountsFixture) -> None:
    for name in ("root", "ROOT", " root", "ro\u200cot", "Root"):
        guess(accounts_fixture, name)
    blocked(accounts_fixture)


def test_an_address_of_the_same_home_is_no_other_address(accounts_fixture: AccountsFixture) -> None:
    for number in range(MAX_TRIES):
        guess(accounts_fixture, address=f"2001:db8::{number}")
    blocked(accounts_fixture, address="2001:db8::ffff")


def test_many_names_from_one_address(accounts_fixture: AccountsFixture) -> None:
    for number in range(MAX_TRIES_OF_ADDRESS):
        guess(accounts_fixture, f"name {number}")
    blocked(accounts_fixture)
    blocked(accounts_fixture, "yet another")
    accounts_fixture.log_in("root", HOME)


def test_who_logs_in_may_begin_anew(accounts_fixture: AccountsFixture) -> None:
    for _ in range(20):
        for _wrong in range(MAX_TRIES - 1):
            guess(accounts_fixture, "ann", HOME)
        accounts_fixture.log_in("ann")
        accounts_fixture.time.pass_by(WINDOW_SECONDS / 5)


def test_ones_own_login_does_not_help_to_guess_at_another(
    accounts_fixture: AccountsFixture,
) -> None:
    for _ in range(MAX_TRIES):
        guess(accounts_fixture, "root", HOME)
        accounts_fixture.log_in("ann")
    blocked(accounts_fixture, "root", HOME)


def test_a_clock_that_jumps_ends_no_block(accounts_fixture: AccountsFixture) -> None:
    for _ in range(MAX_TRIES):
        guess(accounts_fixture)
    for days in (400, -800):
        accounts_fixture.time.clock.move(days=days)
        blocked(accounts_fixture)


def test_all_at_once_no_more_are_compared(accounts_fixture: AccountsFixture) -> None:
    accounts_fixture.hasher.compared.clear()
    gate = threading.Barrier(20)

    def attempt() -> None:
        gate.wait()
        with pytest.raises((BadCredentials, TooManyAttempts)):
            accounts_fixture.known.accounts.log_in("root", WRONG, AWAY)

    threads = [threading.Thread(target=attempt) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(accounts_fixture.hasher.compared) == MAX_TRIES


def test_a_block_is_recorded_once_and_names_no_stranger(accounts_fixture: AccountsFixture) -> None:
    for name in ("root", "secret typed as a name"):
        for _ in range(MAX_TRIES):
            guess(accounts_fixture, name)
        for _ in range(10):
            blocked(accounts_fixture, name)
    assert accounts_fixture.actions() == [("", "login.blocked", "root")]
    assert accounts_fixture.known.audit.entries()["address"].tolist()[0] == AWAY


def test_the_old_password_is_not_guessed_either(accounts_fixture: AccountsFixture) -> None:
    here = accounts_fixture.here()
    for _ in range(MAX_TRIES):
        with pytest.raises(BadCredentials):
            accounts_fixture.known.accounts.change_password(here, WRONG, "eight888")
    with pytest.raises(TooManyAttempts):
        accounts_fixture.known.accounts.change_password(here, PASSWORDS["ann"], "eight888")


# Changing


def test_ones_own_password(accounts_fixture: AccountsFixture) -> None:
    here = accounts_fixture.here()
    after = accounts_fixture.known.accounts.change_password(here, PASSWORDS["ann"], "eight888")
    guess(accounts_fixture, "ann", password=PASSWORDS["ann"])
    assert accounts_fixture.known.accounts.log_in("ann", "eight888", HOME) == after
    assert ("ann", "user.password", "ann") in accounts_fixture.actions()


@pytest.mark.parametrize("new", ["", "seven77", "x" * 73])
def test_a_new_password_that_cannot_be_one_changes_nothing(
    accounts_fixture: AccountsFixture, new: str
) -> None:
    cookie = accounts_fixture.cookie()
    here = accounts_fixture.known.sessions.principal(cookie)
    with pytest.raises(InvalidAccount):
        accounts_fixture.known.accounts.change_password(here, PASSWORDS["ann"], new)
    assert accounts_fixture.known.sessions.principal(cookie).name == "ann"
    accounts_fixture.log_in()


def test_every_change_needs_an_admin_with_a_session(accounts_fixture: AccountsFixture) -> None:
    accounts = accounts_fixture.known.accounts
    here = accounts_fixture.here("root")
    _token, secret = accounts_fixture.known.tokens.make(here, "all", "write", 1)
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
        for by in (
            VIEWER,
            accounts_fixture.here(),
            accounts_fixture.known.tokens.principal(secret),
            accounts_fixture.log_in("root"),
        ):
            with pytest.raises(NotAllowed):
                change(by)
    assert [user.role for user in accounts.users()] == [user.role for user in before]
    with pytest.raises(LoginNeeded):
        accounts.change_password(NOBODY, WRONG, "eight888")
    with pytest.raises(NotAllowed):
        accounts.change_password(accounts_fixture.known.tokens.principal(secret), WRONG, "eight888")


def test_an_admin_adds_changes_and_removes(accounts_fixture: AccountsFixture) -> None:
    accounts, by = accounts_fixture.known.accounts, accounts_fixture.here("root")
    accounts.add("Éve", "eight888", Role.VIEWER, by=by)
    accounts.set_role("éve", Role.ADMIN, by=by)
    accounts.set_role("éve", Role.ADMIN, by=by)
    accounts.set_password("Éve", "nine99999", by=by)
    assert accounts.log_in("e\u0301ve", "nine99999").role is Role.ADMIN
    accounts.remove("Éve", by=by)
    guess(accounts_fixture, "Éve", password="nine99999")
    assert [one for one in accounts_fixture.actions() if one[2]] == [
        ("root", "user.add", "Éve"),
        ("root", "user.role", "Éve"),
        ("root", "user.password", "Éve"),
        ("root", "user.remove", "Éve"),
    ]


def test_what_is_not_there_cannot_be_changed(accounts_fixture: AccountsFixture) -> None:
    accounts = accounts_fixture.known.accounts
    for change in (
        lambda: accounts.set_role("eve", Role.ADMIN, by=COMMAND),
        lambda: accounts.set_password("eve", "eight888", by=COMMAND),
        lambda: accounts.remove("eve", by=COMMAND),
    ):
        with pytest.raises(UserNotFound):
            change()


def test_the_last_admin_stays(accounts_fixture: AccountsFixture) -> None:
    accounts = accounts_fixture.known.accounts
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


def test_two_admins_cannot_remove_each_other_at_once(accounts_fixture: AccountsFixture) -> None:
    accounts, gate = accounts_fixture.known.accounts, threading.Barrier(2)
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


def test_what_cannot_be_stored_changes_nothing(accounts_fixture: AccountsFixture) -> None:
    cookie = accounts_fixture.cookie()
    accounts_fixture.database.close()
    with pytest.raises(DatabaseClosed):
        accounts_fixture.known.accounts.remove("ann", by=COMMAND)
    assert accounts_fixture.known.sessions.principal(cookie).name == "ann"


# Names


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "\u200c",
        "a\nb",
        "a\0b",
        "a\u202eb",
        "a\u2066b",
        "a\u200bb",
        "a\u2028b",
        "\ud800",
        "x" * 255,
        "ann",
        "ANN",
        " ann",
        "a\u200cnn",
    ],
)
def test_a_name_that_cannot_be_one(accounts_fixture: AccountsFixture, name: str) -> None:
    with pytest.raises(InvalidAccount) as caught:
        accounts_fixture.known.accounts.add(name, "eight888", Role.VIEWER, by=COMMAND)
    assert caught.value.field == "name"
    assert len(accounts_fixture.known.accounts.users()) == len(PASSWORDS)


@pytest.mark.parametrize("role", ["", "owner", "Admin"])
def test_a_role_that_is_none(accounts_fixture: AccountsFixture, role: Any) -> None:
    with pytest.raises(InvalidAccount):
        accounts_fixture.known.accounts.add("eve", "eight888", role, by=COMMAND)
    with pytest.raises(InvalidAccount):
        accounts_fixture.known.accounts.set_role("ann", role, by=COMMAND)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=60))
def test_whatever_is_taken_as_a_name_logs_in(accounts_fixture: AccountsFixture, name: str) -> None:
    accounts = accounts_fixture.known.accounts
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
    accounts_fixture = AccountsFixture(tmp_path / "new.duckdb")
    assert accounts_fixture.known.accounts.first_admin() == ""
    assert accounts_fixture.known.accounts.first_admin("eight888") == ""
    with accounts_fixture.database.transaction() as session:
        session.execute("DELETE FROM users")
    accounts_fixture.restart()
    password = accounts_fixture.known.accounts.first_admin()
    assert len(password) == 20
    assert accounts_fixture.known.accounts.log_in("admin", password).role is Role.ADMIN
    assert accounts_fixture.known.accounts.first_admin() == ""
    accounts_fixture.database.close()


def test_the_first_password_may_be_given(accounts_fixture: AccountsFixture) -> None:
    with accounts_fixture.database.transaction() as session:
        session.execute("DELETE FROM users")
    accounts_fixture.restart()
    assert accounts_fixture.known.accounts.first_admin("given by me") == ""
    accounts_fixture.known.accounts.log_in("admin", "given by me")
    assert "given by me" not in accounts_fixture.everything()


# Secrets


def test_no_secret_is_told_anywhere(
    accounts_fixture: AccountsFixture, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    known, cookie = accounts_fixture.known, accounts_fixture.cookie("root")
    by = known.sessions.principal(cookie, HOME)
    token, secret = known.tokens.make(by, "mine", "write", 3)
    guess(accounts_fixture, password="guessed secret")
    known.accounts.add("eve", "eve's secret", Role.VIEWER, by=by)
    known.accounts.set_password("eve", "newer secret", by=by)
    ticket = known.sessions.ticket(accounts_fixture.log_in())
    parts = [by, token, accounts_fixture.log_in(), *known.accounts.users(), *known.tokens.of(by)]
    shown = "\n".join(
        [
            accounts_fixture.everything(),
            caplog.text,
            known.audit.entries().to_csv(),
            repr(parts),
            repr(vars(known.sessions)["_open"]),
            repr(vars(known.tokens)["_known"]),
        ]
    )
    value = cookie.rpartition(".")[0]
    for hidden in (*PASSWORDS.values(), "secret", secret, secret[3:], cookie, value, ticket):
        assert hidden not in shown.replace("secrets", ""), hidden
    assert "$2b$" not in repr(parts)


def test_a_principal_is_not_believed_by_its_name(accounts_fixture: AccountsFixture) -> None:
    forged = Principal("root", Role.ADMIN)
    with pytest.raises(LoginNeeded):
        accounts_fixture.known.sessions.open(forged)
    with pytest.raises(LoginNeeded):
        accounts_fixture.known.sessions.open(NOBODY)
