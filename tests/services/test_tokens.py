"""Personal tokens: shown once, never more than their user, and gone when they are to be."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from cointracker.errors import InvalidAccount, LoginNeeded, NotAllowed, TokenNotFound
from cointracker.services.access import COMMAND, NOBODY, Means, Role
from cointracker.services.tokens import MOST_TOKENS
from tests.club import AWAY, PASSWORDS, Club

DAY = 86_400.0


def made(club: Club, name: str = "ann", scope: Any = "read", days: int = 30) -> str:
    return club.known.tokens.make(club.here(name), "mine", scope, days)[1]


@pytest.mark.parametrize(("scope", "may_write"), [("read", False), ("write", True)])
def test_a_token_stands_for_its_user(club: Club, scope: str, may_write: bool) -> None:
    secret = made(club, "root", scope)
    found = club.known.tokens.principal(secret, AWAY)
    assert (found.name, found.role, found.means) == ("root", Role.ADMIN, Means.TOKEN)
    assert (found.may_write, found.address) == (may_write, AWAY)
    (token,) = club.known.tokens.of(club.here("root"))
    assert found.session_id == token.token_id
    assert (token.name, token.scope, token.last_used_at) == ("mine", scope, club.time.clock())
    assert secret.startswith("ct_")
    assert len(secret) > 40


def test_only_its_hash_is_stored(club: Club) -> None:
    secret = made(club)
    stored = club.everything()
    assert secret[3:] not in stored
    assert hashlib.sha256(secret.encode()).hexdigest() in stored


def test_what_is_no_token(club: Club) -> None:
    secret = made(club)
    for wrong in ("", "ct_", secret[:-1], secret[3:], secret.upper(), f"{secret} ", f" {secret}",
                  secret + "x" * 1_000, f"{secret}é", hashlib.sha256(secret.encode()).hexdigest(),
                  club.cookie()):  # fmt: skip
        assert club.known.tokens.principal(wrong) == NOBODY, wrong
    assert club.known.sessions.principal(secret) == NOBODY


def test_it_is_gone_when_it_is_revoked(club: Club) -> None:
    secret, here = made(club), club.here()
    (token,) = club.known.tokens.of(here)
    club.known.tokens.revoke(here, token.token_id)
    for _ in range(2):
        assert club.known.tokens.principal(secret) == NOBODY
        club.restart()
    with pytest.raises(TokenNotFound):
        club.known.tokens.revoke(here, token.token_id)
    assert [one for one in club.actions() if "token" in one[1]] == [
        ("ann", "token.make", "mine"), ("ann", "token.revoke", "mine"),
    ]  # fmt: skip


def test_it_is_gone_when_its_days_are(club: Club) -> None:
    secret = made(club, days=2)
    club.time.pass_by(2 * DAY - 1)
    assert club.known.tokens.principal(secret).name == "ann"
    club.time.pass_by(1)
    assert club.known.tokens.principal(secret) == NOBODY
    (token,) = club.known.tokens.of(club.here())
    assert token.is_expired(club.time.clock())
    club.time.clock.move(days=-1)
    assert club.known.tokens.principal(secret).name == "ann"


def test_it_is_gone_with_its_user(club: Club) -> None:
    secret = made(club)
    club.known.accounts.remove("ann", by=COMMAND)
    for _ in range(2):
        assert club.known.tokens.principal(secret) == NOBODY
        club.restart()
    with club.database.reading() as session:
        assert session.value("SELECT count(*) FROM tokens") == 0


def test_its_rights_are_those_of_its_user_now(club: Club) -> None:
    secret = made(club, scope="write")
    assert club.known.tokens.principal(secret).role is Role.VIEWER
    club.known.accounts.set_role("ann", Role.ADMIN, by=COMMAND)
    assert club.known.tokens.principal(secret).role is Role.ADMIN
    club.known.accounts.set_role("ann", Role.VIEWER, by=COMMAND)
    assert club.known.tokens.principal(secret).role is Role.VIEWER


def test_it_outlives_a_password_and_a_restart(club: Club) -> None:
    secret = made(club)
    club.known.accounts.change_password(club.here(), PASSWORDS["ann"], "eight888")
    club.restart()
    assert club.known.tokens.principal(secret).name == "ann"


def test_it_takes_a_session_to_make_and_revoke_one(club: Club) -> None:
    tokens = club.known.tokens
    by_token = tokens.principal(made(club, "root", "write"))
    for by, error in ((NOBODY, LoginNeeded), (by_token, NotAllowed), (COMMAND, NotAllowed),
                      (club.log_in("root"), NotAllowed)):  # fmt: skip
        with pytest.raises(error):
            tokens.make(by, "more", "write", 1)
    for by in (NOBODY, by_token):
        with pytest.raises((LoginNeeded, NotAllowed)):
            tokens.revoke(by, by_token.session_id)
    assert tokens.of(NOBODY) == tokens.of(COMMAND) == []


def test_anothers_token_is_out_of_reach_but_for_admins(club: Club) -> None:
    made(club, "root")
    secret = made(club)
    (of_root,) = club.known.tokens.of(club.here("root"))
    (of_ann,) = club.known.tokens.of(club.here())
    with pytest.raises(TokenNotFound):
        club.known.tokens.revoke(club.here(), of_root.token_id)
    club.known.tokens.revoke(club.here("root"), of_ann.token_id)
    assert club.known.tokens.principal(secret) == NOBODY


@pytest.mark.parametrize(
    ("field", "name", "scope", "days"),
    [("name", "", "read", 1), ("name", "  ", "read", 1), ("name", "x" * 61, "read", 1),
     ("name", "a\nb", "read", 1), ("name", "a\u202eb", "read", 1), ("scope", "mine", "admin", 1),
     ("scope", "mine", "", 1), ("days", "mine", "read", 0), ("days", "mine", "read", 366),
     ("days", "mine", "read", -1)],
)  # fmt: skip
def test_what_cannot_be_one(club: Club, field: str, name: str, scope: Any, days: int) -> None:
    with pytest.raises(InvalidAccount) as caught:
        club.known.tokens.make(club.here(), name, scope, days)
    assert caught.value.field == field
    assert club.known.tokens.of(club.here()) == []


def test_so_many_of_one_user(club: Club) -> None:
    here = club.here()
    for number in range(MOST_TOKENS):
        club.known.tokens.make(here, f"{number}", "read", 1)
    with pytest.raises(InvalidAccount):
        club.known.tokens.make(here, "one more", "read", 1)
    club.known.tokens.make(club.here("root"), "mine", "read", 1)


def test_use_is_noted_once_a_minute(club: Club) -> None:
    secret, noted = made(club), set()
    for _ in range(10):
        club.time.pass_by(20)
        club.known.tokens.principal(secret)
        with club.database.reading() as session:
            noted.add(session.value("SELECT max(last_used_at)::VARCHAR FROM tokens"))
    assert len(noted) == 4


def test_where_nothing_can_be_stored_it_goes_on(club: Club) -> None:
    secret = made(club)
    club.database.close()
    assert club.known.tokens.principal(secret).name == "ann"
