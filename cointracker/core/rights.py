"""Who may do what: the one place that decides, for pages, API and sockets alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum

from cointracker.core.errors import LoginNeeded, NotAllowed


class Role(StrEnum):
    """What a user is here for."""

    VIEWER = "viewer"
    ADMIN = "admin"


class Means(StrEnum):
    """How somebody proved who they are; SYSTEM is the dashboard itself."""

    NONE = "none"
    SESSION = "session"
    TOKEN = "token"  # noqa: S105 - the word
    SYSTEM = "system"


class Mode(StrEnum):
    """What nobody in particular may see: everything, or nothing."""

    PUBLIC_READ = "public-read"
    PRIVATE = "private"


@dataclass(frozen=True)
class Principal:
    """Who asks; nobody in particular without a role.

    may_write: false of a token of scope read. session_id: of the session or token, never its
    secret. stamp: the user's at the time of a login, so that no session opens after it changed.
    """

    name: str = ""
    role: Role | None = None
    means: Means = Means.NONE
    may_write: bool = False
    address: str = ""
    session_id: str = ""
    stamp: str = field(default="", repr=False)


NOBODY = Principal()
SYSTEM = Principal("system", Role.ADMIN, Means.SYSTEM, may_write=True)
"""The server and its schedule."""
COMMAND = Principal("command", Role.ADMIN, Means.SYSTEM, may_write=True)
"""Whoever may run `python -m cointracker` on the server's machine."""


class Right(Enum):
    """What it takes; docs/access.md explains each for its reader."""

    OPEN = "open"
    """Nothing."""
    VIEW = "view"
    """A login or a token where the mode is private."""
    OWN = "own"
    """A session: one's own password, tokens and presets."""
    INSPECT = "inspect"
    """An admin, by whatever means: to see the settings."""
    WRITE = "write"
    """An admin, whose token has the scope write: settings, default weights, monitoring."""
    MANAGE = "manage"
    """An admin with a session: users and the audit log."""


def allows(principal: Principal, right: Right, mode: Mode = Mode.PRIVATE) -> bool:
    """Whether somebody has a right under an access mode; only VIEW depends on the mode."""
    if right is Right.OPEN:
        return True
    if right is Right.VIEW:
        return mode is Mode.PUBLIC_READ or principal.role is not None
    is_here = principal.means in (Means.SESSION, Means.SYSTEM)
    if right is Right.OWN:
        return is_here and principal.role is not None
    if principal.role is not Role.ADMIN:
        return False
    if right is Right.WRITE:
        return principal.may_write
    return is_here if right is Right.MANAGE else right is Right.INSPECT


def require(principal: Principal, right: Right, mode: Mode = Mode.PRIVATE) -> None:
    """Raise LoginNeeded or NotAllowed unless somebody has a right."""
    if allows(principal, right, mode):
        return
    raise LoginNeeded if principal.role is None else NotAllowed


def mode(asked: str, *, is_local: bool) -> Mode:
    """The access mode that is asked for; without one it goes by where the server listens."""
    if asked:
        return Mode(asked)
    return Mode.PUBLIC_READ if is_local else Mode.PRIVATE
