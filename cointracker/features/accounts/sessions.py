"""Who is logged in: sessions behind a signed cookie, and tickets that become one.

The cookie holds a random value and our signature; stored is only a hash of the value.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta

from itsdangerous import BadSignature, Signer

from cointracker.core.clock import Clock
from cointracker.core.errors import BadCredentials, LoginNeeded, StorageError
from cointracker.core.rights import NOBODY, Means, Principal, Role
from cointracker.core.web.session_cookie import MAX_AGE
from cointracker.features.accounts.store import secrets as stored_secrets
from cointracker.features.accounts.store import sessions
from cointracker.features.accounts.store.sessions import StoredSession
from cointracker.features.accounts.user_directory import UserDirectory
from cointracker.features.audit.service import AuditService
from cointracker.storage.database import Database

log = logging.getLogger(__name__)

IDLE = timedelta(days=7)
"""A session ends so long after it was last used."""
SEEN_EVERY = timedelta(hours=1)
CLOCK_SLACK = timedelta(days=1)
"""A session from further in the future was opened by a wrong clock, and would last too long."""
TICKET_SECONDS = 60.0
MAX_TICKETS, MAX_SESSIONS = 1_000, 50
"""Tickets at a time; sessions of one user, of which the one unused for longest gives way."""
MAX_CHARS = 200
KEY = "signing key"


class SessionsService:
    """Opens, tells and ends sessions; safe to use from many threads, and quick to ask."""

    def __init__(
        self,
        database: Database,
        directory: UserDirectory,
        audit: AuditService,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._directory = directory
        self._audit = audit
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._key = _signing_key(database)
        self._signer = Signer(self._key, salt="cointracker.session", digest_method=hashlib.sha256)
        self._tickets: dict[str, tuple[Principal, float]] = {}
        with database.reading() as session:
            self._open = {stored.session_id: stored for stored in sessions.everything(session)}
        self._end(stored for stored in self._open.values() if not self._holds(stored))

    def open(self, user: Principal) -> str:
        """Log in who has just proved to be a user; returns the value of the cookie.

        user: from `AccountsService.log_in`, `by_email` or `change_password`. Raises LoginNeeded
        when the user was changed since, StorageError.
        """
        known = self._directory.find(user.name)
        if known is None or user.role is None or known.stamp != user.stamp:
            raise LoginNeeded
        value, now = secrets.token_urlsafe(32), self._clock()
        opened = StoredSession(_id_of(value), known.user_id, known.stamp, now, now)
        with self._database.transaction() as session:
            sessions.add(session, opened)
        with self._lock:
            self._open[opened.session_id] = opened
        self._end(self._too_many(known.user_id))
        return self._signer.sign(value).decode()

    def principal(self, cookie: str, address: str = "") -> Principal:
        """Who a cookie stands for: NOBODY for one that is forged, expired or ended."""
        stored = self._found(cookie)
        user = self._directory.with_id(stored.user_id) if stored else None
        if stored is None or user is None:
            return NOBODY
        self._see(stored)
        return Principal(
            user.name,
            Role(user.role),
            Means.SESSION,
            may_write=True,
            address=address,
            session_id=stored.session_id,
            stamp=user.stamp,
        )

    def close(self, cookie: str, address: str = "") -> None:
        """Log out; a cookie that stands for nobody changes nothing. Raises StorageError."""
        stored, by = self._found(cookie), self.principal(cookie, address)
        if stored is not None:
            self._end([stored])
            self._audit.record(by, "logout")

    def close_all(self, name: str) -> None:
        """Log a user out of every browser, page and socket. Raises StorageError."""
        user = self._directory.find(name)
        if user is not None:
            self.drop(user.user_id)

    def drop(self, user_id: str) -> None:
        """The same by the user's id, which may be gone already."""
        with self._lock:
            gone = [one for one in self._open.values() if one.user_id == user_id]
        self._end(gone)

    def sweep(self) -> None:
        """Forget the sessions that hold no more. Raises StorageError."""
        with self._lock:
            gone = [one for one in self._open.values() if not self._holds(one)]
        self._end(gone)

    def ticket(self, user: Principal) -> str:
        """What a page gives a browser, to be exchanged once for a cookie, within a minute."""
        ticket, now = secrets.token_urlsafe(32), self._monotonic()
        with self._lock:
            kept = {key: one for key, one in self._tickets.items() if one[1] > now}
            while len(kept) >= MAX_TICKETS:
                del kept[next(iter(kept))]
            self._tickets = kept | {ticket: (user, now + TICKET_SECONDS)}
        return ticket

    def redeem(self, ticket: str) -> str:
        """The value of the cookie for a ticket.

        Raises BadCredentials for one that is unknown, used or old, and what `open` raises.
        """
        with self._lock:
            user, until = self._tickets.pop(ticket, (NOBODY, 0.0))
        if user.role is None or self._monotonic() >= until:
            raise BadCredentials
        return self.open(user)

    def csrf(self, cookie: str) -> str:
        """The token that writes with this cookie must show; empty where it stands for nobody."""
        stored = self._found(cookie)
        if stored is None:
            return ""
        text = f"csrf {stored.session_id}".encode()
        return hmac.new(self._key.encode(), text, hashlib.sha256).hexdigest()

    def csrf_holds(self, cookie: str, token: str) -> bool:
        """Whether a token is the one of this cookie's session."""
        expected = self.csrf(cookie)
        given = token.encode("utf-8", "replace")
        return bool(expected) and hmac.compare_digest(expected.encode(), given)

    def _found(self, cookie: str) -> StoredSession | None:
        if not cookie or len(cookie) > MAX_CHARS or not cookie.isascii():
            return None
        try:
            value = self._signer.unsign(cookie).decode()
        except BadSignature:
            return None
        stored = self._open.get(_id_of(value))
        return stored if stored is not None and self._holds(stored) else None

    def _holds(self, stored: StoredSession) -> bool:
        user, now = self._directory.with_id(stored.user_id), self._clock()
        if user is None or not hmac.compare_digest(user.stamp, stored.stamp):
            return False
        is_real = max(stored.opened_at, stored.seen_at) - now <= CLOCK_SLACK
        return is_real and now - stored.seen_at < IDLE and now - stored.opened_at < MAX_AGE

    def _see(self, stored: StoredSession) -> None:
        """Note that a session is used; an hour is near enough, and no reason to end it."""
        now = self._clock()
        if now - stored.seen_at < SEEN_EVERY:
            return
        with self._lock:
            if stored.session_id not in self._open:
                return
            self._open[stored.session_id] = replace(stored, seen_at=now)
        try:
            with self._database.transaction() as session:
                sessions.see(session, stored.session_id, now)
        except StorageError as exc:
            log.warning("not noted that a session is used: %s", exc)

    def _too_many(self, user_id: str) -> list[StoredSession]:
        with self._lock:
            own = [one for one in self._open.values() if one.user_id == user_id]
        own.sort(key=lambda one: one.seen_at)
        return own[: max(0, len(own) - MAX_SESSIONS)]

    def _end(self, gone: Iterable[StoredSession]) -> None:
        ids = [one.session_id for one in gone]
        with self._lock:
            for session_id in ids:
                self._open.pop(session_id, None)
        if ids:
            with self._database.transaction() as session:
                sessions.remove(session, ids)


def _signing_key(database: Database) -> str:
    """The key that this folder's cookies are signed with, made when it is first asked for."""
    with database.transaction() as session:
        key = stored_secrets.secret(session, KEY)
        if key is None:
            key = secrets.token_hex(32)
            stored_secrets.keep_secret(session, KEY, key)
        return key


def _id_of(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:32]
