"""Users, their sessions and tokens, and the log of what they did: all in one database."""

from __future__ import annotations

import stat
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cointracker.bootstrap.workspaces import APP_FILE
from cointracker.services.accounts import FIRST, AccountsService
from cointracker.services.audit import AuditService
from cointracker.services.passwords import Passwords
from cointracker.services.people import People
from cointracker.services.sessions import SessionsService
from cointracker.services.tokens import TokensService
from cointracker.sources.base import Clock, utc_now
from cointracker.storage.database import Database
from cointracker.storage.migrations import APP_STEPS

FIRST_ADMIN = """
  CoinTracker has made its first user. This password is not shown again:

      user      {name}
      password  {password}

  Log in at /login and change it on the page "Account".

"""


@dataclass(frozen=True)
class Members:
    """What knows who may do what; the same whichever market is served."""

    accounts: AccountsService
    sessions: SessionsService
    tokens: TokensService
    audit: AuditService


def open_app(folder: Path) -> Database:
    """The database of what belongs to no market, for our own user alone to read.

    Raises StorageError.
    """
    database = Database(folder / APP_FILE, APP_STEPS)
    with suppress(OSError):
        database.path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    return database


def members(
    database: Database,
    clock: Clock = utc_now,
    passwords: Passwords | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> Members:
    """All of it over the database of what belongs to no market. Raises StorageError."""
    people, audit = People(database), AuditService(database, clock)
    sessions = SessionsService(database, people, audit, clock, monotonic)
    tokens = TokensService(database, people, audit, clock)
    accounts = AccountsService(
        database, people=people, sessions=sessions, tokens=tokens, audit=audit, clock=clock,
        passwords=passwords, monotonic=monotonic,
    )  # fmt: skip
    return Members(accounts, sessions, tokens, audit)


def tell_first(password: str) -> None:
    """Tell the password that was made up for the first admin: here, and never again."""
    if password:
        sys.stdout.write(FIRST_ADMIN.format(name=FIRST, password=password))
        sys.stdout.flush()
