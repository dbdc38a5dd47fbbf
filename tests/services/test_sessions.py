"""Sessions: only our own cookies, and only as long as they hold."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from itsdangerous import Signer

from cointracker.errors import BadCredentials, DatabaseClosed, LoginNeeded
from cointracker.services.access import COMMAND, NOBODY, Means, Role
from cointracker.services.sessions import MOST_SESSIONS, MOST_TICKETS
from tests.club import AWAY, HOME, PASSWORDS, Club

DAY = 86_400.0


def who(club: Club, cookie: str) -> str:
    return club.known.sessions.principal(cookie, HOME).name


def test_a_cookie_stands_for_its_user(club: Club) -> None:
    cookie = club.cookie("root")
    found = club.known.sessions.principal(cookie, AWAY)
    assert (found.name, found.role, found.means) == ("root", Role.ADMIN, Means.SESSION)
    assert (found.may_write, found.address) == (True, AWAY)
    assert found.session_id not in cookie
    assert found.session_id
    assert club.cookie("root") != cookie


# Forged


def forgeries(cookie: str) -> list[str]:
    value, _dot, signature = cookie.rpartition(".")
    other = Signer("guessed", salt="cointracker.session", digest_method=hashlib.sha256)
    return [
        "", ".", "x", value, f"{value}.", f".{signature}", f"{value}.{signature[:-1]}",
        f"{value}x.{signature}", f"{value}.{signature[::-1]}", other.sign(value).decode(),
        f"{cookie}.{signature}", cookie * 100, f"{cookie}\0", f"é{cookie}", "\ud800",
        value.swapcase() + "." + signature, " " + cookie,
    ]  # fmt: skip


def test_a_forged_cookie_stands_for_nobody(club: Club) -> None:
    cookie = club.cookie("root")
    for forged in forgeries(cookie):
        assert club.known.sessions.principal(forged, HOME) == NOBODY, forged
        assert club.known.sessions.csrf(forged) == ""
        club.known.sessions.close(forged)
    assert who(club, cookie) == "root"


def test_an_id_that_was_seen_makes_no_cookie(club: Club) -> None:
    """Whoever reads the database has our key and all ids, and still no session."""
    session_id = club.here("root").session_id
    with club.database.reading() as session:
        key = session.value("SELECT value FROM secrets")
    signer = Signer(key, salt="cointracker.session", digest_method=hashlib.sha256)
    assert who(club, signer.sign(session_id).decode()) == ""


def test_another_folders_cookie_stands_for_nobody(club: Club, tmp_path_factory: object) -> None:
    other = Club(tmp_path_factory.mktemp("other") / "other.duckdb")  # type: ignore[attr-defined]
    assert who(club, other.cookie("root")) == ""
    other.database.close()


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text())
def test_no_text_is_a_cookie_a_token_or_a_ticket(club: Club, text: str) -> None:
    assert club.known.sessions.principal(text) == NOBODY
    assert club.known.tokens.principal(text) == NOBODY
    assert club.known.tokens.principal(f"ct_{text}") == NOBODY
    with pytest.raises(BadCredentials):
        club.known.sessions.redeem(text)


# Time


def test_it_ends_a_week_after_its_last_use(club: Club) -> None:
    cookie = club.cookie()
    for _ in range(4):
        club.time.pass_by(7 * DAY - 1)
        assert who(club, cookie) == "ann"
    club.time.pass_by(7 * DAY)
    assert who(club, cookie) == ""


def test_it_ends_a_month_after_its_start(club: Club) -> None:
    cookie = club.cookie()
    for _ in range(29):
        club.time.pass_by(DAY)
        assert who(club, cookie) == "ann"
    club.time.pass_by(DAY - 1)
    assert who(club, cookie) == "ann"
    club.time.pass_by(1)
    assert who(club, cookie) == ""


def test_a_clock_that_was_ahead_makes_no_session_that_lasts(club: Club) -> None:
    club.time.clock.move(days=1_000)
    cookie = club.cookie()
    club.time.clock.move(days=-1_000)
    assert who(club, cookie) == ""


def test_a_clock_that_is_set_back_a_little_ends_nothing(club: Club) -> None:
    cookie = club.cookie()
    club.time.clock.move(hours=-3)
    assert who(club, cookie) == "ann"


def test_it_outlives_a_restart_with_its_age(club: Club) -> None:
    cookie = club.cookie()
    club.time.pass_by(6 * DAY)
    assert who(club, cookie) == "ann"
    club.restart()
    club.time.pass_by(6 * DAY)
    assert who(club, cookie) == "ann"
    club.restart()
    club.time.pass_by(7 * DAY)
    club.restart()
    assert who(club, cookie) == ""
    with club.database.reading() as session:
        assert session.value("SELECT count(*) FROM sessions") == 0


def test_use_is_noted_once_an_hour(club: Club) -> None:
    cookie = club.cookie()
    seen = set()
    for _ in range(25):
        club.time.pass_by(300)
        who(club, cookie)
        with club.database.reading() as session:
            seen.add(session.value("SELECT max(seen_at)::VARCHAR FROM sessions"))
    assert len(seen) == 3


def test_where_nothing_can_be_stored_it_goes_on(club: Club) -> None:
    cookie = club.cookie()
    club.database.close()
    club.time.pass_by(DAY)
    assert who(club, cookie) == "ann"


def test_so_many_of_one_user(club: Club) -> None:
    cookies = []
    for _ in range(MOST_SESSIONS + 3):
        club.time.pass_by(1)
        cookies.append(club.cookie())
    assert [who(club, cookie) for cookie in cookies[:4]] == ["", "", "", "ann"]
    assert {who(club, cookie) for cookie in cookies[4:]} == {"ann"}


def test_what_holds_no_more_is_swept(club: Club) -> None:
    club.cookie()
    club.time.pass_by(8 * DAY)
    club.known.sessions.sweep()
    with club.database.reading() as session:
        assert session.value("SELECT count(*) FROM sessions") == 0


# Ending


def test_logging_out_ends_one(club: Club) -> None:
    one, other = club.cookie(), club.cookie()
    club.known.sessions.close(one, HOME)
    assert (who(club, one), who(club, other)) == ("", "ann")
    assert club.known.sessions.csrf(one) == ""
    assert ("ann", "logout", "") in club.actions()
    club.restart()
    assert (who(club, one), who(club, other)) == ("", "ann")


@pytest.mark.parametrize(
    "end",
    [
        lambda club: club.known.sessions.close_all("ANN"),
        lambda club: club.known.accounts.set_password("ann", "eight888", by=COMMAND),
        lambda club: club.known.accounts.change_password(club.here(), PASSWORDS["ann"], "eight888"),
        lambda club: club.known.accounts.set_role("ann", Role.ADMIN, by=COMMAND),
        lambda club: club.known.accounts.remove("ann", by=COMMAND),
    ],
    ids=["close_all", "set_password", "change_password", "set_role", "remove"],
)
def test_everything_that_ends_all_of_them(club: Club, end: Callable[[Club], object]) -> None:
    mine, theirs = [club.cookie(), club.cookie()], club.cookie("root")
    end(club)
    assert [who(club, cookie) for cookie in mine] == ["", ""]
    assert who(club, theirs) == "root"
    club.restart()
    assert [who(club, cookie) for cookie in mine] == ["", ""]
    assert who(club, theirs) == "root"


def test_who_comes_back_under_a_name_gets_no_old_session_or_token(club: Club) -> None:
    cookie = club.cookie()
    _token, secret = club.known.tokens.make(club.here(), "old", "read", 9)
    club.known.accounts.remove("ann", by=COMMAND)
    club.known.accounts.add("ann", PASSWORDS["ann"], Role.ADMIN, by=COMMAND)
    for _ in range(2):
        assert who(club, cookie) == ""
        assert club.known.tokens.principal(secret) == NOBODY
        club.restart()


def test_a_session_that_was_left_behind_holds_no_more(club: Club) -> None:
    """As when the server is killed between the change of a password and what follows it."""
    cookie = club.cookie()
    with club.database.reading() as session:
        left = session.frame("SELECT * FROM sessions")
    club.known.accounts.set_password("ann", "eight888", by=COMMAND)
    with club.database.transaction() as session:
        session.run_on(left, "INSERT INTO sessions SELECT * FROM incoming")
    club.restart()
    assert who(club, cookie) == ""


@pytest.mark.parametrize(
    "change",
    [
        lambda club: club.known.accounts.set_password("ann", "eight888", by=COMMAND),
        lambda club: club.known.accounts.set_role("ann", Role.ADMIN, by=COMMAND),
        lambda club: club.known.accounts.remove("ann", by=COMMAND),
    ],
    ids=["password", "role", "removal"],
)
def test_who_was_changed_since_the_login_opens_nothing(
    club: Club, change: Callable[[Club], object]
) -> None:
    proved = club.log_in()
    ticket = club.known.sessions.ticket(proved)
    change(club)
    with pytest.raises(LoginNeeded):
        club.known.sessions.open(proved)
    with pytest.raises(LoginNeeded):
        club.known.sessions.redeem(ticket)


def test_after_the_change_of_ones_password_one_logs_in_with_what_it_returns(club: Club) -> None:
    after = club.known.accounts.change_password(club.here(), PASSWORDS["ann"], "eight888")
    assert who(club, club.known.sessions.open(after)) == "ann"


def test_a_session_that_cannot_be_stored_is_none(club: Club) -> None:
    proved = club.log_in()
    club.database.close()
    with pytest.raises(DatabaseClosed):
        club.known.sessions.open(proved)


# Tickets


def test_a_ticket_is_good_once(club: Club) -> None:
    ticket = club.known.sessions.ticket(club.log_in())
    assert who(club, club.known.sessions.redeem(ticket)) == "ann"
    with pytest.raises(BadCredentials):
        club.known.sessions.redeem(ticket)


def test_a_ticket_is_good_for_a_minute(club: Club) -> None:
    first, second = (club.known.sessions.ticket(club.log_in()) for _ in range(2))
    club.time.pass_by(59)
    club.known.sessions.redeem(first)
    club.time.pass_by(1)
    with pytest.raises(BadCredentials):
        club.known.sessions.redeem(second)


def test_tickets_are_bounded(club: Club) -> None:
    user = club.log_in()
    tickets = [club.known.sessions.ticket(user) for _ in range(MOST_TICKETS + 1)]
    with pytest.raises(BadCredentials):
        club.known.sessions.redeem(tickets[0])
    club.known.sessions.redeem(tickets[1])


# Against requests that others make in one's name


def test_the_token_of_a_session_is_its_own(club: Club) -> None:
    sessions, mine, theirs = club.known.sessions, club.cookie(), club.cookie("root")
    token = sessions.csrf(mine)
    assert sessions.csrf_holds(mine, token)
    assert not sessions.csrf_holds(theirs, token)
    assert sessions.csrf(theirs) != token
    for wrong in ("", token[:-1], token + "0", token.upper(), "é", "\ud800", mine):
        assert not sessions.csrf_holds(mine, wrong), wrong
    assert not sessions.csrf_holds("", "")
    assert not sessions.csrf_holds("forged", "")
    assert token not in mine
    club.restart()
    assert club.known.sessions.csrf_holds(mine, token)
    club.known.sessions.close(mine)
    assert not club.known.sessions.csrf_holds(mine, token)
