"""Users with sessions and tokens over a database of their own, for tests of who may do what."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cointracker.bootstrap.members import Members, members
from cointracker.services.access import COMMAND, Principal, Role
from cointracker.services.passwords import Passwords
from cointracker.storage.database import Database
from cointracker.storage.migrations import APP_STEPS
from tests.fakes import FakeTime

HOME, AWAY = "192.0.2.1", "198.51.100.7"
PASSWORDS = {"root": "correct horse", "ann": "battery staple"}


class Counted(Passwords):
    """Hashes that take no time, and what was compared with which."""

    def __init__(self) -> None:
        super().__init__(rounds=4)
        object.__setattr__(self, "compared", [])

    def matches(self, password: bytes, hashed: str) -> bool:
        self.compared.append((password, hashed))
        return super().matches(password, hashed)


@dataclass
class Club:
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
        self.database = Database(self.path, APP_STEPS)
        self.known: Members = members(self.database, self.time.clock, self.hasher, self.time)

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
        """Who did what with whom, the first first; without how the club came about."""
        found = self.known.audit.entries().iloc[::-1]
        rows = zip(found["name"], found["action"], found["target"], strict=True)
        return list(rows)[len(PASSWORDS) :]

    def everything(self) -> str:
        """All that is stored, as text, but for the hashes and our own secret."""
        with self.database.reading() as session:
            tables = ("users", "sessions", "tokens", "audit", "settings", "secrets")
            return "\n".join(session.frame(f"SELECT * FROM {table}").to_csv() for table in tables)  # noqa: S608
