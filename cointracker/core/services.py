"""The services that serve now: what pages, API and jobs ask, by the service's own class."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from cointracker.core.clock import Clock, utc_now
from cointracker.core.events import Events
from cointracker.core.rights import NOBODY, Mode, Principal
from cointracker.core.settings import Settings

if TYPE_CHECKING:
    from cointracker.core.feature import FeatureSet

T = TypeVar("T")


class Identity(Protocol):
    """Proves who somebody is, for kits that know no users."""

    def by_cookie(self, cookie: str, address: str = "") -> Principal:
        """Who a session's cookie stands for; NOBODY for one that does not hold."""

    def by_token(self, token: str, address: str = "") -> Principal:
        """Who a personal token stands for; NOBODY for one that does not hold."""

    def csrf_holds(self, cookie: str, token: str) -> bool:
        """Whether a token is the one that writes with this cookie must show."""


class Nobody:
    """The identity where there are no users."""

    def by_cookie(self, cookie: str, address: str = "") -> Principal:
        """Nobody."""
        return NOBODY

    def by_token(self, token: str, address: str = "") -> Principal:
        """Nobody."""
        return NOBODY

    def csrf_holds(self, cookie: str, token: str) -> bool:
        """Never."""
        return False


@dataclass(frozen=True)
class Services:
    """What serves one market under one set of settings.

    `services[MarketService]` is the service of that class. features: what is declared. mode: the
    access mode by now. settings: those in force; they hold secrets. events tell of what changed,
    and are the same whatever serves. source_names: what each provider is called (messages).
    """

    features: FeatureSet
    settings: Settings = field(default_factory=Settings)
    mode: Callable[[], Mode] = lambda: Mode.PRIVATE
    identity: Identity = field(default_factory=Nobody)
    events: Events = field(default_factory=Events)
    clock: Clock = utc_now
    source_names: Mapping[str, str] = field(default_factory=dict)
    _by_class: dict[type[Any], Any] = field(default_factory=dict, repr=False)

    def __getitem__(self, kind: type[T]) -> T:
        """The service of a class. Raises KeyError where nothing of it serves."""
        service: T = self._by_class[kind]
        return service

    def get(self, kind: type[T]) -> T | None:
        """The service of a class; None where nothing of it serves."""
        return self._by_class.get(kind)

    def including(self, services: Iterable[Any]) -> Services:
        """The same with these services beside the others, each in place of one of its class."""
        added = {type(service): service for service in services}
        return self.replace(_by_class=self._by_class | added)

    def replace(self, **changes: Any) -> Services:
        """The same with other fields."""
        return dataclasses.replace(self, **changes)


class _Serving:
    """The set that serves now; swapped as a whole when the source changes."""

    current: Services | None = None


def install(services: Services | None) -> None:
    """Make `services` the set that serves; None when the server shuts down."""
    _Serving.current = services


def services() -> Services:
    """The set that serves now. Raises RuntimeError outside a running server."""
    if _Serving.current is None:
        raise RuntimeError("the services run with `streamlit run app.py`, which builds them")
    return _Serving.current
