"""Personal tokens: shown once, never more than their user, and gone when they are to be."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from cointracker.core.errors import InvalidAccount, LoginNeeded, NotAllowed, TokenNotFound
from cointracker.core.rights import COMMAND, NOBODY, Means, Role
from cointracker.features.accounts.tokens import MAX_TOKENS
from tests.accounts_fixture import AWAY, PASSWORDS, AccountsFixture

DAY = 86_400.0


def made(
    accounts_fixture: AccountsFixture, name: str = "ann", scope: Any = "read", days: int = 30
) -> str:
    return accounts_fixture.known.tokens.make(accounts_fixture.here(name), "mine", scope, days)[1]


@pytest.mark.parametrize(("scope", "may_write"), [("read", False), ("write", True)])
def test_a_token_stands_for_its_user(
    accounts_fixture: AccountsFixture, scope: str, may_write: bool
) -> None:
    secret = made(accounts_fixture, "root", scope)
    found = accounts_fixture.known.tokens.principal(secret, AWAY)
    assert (found.name, found.role, found.means) == ("root", Role.ADMIN, Means.TOKEN)
    assert (found.may_write, found.address) == (may_write, AWAY)
    (token,) = accounts_fixture.known.tokens.of(accounts_fixture.here("root"))
    assert found.session_id == token.token_id
    assert (token.name, token.scope, token.last_used_at) == (
        "mine",
        scope,
        accounts_fixture.time.clock(),
    )
    assert secret.startswith("ct_")
    assert len(secret) > 40


def test_only_its_hash_is_stored(accounts_fixture: AccountsFixture) -> None:
    secret = made(accounts_fixture)
    stored = accounts_fixture.everything()
    assert secret[3:] not in stored
    assert hashlib.sha256(secret.encode()).hexdigest() in stored


def test_what_is_no_token(accounts_fixture: AccountsFixture) -> None:
    secret = made(accounts_fixture)
    for wrong in (
        "",
        "ct_",
        secret[:-1],
        secret[3:],
        secret.upper(),
        f"{secret} ",
        f" {secret}",
        secret + "x" * 1_000,
        f"{secret}é",
        hashlib.sha256(secret.encode()).hexdigest(),
        accounts_fixture.cookie(),
    ):
        assert accounts_fixture.known.tokens.principal(wrong) == NOBODY, wrong
    assert accounts_fixture.known.sessions.principal(secret) == NOBODY


def test_it_is_gone_when_it_is_revoked(accounts_fixture: AccountsFixture) -> None:
    secret, here = made(accounts_fixture), accounts_fixture.here()
    (token,) = accounts_fixture.known.tokens.of(here)
    accounts_fixture.known.tokens.revoke(here, token.token_id)
    for _ in range(2):
        assert accounts_fixture.known.tokens.principal(secret) == NOBODY
        accounts_fixture.restart()
    with pytest.raises(TokenNotFound):
        accounts_fixture.known.tokens.revoke(here, token.token_id)
    assert [one for one in accounts_fixture.actions() if "token" in one[1]] == [
        ("ann", "token.make", "mine"),
        ("ann", "token.revoke", "mine"),
    ]


def test_it_is_gone_when_its_days_are(accounts_fixture: AccountsFixture) -> None:
    secret = made(accounts_fixture, days=2)
    accounts_fixture.time.pass_by(2 * DAY - 1)
    assert accounts_fixture.known.tokens.principal(secret).name == "ann"
    accounts_fixture.time.pass_by(1)
    assert accounts_fixture.known.tokens.principal(secret) == NOBODY
    (token,) = accounts_fixture.known.tokens.of(accounts_fixture.here())
    assert token.is_expired(accounts_fixture.time.clock())
    accounts_fixture.time.clock.move(days=-1)
    assert accounts_fixture.known.tokens.principal(secret).name == "ann"


def test_it_is_gone_with_its_user(accounts_fixture: AccountsFixture) -> None:
    secret = made(accounts_fixture)
    accounts_fixture.known.accounts.remove("ann", by=COMMAND)
    for _ in range(2):
        assert accounts_fixture.known.tokens.principal(secret) == NOBODY
        accounts_fixture.restart()
    with accounts_fixture.database.reading() as session:
        assert session.value("SELECT count(*) FROM tokens") == 0


def test_its_rights_are_those_of_its_user_now(accounts_fixture: AccountsFixture) -> None:
    secret = made(accounts_fixture, scope="write")
    assert accounts_fixture.known.tokens.principal(secret).role is Role.VIEWER
    accounts_fixture.known.accounts.set_role("ann", Role.ADMIN, by=COMMAND)
    assert accounts_fixture.known.tokens.principal(secret).role is Role.ADMIN
    accounts_fixture.known.accounts.set_role("ann", Role.VIEWER, by=COMMAND)
    assert accounts_fixture.known.tokens.principal(secret).role is Role.VIEWER


def test_it_outlives_a_password_and_a_restart(accounts_fixture: AccountsFixture) -> None:
    secret = made(accounts_fixture)
    accounts_fixture.known.accounts.change_password(
        accounts_fixture.here(), PASSWORDS["ann"], "eight888"
    )
    accounts_fixture.restart()
    assert accounts_fixture.known.tokens.principal(secret).name == "ann"


def test_it_takes_a_session_to_make_and_revoke_one(accounts_fixture: AccountsFixture) -> None:
    tokens = accounts_fixture.known.tokens
    by_token = tokens.principal(made(accounts_fixture, "root", "write"))
    for by, error in (
        (NOBODY, LoginNeeded),
        (by_token, NotAllowed),
        (COMMAND, NotAllowed),
        (accounts_fixture.log_in("root"), NotAllowed),
    ):
        with pytest.raises(error):
            tokens.make(by, "more", "write", 1)
    for by in (NOBODY, by_token):
        with pytest.raises((LoginNeeded, NotAllowed)):
            tokens.revoke(by, by_token.session_id)
    assert tokens.of(NOBODY) == tokens.of(COMMAND) == []


def test_anothers_token_is_out_of_reach_but_for_admins(accounts_fixture: AccountsFixture) -> None:
    made(accounts_fixture, "root")
    secret = made(accounts_fixture)
    (of_root,) = accounts_fixture.known.tokens.of(accounts_fixture.here("root"))
    (of_ann,) = accounts_fixture.known.tokens.of(accounts_fixture.here())
    with pytest.raises(TokenNotFound):
        accounts_fixture.known.tokens.revoke(accounts_fixture.here(), of_root.token_id)
    accounts_fixture.known.tokens.revoke(accounts_fixture.here("root"), of_ann.token_id)
    assert accounts_fixture.known.tokens.principal(secret) == NOBODY


@pytest.mark.parametrize(
    ("field", "name", "scope", "days"),
    [
        ("name", "", "read", 1),
        ("name", "  ", "read", 1),
        ("name", "x" * 61, "read", 1),
        ("name", "a\nb", "read", 1),
        ("name", "a\u202eb", "read", 1),
        ("scope", "mine", "admin", 1),
        ("scope", "mine", "", 1),
        ("days", "mine", "read", 0),
        ("days", "mine", "read", 366),
        ("days", "mine", "read", -1),
    ],
)
def test_what_cannot_be_one(
    accounts_fixture: AccountsFixture, field: str, name: str, scope: Any, days: int
) -> None:
    with pytest.raises(InvalidAccount) as caught:
        accounts_fixture.known.tokens.make(accounts_fixture.here(), name, scope, days)
    assert caught.value.field == field
    assert accounts_fixture.known.tokens.of(accounts_fixture.here()) == []


def test_so_many_of_one_user(accounts_fixture: AccountsFixture) -> None:
    here = accounts_fixture.here()
    for number in range(MAX_TOKENS):
        accounts_fixture.known.tokens.make(here, f"{number}", "read", 1)
    with pytest.raises(InvalidAccount):
        accounts_fixture.known.tokens.make(here, "one more", "read", 1)
    accounts_fixture.known.tokens.make(accounts_fixture.here("root"), "mine", "read", 1)


def test_use_is_noted_once_a_minute(accounts_fixture: AccountsFixture) -> None:
    secret, noted = made(accounts_fixture), set()
    for _ in range(10):
        accounts_fixture.time.pass_by(20)
        accounts_fixture.known.tokens.principal(secret)
        with accounts_fixture.database.reading() as session:
            noted.add(session.value("SELECT max(last_used_at)::VARCHAR FROM tokens"))
    assert len(noted) == 4


def test_where_nothing_can_be_stored_it_goes_on(accounts_fixture: AccountsFixture) -> None:
    secret = made(accounts_fixture)
    accounts_fixture.database.close()
    assert accounts_fixture.known.tokens.principal(secret).name == "ann"
