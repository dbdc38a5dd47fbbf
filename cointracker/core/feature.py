"""What a feature declares: all that it brings. What nobody declares is refused.

Declarations are read by the command line too, so they import neither pages nor API nor charts:
what is drawn, routed or measured is loaded by the functions that they hand over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cointracker.core.rights import Right
from cointracker.core.services import Services
from cointracker.core.settings import Rule, Section, Setting, SettingsCatalogue

MARKET, APP = "market", "app"
"""The two kinds of databases: one a market, and one for what belongs to none."""


@dataclass(frozen=True)
class Page:
    """A page: its path in the address, its file, its title (a message) and what it takes.

    order: where it stands in the navigation; 0 for one that does not.
    """

    path: str
    file: str
    title: str
    right: Right
    order: int = 0


@dataclass(frozen=True)
class Route:
    """A call: its method, its whole path as declared (`/api/…/{coin}/`), and what it takes."""

    method: str
    path: str
    right: Right


@dataclass(frozen=True)
class Socket:
    """A WebSocket: its path, what it takes, and what it pushes.

    feed: loads what is pushed, an `api.websocket.updates.Feed`.
    """

    path: str
    right: Right
    feed: Callable[[], Any]


@dataclass(frozen=True)
class Migration:
    """A step of a schema, recorded in the transaction that runs it, never edited once released.

    number: of its kind of database, ascending in time; a new one is the day it was written and a
    counter, 2026112801. Several features may share a step that was released as one.
    """

    number: int
    name: str
    statements: tuple[str, ...]
    database: str = MARKET


@dataclass(frozen=True)
class Job:
    """What is done by the clock, whatever serves at the time; its own errors are logged.

    every_seconds: 0 for one that follows each refresh instead. first_at: when it is due first,
    given what serves and the instant; at once without it.
    """

    name: str
    run: Callable[[Services], object]
    every_seconds: int = 0
    first_at: Callable[[Services, datetime], datetime] = lambda _services, now: now


@dataclass(frozen=True)
class ServingContext:
    """What serves a market, beside the services.

    database: the market's. interval_seconds: between its refreshes. next_refresh_at: when the next
    is planned, None when none is. policies: what calls to its providers are held to.
    """

    database: Any
    interval_seconds: int
    next_refresh_at: Callable[[], datetime | None] = lambda: None
    policies: Sequence[Any] = ()


@dataclass(frozen=True)
class Feature:
    """One subject of the product. Functions load what they need when they are called.

    routers: FastAPI's, for the routes. app_services: builds once what belongs to no market, over
    the application's database. services: builds what serves a market, each time one is served.
    Both are given what was built before, in the order of the features. audit_actions: what is
    recorded, by code, in the words of a page (messages). metrics: Prometheus families of what
    serves. health: cards of the Health page.
    """

    name: str
    pages: tuple[Page, ...] = ()
    routes: tuple[Route, ...] = ()
    routers: Callable[[], Sequence[Any]] = tuple
    sockets: tuple[Socket, ...] = ()
    migrations: tuple[Migration, ...] = ()
    jobs: tuple[Job, ...] = ()
    settings: tuple[Setting[Any], ...] = ()
    setting_rules: tuple[Rule, ...] = ()
    setting_sections: tuple[Section, ...] = ()
    audit_actions: Mapping[str, str] = field(default_factory=dict)
    app_services: Callable[[Services, Any], Iterable[Any]] = lambda _known, _database: ()
    services: Callable[[Services, ServingContext], Iterable[Any]] = lambda _known, _context: ()
    metrics: Callable[[Services], Iterator[Any]] = lambda _services: iter(())
    health: Callable[[Services], Sequence[Any]] = lambda _services: ()


class FeatureSet:
    """All features that there are, in their order: each may use those before it.

    Raises ValueError where two of them declare the same thing.
    """

    def __init__(self, features: Iterable[Feature]) -> None:
        self._features = tuple(features)
        self.pages = _unique("page", ((page.path, page) for page in self._all("pages")))
        self._routes = _unique(
            "route", (((one.method, one.path), one.right) for one in self._all("routes"))
        )
        self.sockets = _unique("socket", ((one.path, one) for one in self._all("sockets")))
        self.jobs = _unique("job", ((job.name, job) for job in self._all("jobs")))
        self.audit_actions: Mapping[str, str] = _unique(
            "audit action", (pair for one in self for pair in one.audit_actions.items())
        )
        _unique("setting", ((setting.name, setting) for setting in self._all("settings")))
        self.settings = SettingsCatalogue(
            self._all("settings"), self._all("setting_rules"), self._all("setting_sections")
        )

    def __iter__(self) -> Iterator[Feature]:
        return iter(self._features)

    def page_right(self, path: str) -> Right | None:
        """What a page takes, by its path in the address; None for one that nobody declares."""
        page = self.pages.get(path)
        return page.right if page else None

    def route_right(self, method: str, path: str) -> Right | None:
        """What a call takes, by its declared path; None for one that nobody declares."""
        return self._routes.get((method, path))

    def socket_right(self, path: str) -> Right | None:
        """What a WebSocket takes; None for one that nobody declares."""
        socket = self.sockets.get(path)
        return socket.right if socket else None

    def routes(self) -> Mapping[tuple[str, str], Right]:
        """What each declared call takes, by method and path."""
        return dict(self._routes)

    def migrations(self, database: str) -> dict[int, tuple[str, tuple[str, ...]]]:
        """The steps of a kind of database by number: a name, and the statements of all features."""
        steps: dict[int, tuple[str, tuple[str, ...]]] = {}
        for one in self._all("migrations"):
            if one.database == database:
                name, before = steps.get(one.number, (one.name, ()))
                if name != one.name:
                    raise ValueError(f"step {one.number} is {name!r} and {one.name!r}")
                steps[one.number] = (name, before + one.statements)
        return dict(sorted(steps.items()))

    def _all(self, what: str) -> list[Any]:
        return [one for feature in self._features for one in getattr(feature, what)]


def _unique(what: str, pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    unique: dict[Any, Any] = {}
    for key, value in pairs:
        if key in unique:
            raise ValueError(f"two features declare the {what} {key!r}")
        unique[key] = value
    return unique
