"""What pages, API and jobs call. `services()` is the set that serves now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cointracker.services.access import Mode, Principal
from cointracker.services.accounts import AccountsService
from cointracker.services.audit import AuditService
from cointracker.services.calls import SourceHealth
from cointracker.services.coin_data import CoinDataService
from cointracker.services.coins import CoinService
from cointracker.services.health import HealthService
from cointracker.services.market import MarketService
from cointracker.services.monitoring import MonitoringService
from cointracker.services.retention import RetentionService
from cointracker.services.second_source import SourceWithSecond
from cointracker.services.sessions import SessionsService
from cointracker.services.settings import SettingsService
from cointracker.services.standing import StandingService
from cointracker.services.store import StoreState, nothing_stored
from cointracker.services.tokens import TokensService
from cointracker.services.weights import WeightsService
from cointracker.storage.salvage import Damage


class TryLive(Protocol):
    """Makes the live source the one that serves."""

    def __call__(self, *, by: Principal) -> None:
        """Raises LoginNeeded, NotAllowed, and SourceError when it does not answer."""


@dataclass(frozen=True)
class Services:
    """The services of one database and one source.

    try_live asks the live source once and, when it answers, makes it the one that serves; it
    raises SourceError when it does not. sources tells the health of each source that is asked over
    the network, and raises StorageError. language is the code that the settings ask for, empty for
    the browser's. access tells the mode that `services.access` decides by. second and standing are
    None where the market is simulated. store tells what the database takes;
    damages lists the databases that were set aside and still lie in the folder.
    """

    market: MarketService
    coins: CoinService
    weights: WeightsService
    monitoring: MonitoringService
    coin_data: CoinDataService
    retention: RetentionService
    health: HealthService
    settings: SettingsService
    accounts: AccountsService
    sessions: SessionsService
    tokens: TokensService
    audit: AuditService
    access: Callable[[], Mode]
    try_live: TryLive
    language: str = ""
    sources: Callable[[], tuple[SourceHealth, ...]] = tuple
    second: SourceWithSecond | None = None
    standing: StandingService | None = None
    store: Callable[[], StoreState] = nothing_stored
    damages: Callable[[], tuple[Damage, ...]] = tuple


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
