"""Users with sessions and tokens over a database of their own, for tests of who may do what."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cointracker.bootstrap.features import FEATURES
from cointracker.core.clock import Clock, utc_now
from cointracker.core.rights import COMMAND, Principal, Role
from cointracker.features.accounts.auth_services import AuthServices, auth_services
from cointracker.features.accounts.passwords import Passwords
from cointracker.features.audit.service import AuditService
from cointracker.storage.database import Database
from tests.databases import app_database
from tests.fakes import FakeTime

HOME, AWAY = "192.0.2.1", "198.51.100.7"
PASSWORDS = {"root": "correct horse", "ann": "battery staple"}


def auth_of(
    database: Database,
    clock: Clock = utc_now,
    passwords: Passwords | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> AuthServices:
    """Users, sessions and tokens over a database of what belongs to no market."""
    audit = AuditService(database, clock, FEATURES.audit_actions)
    return auth_services(database, audit, clock, passwords, monotonic)


class Counted(Passwords):
    """Hashes that take no time, and what was compared with which."""

    def __init__(self) -> None:
        super().__init__(rounds=4)
        object.__setattr__(self, "compared", [])

    def matches(self, password: bytes, hashed: str) -> bool:
        self.compared.append((password, hashed))
        return super().matches(password, hashed)


@dataclass
class AccountsFixture:
    """An admin `root` and a viewer `ann`."""

    path: Path
    time: FakeTime = field(default_factory=FakeTime)
    hasher: Counted = field(default_factory=Counted)

    def __post_init__(self) -> None:
        self.start()
        for name, password in PASSWORDS.items():
            role = Role.ADMIN if name == "root" else Role.VIEWER
            self.known.accounts.add(name, password, role, by=COMMAND)

    def start(self) -> None:
        """As the server does when it starts."""
        self.database = app_database(self.path)
        self.known = auth_of(self.database, self.time.clock, self.hasher, self.time)

    def restart(self) -> None:
        self.database.close()
        self.start()

    def log_in(self, name: str = "ann", address: str = HOME) -> Principal:
        return self.known.accounts.log_in(name, PASSWORDS[name], address)

    def cookie(self, name: str = "ann") -> str:
        return self.known.sessions.open(self.log_in(name))

    def here(self, name: str = "ann") -> Principal:
        """A user with a session."""
        return self.known.sessions.principal(self.cookie(name), HOME)

    def actions(self) -> list[tuple[str, str, str]]:
        """Who did what with whom, the first first; without how they came about."""
        found = self.known.audit.entries().iloc[::-1]
        rows = zip(found["name"], found["action"], found["target"], strict=True)
        return list(rows)[len(PASSWORDS) :]

    def everything(self) -> str:
        """All that is stored, as text, but for the hashes and our own secret."""
        with self.database.reading() as session:
            tables = ("users", "sessions", "tokens", "audit", "settings", "secrets")
            return "\n".join(session.frame(f"SELECT * FROM {table}").to_csv() for table in tables)  # noqa: S608
