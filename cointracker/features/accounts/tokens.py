"""Personal tokens, for programs that call the API in a user's name."""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from cointracker.core.clock import Clock
from cointracker.core.errors import InvalidAccount, NotAllowed, StorageError, TokenNotFound
from cointracker.core.i18n import N_
from cointracker.core.rights import NOBODY, Means, Principal, Right, Role, allows, require
from cointracker.features.accounts.store import tokens
from cointracker.features.accounts.store.tokens import StoredToken
from cointracker.features.accounts.user_directory import UserDirectory
from cointracker.features.audit.service import AuditService
from cointracker.storage.database import Database

log = logging.getLogger(__name__)

PREFIX = "ct_"
"""What a secret begins with, so that people and scanners know one when they see it."""
NAME_CHARS, MAX_DAYS, MAX_TOKENS = 60, 365, 50
USED_EVERY = timedelta(minutes=1)
MAX_CHARS = 200


class Scope(StrEnum):
    """What may be done with a token, of what its user may do."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True)
class Token:
    """What may be shown of a token; last_used_at is None until it is used."""

    token_id: str
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None

    def is_expired(self, now: datetime) -> bool:
        """Whether it holds no more."""
        return now >= self.expires_at


class TokensService:
    """Makes, tells and ends tokens; safe to use from many threads, and quick to ask."""

    def __init__(
        self, database: Database, directory: UserDirectory, audit: AuditService, clock: Clock
    ) -> None:
        self._database = database
        self._directory = directory
        self._audit = audit
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, StoredToken] = {}
        self.reload()

    def reload(self) -> None:
        """Take what is stored, of users that are still there. Raises StorageError."""
        with self._database.reading() as session:
            stored = tokens.everything(session)
        self._known = {token.sha256: token for token in stored}

    def make(self, by: Principal, name: str, scope: Scope, days: int) -> tuple[Token, str]:
        """A new token of one's own for 1 to 365 days, and its secret, which is told only here.

        Raises InvalidAccount about name, scope or days, LoginNeeded, NotAllowed, StorageError.
        """
        require(by, Right.OWN)
        user = self._directory.find(by.name)
        if user is None:
            raise NotAllowed
        name = _checked(name, scope, days)
        if len(self.of(by)) >= MAX_TOKENS:
            raise InvalidAccount(
                "name", N_("you have {high} tokens; revoke one first"), high=MAX_TOKENS
            )
        secret, now = PREFIX + secrets.token_urlsafe(32), self._clock()
        token = StoredToken(
            secrets.token_hex(6),
            user.user_id,
            name,
            Scope(scope).value,
            _hash(secret),
            now,
            now + timedelta(days=days),
        )
        with self._database.transaction() as session:
            tokens.add(session, token)
            detail = f"{token.scope}, {days} d"
            self._audit.record_in(session, by, "token.make", name, detail)
        with self._lock:
            self._known[token.sha256] = token
        return _shown(token), secret

    def of(self, by: Principal) -> list[Token]:
        """One's own tokens, the newest first; expired ones stay until they are revoked."""
        user = self._directory.find(by.name)
        if user is None or by.role is None:
            return []
        with self._lock:
            own = [token for token in self._known.values() if token.user_id == user.user_id]
        return [_shown(token) for token in sorted(own, key=lambda one: one.created_at)][::-1]

    def revoke(self, by: Principal, token_id: str) -> None:
        """End a token of one's own; an admin may end anybody's.

        Raises TokenNotFound, LoginNeeded, NotAllowed, StorageError.
        """
        require(by, Right.OWN)
        user = self._directory.find(by.name)
        with self._lock:
            token = next((one for one in self._known.values() if one.token_id == token_id), None)
        is_own = token is not None and user is not None and token.user_id == user.user_id
        if token is None or not (is_own or allows(by, Right.MANAGE)):
            raise TokenNotFound("there is no such token of yours")
        with self._database.transaction() as session:
            tokens.remove(session, [token_id])
            self._audit.record_in(session, by, "token.revoke", token.name)
        with self._lock:
            self._known.pop(token.sha256, None)

    def principal(self, secret: str, address: str = "") -> Principal:
        """Who a secret stands for, with that user's role now; NOBODY for one that does not hold."""
        if not secret.startswith(PREFIX) or len(secret) > MAX_CHARS or not secret.isascii():
            return NOBODY
        token = self._known.get(_hash(secret))
        user = self._directory.with_id(token.user_id) if token else None
        if token is None or user is None or self._clock() >= token.expires_at:
            return NOBODY
        self._use(token)
        may_write = token.scope == Scope.WRITE
        return Principal(
            user.name,
            Role(user.role),
            Means.TOKEN,
            may_write=may_write,
            address=address,
            session_id=token.token_id,
        )

    def drop(self, user_id: str) -> None:
        """Forget all tokens of a user who is gone. Raises StorageError."""
        with self._lock:
            gone = [token for token in self._known.values() if token.user_id == user_id]
            for token in gone:
                del self._known[token.sha256]
        if gone:
            with self._database.transaction() as session:
                tokens.remove(session, [token.token_id for token in gone])

    def _use(self, token: StoredToken) -> None:
        """Note that a token is used; a minute is near enough, and no reason to refuse it."""
        now = self._clock()
        if token.last_used_at is not None and abs(now - token.last_used_at) < USED_EVERY:
            return
        with self._lock:
            if token.sha256 not in self._known:
                return
            self._known[token.sha256] = replace(token, last_used_at=now)
        try:
            with self._database.transaction() as session:
                tokens.use(session, token.token_id, now)
        except StorageError as exc:
            log.warning("not noted that a token is used: %s", exc)


def _checked(name: str, scope: str, days: int) -> str:
    """The name as it is stored."""
    name = name.strip()
    if not name:
        raise InvalidAccount("name", N_("a name is required"))
    if len(name) > NAME_CHARS:
        raise InvalidAccount("name", N_("at most {high} characters"), high=NAME_CHARS)
    if not name.isprintable():
        raise InvalidAccount("name", N_("no control characters"))
    if scope not in set(Scope):
        raise InvalidAccount("scope", N_("must be read or write"))
    if not 1 <= days <= MAX_DAYS:
        raise InvalidAccount("days", N_("must be 1 to {high} days"), high=MAX_DAYS)
    return name


def _shown(token: StoredToken) -> Token:
    return Token(
        token.token_id,
        token.name,
        Scope(token.scope),
        token.created_at,
        token.expires_at,
        token.last_used_at,
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
