"""The users, as every call asks for them: in memory, and as they are stored."""

from __future__ import annotations

import secrets
import unicodedata

from cointracker.core.errors import InvalidAccount, UserNotFound
from cointracker.core.i18n import N_
from cointracker.features.accounts.store import users
from cointracker.features.accounts.store.users import StoredUser
from cointracker.storage.database import Database

NAME_CHARS = 254
"""As long as an e-mail address may be."""
JOINERS = "\u200c\u200d"
"""Persian names are written with them; two names do not differ by them alone."""


class UserDirectory:
    """All users; the server holds the database alone, so memory knows everything."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_key: dict[str, StoredUser] = {}
        self._by_id: dict[str, StoredUser] = {}
        self.reload()

    def reload(self) -> None:
        """Take what is stored; call it after every change. Raises StorageError."""
        with self._database.reading() as session:
            everyone = users.everyone(session)
        self._by_id = {user.user_id: user for user in everyone}
        self._by_key = {key_of(user.name): user for user in everyone}

    def all(self) -> list[StoredUser]:
        """Everybody, by name."""
        return sorted(self._by_key.values(), key=lambda user: key_of(user.name))

    def find(self, name: str) -> StoredUser | None:
        """The user of a name, however it is written; None when there is none."""
        return self._by_key.get(key_of(name))

    def get(self, name: str) -> StoredUser:
        """The user of a name. Raises UserNotFound."""
        user = self.find(name)
        if user is None:
            raise UserNotFound("there is no user of that name")
        return user

    def with_id(self, user_id: str) -> StoredUser | None:
        """The user of an id; None when there is none any more."""
        return self._by_id.get(user_id)


def key_of(name: str) -> str:
    """What two ways to write the same name have in common."""
    name = unicodedata.normalize("NFC", name).strip().translate(dict.fromkeys(map(ord, JOINERS)))
    return unicodedata.normalize("NFC", name.casefold())


def checked_name(name: str) -> str:
    """A new user's name as it is stored. Raises InvalidAccount."""
    name = unicodedata.normalize("NFC", name).strip()
    if not key_of(name):
        raise InvalidAccount("name", N_("a name is required"))
    if len(name) > NAME_CHARS:
        raise InvalidAccount("name", N_("at most {high} characters"), high=NAME_CHARS)
    if any(_is_odd(char) for char in name):
        raise InvalidAccount("name", N_("no control characters"))
    return name


def new_stamp() -> str:
    """Another one than ever before."""
    return secrets.token_hex(8)


def _is_odd(char: str) -> bool:
    """Whether a character is not seen, or turns the text around it."""
    return (
        unicodedata.category(char)
        in (
            "Cc",
            "Cf",
            "Cs",
            "Co",
            "Cn",
            "Zl",
            "Zp",
        )
        and char not in JOINERS
    )
