"""Users: who may log in, by which password, and as what."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from cointracker.core.clock import Clock
from cointracker.core.errors import BadCredentials, InvalidAccount, NotAllowed, TooManyAttempts
from cointracker.core.i18n import N_
from cointracker.core.rights import SYSTEM, Principal, Right, Role, require
from cointracker.core.web.client_address import home
from cointracker.core.web.limits import KeyedLimit
from cointracker.features.accounts.passwords import Passwords, random_password
from cointracker.features.accounts.sessions import SessionsService
from cointracker.features.accounts.store import users
from cointracker.features.accounts.store.users import StoredUser
from cointracker.features.accounts.tokens import TokensService
from cointracker.features.accounts.user_directory import (
    NAME_CHARS,
    UserDirectory,
    checked_name,
    key_of,
    new_stamp,
)
from cointracker.features.audit.service import AuditService
from cointracker.storage.database import Database

FIRST = "admin"
MAX_TRIES, MAX_TRIES_OF_ADDRESS, WINDOW_SECONDS = 5, 50, 900.0
"""Passwords that may be tried for a name from an address, and from an address for all names."""


@dataclass(frozen=True)
class User:
    """What may be shown of a user; has_password is false for who logs in elsewhere only."""

    name: str
    role: Role
    created_at: datetime
    last_login_at: datetime | None
    has_password: bool


class AccountsService:
    """Proves who somebody is, and keeps the users; safe to use from many threads."""

    def __init__(
        self,
        database: Database,
        *,
        directory: UserDirectory,
        sessions: SessionsService,
        tokens: TokensService,
        audit: AuditService,
        clock: Clock,
        passwords: Passwords | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._directory = directory
        self._sessions = sessions
        self._tokens = tokens
        self._audit = audit
        self._clock = clock
        self._passwords = passwords or Passwords()
        self._by_name = KeyedLimit(MAX_TRIES, WINDOW_SECONDS, monotonic)
        self._by_address = KeyedLimit(MAX_TRIES_OF_ADDRESS, WINDOW_SECONDS, monotonic)
        self._told = KeyedLimit(1, WINDOW_SECONDS, monotonic)
        self._changing = threading.RLock()

    def first_admin(self, password: str = "") -> str:
        """Make the user `admin` where there are no users at all.

        Returns the password that was made up, to be told once; empty when one was given or nothing
        was to do. Raises InvalidAccount, StorageError.
        """
        if self._directory.all():
            return ""
        made_up = "" if password else random_password()
        self.add(FIRST, password or made_up, Role.ADMIN, by=SYSTEM)
        return made_up

    def log_in(self, name: str, password: str, address: str = "") -> Principal:
        """Who has that name and password, for `SessionsService.open` or `ticket`.

        Takes as long for a name that nobody has. Raises BadCredentials; TooManyAttempts after 5
        wrong ones in 15 minutes for a name and an address, or 50 from an address; StorageError.
        """
        user = self._directory.find(name[: 2 * NAME_CHARS])
        self._count(name, address, user)
        hashed = user.password_hash if user else None
        if not self._passwords.holds(password, hashed) or user is None:
            raise BadCredentials
        self._by_name.forget(_attempt(name, address))
        self._by_address.give_back(home(address))
        return self._logged_in(user, address)

    def by_email(self, email: str, address: str = "") -> Principal:
        """Who logged in elsewhere as this e-mail address, if a user has it as a name.

        Raises NotAllowed otherwise, StorageError.
        """
        user = self._directory.find(email)
        if user is None or "@" not in email:
            raise NotAllowed
        return self._logged_in(user, address)

    def users(self) -> list[User]:
        """Everybody, by name."""
        return [
            User(
                user.name,
                Role(user.role),
                user.created_at,
                user.last_login_at,
                has_password=user.password_hash is not None,
            )
            for user in self._directory.all()
        ]

    def add(self, name: str, password: str | None, role: Role, *, by: Principal) -> None:
        """Add a user; without a password for who logs in elsewhere only.

        Raises InvalidAccount, LoginNeeded, NotAllowed, StorageError.
        """
        require(by, Right.MANAGE)
        name, role = checked_name(name), _role(role)
        hashed = None if password is None else self._passwords.hash(password)
        with self._changing:
            if self._directory.find(name) is not None:
                raise InvalidAccount("name", N_("a user with this name already exists"))
            user = StoredUser(
                secrets.token_hex(8), name, role.value, hashed, new_stamp(), self._clock()
            )
            self._store(user, by, "user.add", role.value)

    def set_role(self, name: str, role: Role, *, by: Principal) -> None:
        """Give a user another role, which ends all sessions of that user. Raises as `add` does.

        Raises UserNotFound too.
        """
        require(by, Right.MANAGE)
        role = _role(role)
        with self._changing:
            user = self._directory.get(name)
            if user.role == role:
                return
            self._keep_an_admin(user, "role")
            changed = replace(user, role=role.value, stamp=new_stamp())
            self._store(changed, by, "user.role", f"{user.role} → {role.value}")

    def set_password(self, name: str, new: str, *, by: Principal) -> None:
        """Give a user another password, which ends all sessions of that user. Raises as `add` does.

        Raises UserNotFound too.
        """
        require(by, Right.MANAGE)
        self._set_password(self._directory.get(name), new, by)

    def change_password(self, by: Principal, old: str, new: str) -> Principal:
        """Change one's own password, which ends all one's sessions; returns who opens the next.

        Raises BadCredentials and TooManyAttempts about the old one, and what `add` raises.
        """
        require(by, Right.OWN)
        user = self._directory.get(by.name)
        self._count(user.name, by.address, user)
        if not self._passwords.holds(old, user.password_hash):
            raise BadCredentials
        self._by_name.forget(_attempt(user.name, by.address))
        self._by_address.give_back(home(by.address))
        return _proved(self._set_password(user, new, by), by.address)

    def remove(self, name: str, *, by: Principal) -> None:
        """Remove a user with all sessions and tokens. Raises as `set_role` does."""
        require(by, Right.MANAGE)
        with self._changing:
            user = self._directory.get(name)
            self._keep_an_admin(user, "name")
            with self._database.transaction() as session:
                users.remove(session, user.user_id)
                self._audit.record_in(session, by, "user.remove", user.name)
            self._directory.reload()
            self._sessions.drop(user.user_id)
            self._tokens.drop(user.user_id)

    def _set_password(self, user: StoredUser, new: str, by: Principal) -> StoredUser:
        hashed = self._passwords.hash(new)
        with self._changing:
            current = self._directory.get(user.name)
            changed = replace(current, password_hash=hashed, stamp=new_stamp())
            self._store(changed, by, "user.password")
            return changed

    def _store(self, user: StoredUser, by: Principal, action: str, detail: str = "") -> None:
        with self._database.transaction() as session:
            users.save(session, user)
            self._audit.record_in(session, by, action, user.name, detail)
        self._directory.reload()
        self._sessions.drop(user.user_id)

    def _logged_in(self, user: StoredUser, address: str) -> Principal:
        """Note the login; what the user is by then holds."""
        with self._changing:
            current = self._directory.with_id(user.user_id)
            if current is None or current.stamp != user.stamp:
                raise BadCredentials
            by = _proved(current, address)
            with self._database.transaction() as session:
                users.save(session, replace(current, last_login_at=self._clock()))
                self._audit.record_in(session, by, "login")
            self._directory.reload()
            return by

    def _count(self, name: str, address: str, user: StoredUser | None) -> None:
        """Count a try, before it is made. Raises TooManyAttempts."""
        wait = self._by_address.take(home(address)) or self._by_name.take(_attempt(name, address))
        if not wait:
            return
        if user is not None and not self._told.take(user.user_id):
            by = Principal(address=address)
            self._audit.record(by, "login.blocked", user.name)
        raise TooManyAttempts(wait)

    def _keep_an_admin(self, user: StoredUser, field: str) -> None:
        others = [
            one
            for one in self._directory.all()
            if one.role == Role.ADMIN and one.password_hash and one.user_id != user.user_id
        ]
        if user.role == Role.ADMIN and not others:
            raise InvalidAccount(field, N_("the last admin with a password must stay one"))


def _attempt(name: str, address: str) -> tuple[str, str]:
    return key_of(name[: 2 * NAME_CHARS]), home(address)


def _role(role: str) -> Role:
    if role not in set(Role):
        raise InvalidAccount("role", N_("must be viewer or admin"))
    return Role(role)


def _proved(user: StoredUser, address: str) -> Principal:
    return Principal(user.name, Role(user.role), address=address, stamp=user.stamp)
