"""Users, their sessions and tokens, put together over one database."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from cointracker.core.clock import Clock, utc_now
from cointracker.core.rights import Principal
from cointracker.features.accounts.accounts import FIRST, AccountsService
from cointracker.features.accounts.passwords import Passwords
from cointracker.features.accounts.sessions import SessionsService
from cointracker.features.accounts.tokens import TokensService
from cointracker.features.accounts.user_directory import UserDirectory
from cointracker.features.audit.service import AuditService
from cointracker.storage.database import Database

FIRST_ADMIN = """
  CoinTracker has made its first user. This password is not shown again:

      user      {name}
      password  {password}

  Log in at /login and change it on the page "Account".

"""


@dataclass(frozen=True)
class AuthServices:
    """What knows who may do what; the same whichever market serves."""

    accounts: AccountsService
    sessions: SessionsService
    tokens: TokensService
    audit: AuditService


@dataclass(frozen=True)
class AccountsIdentity:
    """Proves who somebody is by sessions and tokens; see `core.services.Identity`."""

    sessions: SessionsService
    tokens: TokensService

    def by_cookie(self, cookie: str, address: str = "") -> Principal:
        """Who a session's cookie stands for."""
        return self.sessions.principal(cookie, address)

    def by_token(self, token: str, address: str = "") -> Principal:
        """Who a personal token stands for."""
        return self.tokens.principal(token, address)

    def csrf_holds(self, cookie: str, token: str) -> bool:
        """Whether a token is the one of this cookie's session."""
        return self.sessions.csrf_holds(cookie, token)


def auth_services(
    database: Database,
    audit: AuditService,
    clock: Clock = utc_now,
    passwords: Passwords | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> AuthServices:
    """All of it over the database of what belongs to no market. Raises StorageError."""
    directory = UserDirectory(database)
    sessions = SessionsService(database, directory, audit, clock, monotonic)
    tokens = TokensService(database, directory, audit, clock)
    accounts = AccountsService(
        database,
        directory=directory,
        sessions=sessions,
        tokens=tokens,
        audit=audit,
        clock=clock,
        passwords=passwords,
        monotonic=monotonic,
    )
    return AuthServices(accounts, sessions, tokens, audit)


def announce_first_admin(password: str) -> None:
    """Print the password that was made up for the first admin: here, and never again."""
    if password:
        sys.stdout.write(FIRST_ADMIN.format(name=FIRST, password=password))
        sys.stdout.flush()
