"""Sessions: only our own cookies, and only as long as they hold."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from itsdangerous import Signer

from cointracker.core.errors import BadCredentials, DatabaseClosed, LoginNeeded
from cointracker.core.rights import COMMAND, NOBODY, Means, Role
from cointracker.features.accounts.sessions import MAX_SESSIONS, MAX_TICKETS
from tests.accounts_fixture import AWAY, HOME, PASSWORDS, AccountsFixture

DAY = 86_400.0


def who(accounts_fixture: AccountsFixture, cookie: str) -> str:
    return accounts_fixture.known.sessions.principal(cookie, HOME).name


def test_a_cookie_stands_for_its_user(accounts_fixture: AccountsFixture) -> None:
    cookie = accounts_fixture.cookie("root")
    found = accounts_fixture.known.sessions.principal(cookie, AWAY)
    assert (found.name, found.role, found.means) == ("root", Role.ADMIN, Means.SESSION)
    assert (found.may_write, found.address) == (True, AWAY)
    assert found.session_id not in cookie
    assert found.session_id
    assert accounts_fixture.cookie("root") != cookie


# Forged


def forgeries(cookie: str) -> list[str]:
    value, _dot, signature = cookie.rpartition(".")
    other = Signer("guessed", salt="cointracker.session", digest_method=hashlib.sha256)
    return [
        "",
        ".",
        "x",
        value,
        f"{value}.",
        f".{signature}",
        f"{value}.{signature[:-1]}",
        f"{value}x.{signature}",
        f"{value}.{signature[::-1]}",
        other.sign(value).decode(),
        f"{cookie}.{signature}",
        cookie * 100,
        f"{cookie}\0",
        f"é{cookie}",
        "\ud800",
        value.swapcase() + "." + signature,
        " " + cookie,
    ]


def test_a_forged_cookie_stands_for_nobody(accounts_fixture: AccountsFixture) -> None:
    cookie = accounts_fixture.cookie("root")
    for forged in forgeries(cookie):
        assert accounts_fixture.known.sessions.principal(forged, HOME) == NOBODY, forged
        assert accounts_fixture.known.sessions.csrf(forged) == ""
        accounts_fixture.known.sessions.close(forged)
    assert who(accounts_fixture, cookie) == "root"


def test_an_id_that_was_seen_makes_no_cookie(accounts_fixture: AccountsFixture) -> None:
    """Whoever reads the database has our key and all ids, and still no session."""
    session_id = accounts_fixture.here("root").session_id
    with accounts_fixture.database.reading() as session:
        key = session.value("SELECT value FROM secrets")
    signer = Signer(key, salt="cointracker.session", digest_method=hashlib.sha256)
    assert who(accounts_fixture, signer.sign(session_id).decode()) == ""


def test_another_folders_cookie_stands_for_nobody(
    accounts_fixture: AccountsFixture, tmp_path_factory: object
) -> None:
    other = AccountsFixture(tmp_path_factory.mktemp("other") / "other.duckdb")  # type: ignore[attr-defined]
    assert who(accounts_fixture, other.cookie("root")) == ""
    other.database.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text())
def test_no_text_is_a_cookie_a_token_or_a_ticket(
    accounts_fixture: AccountsFixture, text: str
) -> None:
    assert accounts_fixture.known.sessions.principal(text) == NOBODY
    assert accounts_fixture.known.tokens.principal(text) == NOBODY
    assert accounts_fixture.known.tokens.principal(f"ct_{text}") == NOBODY
    with pytest.raises(BadCredentials):
        accounts_fixture.known.sessions.redeem(text)


# Time


def test_it_ends_a_week_after_its_last_use(accounts_fixture: AccountsFixture) -> None:
    cookie = accounts_fixture.cookie()
    for _ in range(4):
        accounts_fixture.time.pass_by(7 * DAY - 1)
        assert who(accounts_fixture, cookie) == "ann"
    accounts_fixture.time.pass_by(7 * DAY)
    assert who(accounts_fixture, cookie) == ""


def test_it_ends_a_month_after_its_start(accounts_fixture: AccountsFixture) -> None:
    cookie = accounts_fixture.cookie()
    for _ in range(29):
        accounts_fixture.time.pass_by(DAY)
        assert who(accounts_fixture, cookie) == "ann"
    accounts_fixture.time.pass_by(DAY - 1)
    assert who(accounts_fixture, cookie) == "ann"
    accounts_fixture.time.pass_by(1)
    assert who(accounts_fixture, cookie) == ""


def test_a_clock_that_was_ahead_makes_no_session_that_lasts(
    accounts_fixture: AccountsFixture,
) -> None:
    accounts_fixture.time.clock.move(days=1_000)
    cookie = accounts_fixture.cookie()
    accounts_fixture.time.clock.move(days=-1_000)
    assert who(accounts_fixture, cookie) == ""


def test_a_clock_that_is_set_back_a_little_ends_nothing(accounts_fixture: AccountsFixture) -> None:
    cookie = accounts_fixture.cookie()
    accounts_fixture.time.clock.move(hours=-3)
    assert who(accounts_fixture, cookie) == "ann"


def test_it_outlives_a_restart_with_its_age(accounts_fixture: AccountsFixture) -> None:
    cookie = accounts_fixture.cookie()
    accounts_fixture.time.pass_by(6 * DAY)
    assert who(accounts_fixture, cookie) == "ann"
    accounts_fixture.restart()
    accounts_fixture.time.pass_by(6 * DAY)
    assert who(accounts_fixture, cookie) == "ann"
    accounts_fixture.restart()
    accounts_fixture.time.pass_by(7 * DAY)
    accounts_fixture.restart()
    assert who(accounts_fixture, cookie) == ""
    with accounts_fixture.database.reading() as session:
        assert session.value("SELECT count(*) FROM sessions") == 0


def test_use_is_noted_once_an_hour(accounts_fixture: AccountsFixture) -> None:
    cookie = accounts_fixture.cookie()
    seen = set()
    for _ in range(25):
        accounts_fixture.time.pass_by(300)
        who(accounts_fixture, cookie)
        with accounts_fixture.database.reading() as session:
            seen.add(session.value("SELECT max(seen_at)::VARCHAR FROM sessions"))
    assert len(seen) == 3


def test_where_nothing_can_be_stored_it_goes_on(accounts_fixture: AccountsFixture) -> None:
    cookie = accounts_fixture.cookie()
    accounts_fixture.database.close()
    accounts_fixture.time.pass_by(DAY)
    assert who(accounts_fixture, cookie) == "ann"


def test_so_many_of_one_user(accounts_fixture: AccountsFixture) -> None:
    cookies = []
    for _ in range(MAX_SESSIONS + 3):
        accounts_fixture.time.pass_by(1)
        cookies.append(accounts_fixture.cookie())
    assert [who(accounts_fixture, cookie) for cookie in cookies[:4]] == ["", "", "", "ann"]
    assert {who(accounts_fixture, cookie) for cookie in cookies[4:]} == {"ann"}


def test_what_holds_no_more_is_swept(accounts_fixture: AccountsFixture) -> None:
    accounts_fixture.cookie()
    accounts_fixture.time.pass_by(8 * DAY)
    accounts_fixture.known.sessions.sweep()
    with accounts_fixture.database.reading() as session:
        assert session.value("SELECT count(*) FROM sessions") == 0


# Ending


def test_logging_out_ends_one(accounts_fixture: AccountsFixture) -> None:
    one, other = accounts_fixture.cookie(), accounts_fixture.cookie()
    accounts_fixture.known.sessions.close(one, HOME)
    assert (who(accounts_fixture, one), who(accounts_fixture, other)) == ("", "ann")
    assert accounts_fixture.known.sessions.csrf(one) == ""
    assert ("ann", "logout", "") in accounts_fixture.actions()
    accounts_fixture.restart()
    assert (who(accounts_fixture, one), who(accounts_fixture, other)) == ("", "ann")


@pytest.mark.parametrize(
    "end",
    [
        lambda accounts_fixture: accounts_fixture.known.sessions.close_all("ANN"),
        lambda accounts_fixture: accounts_fixture.known.accounts.set_password(
            "ann", "eight888", by=COMMAND
        ),
        lambda accounts_fixture: accounts_fixture.known.accounts.change_password(
            accounts_fixture.here(), PASSWORDS["ann"], "eight888"
        ),
        lambda accounts_fixture: accounts_fixture.known.accounts.set_role(
            "ann", Role.ADMIN, by=COMMAND
        ),
        lambda accounts_fixture: accounts_fixture.known.accounts.remove("ann", by=COMMAND),
    ],
    ids=["close_all", "set_password", "change_password", "set_role", "remove"],
)
def test_everything_that_ends_all_of_them(
    accounts_fixture: AccountsFixture, end: Callable[[AccountsFixture], object]
) -> None:
    mine, theirs = (
        [accounts_fixture.cookie(), accounts_fixture.cookie()],
        accounts_fixture.cookie("root"),
    )
    end(accounts_fixture)
    assert [who(accounts_fixture, cookie) for cookie in mine] == ["", ""]
    assert who(accounts_fixture, theirs) == "root"
    accounts_fixture.restart()
    assert [who(accounts_fixture, cookie) for cookie in mine] == ["", ""]
    assert who(accounts_fixture, theirs) == "root"


def test_who_comes_back_under_a_name_gets_no_old_session_or_token(
    accounts_fixture: AccountsFixture,
) -> None:
    cookie = accounts_fixture.cookie()
    _token, secret = accounts_fixture.known.tokens.make(accounts_fixture.here(), "old", "read", 9)
    accounts_fixture.known.accounts.remove("ann", by=COMMAND)
    accounts_fixture.known.accounts.add("ann", PASSWORDS["ann"], Role.ADMIN, by=COMMAND)
    for _ in range(2):
        assert who(accounts_fixture, cookie) == ""
        assert accounts_fixture.known.tokens.principal(secret) == NOBODY
        accounts_fixture.restart()


def test_a_session_that_was_left_behind_holds_no_more(accounts_fixture: AccountsFixture) -> None:
    """As when the server is killed between the change of a password and what follows it."""
    cookie = accounts_fixture.cookie()
    with accounts_fixture.database.reading() as session:
        left = session.frame("SELECT * FROM sessions")
    accounts_fixture.known.accounts.set_password("ann", "eight888", by=COMMAND)
    with accounts_fixture.database.transaction() as session:
        session.run_on(left, "INSERT INTO sessions SELECT * FROM incoming")
    accounts_fixture.restart()
    assert who(accounts_fixture, cookie) == ""


@pytest.mark.parametrize(
    "change",
    [
        lambda accounts_fixture: accounts_fixture.known.accounts.set_password(
            "ann", "eight888", by=COMMAND
        ),
        lambda accounts_fixture: accounts_fixture.known.accounts.set_role(
            "ann", Role.ADMIN, by=COMMAND
        ),
        lambda accounts_fixture: accounts_fixture.known.accounts.remove("ann", by=COMMAND),
    ],
    ids=["password", "role", "removal"],
)
def test_who_was_changed_since_the_login_opens_nothing(
    accounts_fixture: AccountsFixture, change: Callable[[AccountsFixture], object]
) -> None:
    proved = accounts_fixture.log_in()
    ticket = accounts_fixture.known.sessions.ticket(proved)
    change(accounts_fixture)
    with pytest.raises(LoginNeeded):
        accounts_fixture.known.sessions.open(proved)
    with pytest.raises(LoginNeeded):
        accounts_fixture.known.sessions.redeem(ticket)


def test_after_the_change_of_ones_password_one_logs_in_with_what_it_returns(
    accounts_fixture: AccountsFixture,
) -> None:
    after = accounts_fixture.known.accounts.change_password(
        accounts_fixture.here(), PASSWORDS["ann"], "eight888"
    )
    assert who(accounts_fixture, accounts_fixture.known.sessions.open(after)) == "ann"


def test_a_session_that_cannot_be_stored_is_none(accounts_fixture: AccountsFixture) -> None:
    proved = accounts_fixture.log_in()
    accounts_fixture.database.close()
    with pytest.raises(DatabaseClosed):
        accounts_fixture.known.sessions.open(proved)


# Tickets


def test_a_ticket_is_good_once(accounts_fixture: AccountsFixture) -> None:
    ticket = accounts_fixture.known.sessions.ticket(accounts_fixture.log_in())
    assert who(accounts_fixture, accounts_fixture.known.sessions.redeem(ticket)) == "ann"
    with pytest.raises(BadCredentials):
        accounts_fixture.known.sessions.redeem(ticket)


def test_a_ticket_is_good_for_a_minute(accounts_fixture: AccountsFixture) -> None:
    first, second = (
        accounts_fixture.known.sessions.ticket(accounts_fixture.log_in()) for _ in range(2)
    )
    accounts_fixture.time.pass_by(59)
    accounts_fixture.known.sessions.redeem(first)
    accounts_fixture.time.pass_by(1)
    with pytest.raises(BadCredentials):
        accounts_fixture.known.sessions.redeem(second)


def test_tickets_are_bounded(accounts_fixture: AccountsFixture) -> None:
    user = accounts_fixture.log_in()
    tickets = [accounts_fixture.known.sessions.ticket(user) for _ in range(MAX_TICKETS + 1)]
    with pytest.raises(BadCredentials):
        accounts_fixture.known.sessions.redeem(tickets[0])
    accounts_fixture.known.sessions.redeem(tickets[1])


# Against requests that others make in one's name


def test_the_token_of_a_session_is_its_own(accounts_fixture: AccountsFixture) -> None:
    sessions, mine, theirs = (
        accounts_fixture.known.sessions,
        accounts_fixture.cookie(),
        accounts_fixture.cookie("root"),
    )
    token = sessions.csrf(mine)
    assert sessions.csrf_holds(mine, token)
    assert not sessions.csrf_holds(theirs, token)
    assert sessions.csrf(theirs) != token
    for wrong in ("", token[:-1], token + "0", token.upper(), "é", "\ud800", mine):
        assert not sessions.csrf_holds(mine, wrong), wrong
    assert not sessions.csrf_holds("", "")
    assert not sessions.csrf_holds("forged", "")
    assert token not in mine
    accounts_fixture.restart()
    assert accounts_fixture.known.sessions.csrf_holds(mine, token)
    accounts_fixture.known.sessions.close(mine)
    assert not accounts_fixture.known.sessions.csrf_holds(mine, token)
