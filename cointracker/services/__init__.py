"""What pages, API and jobs call. `services()` is the set that serves now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cointracker.services.market import MarketService
from cointracker.services.monitoring import MonitoringService
from cointracker.services.retention import RetentionService
from cointracker.services.weights import WeightsService


@dataclass(frozen=True)
class Services:
    """The services of one database and one source.

    try_live asks the live source once and, when it answers, makes it the one that serves; it
    raises SourceError when it does not. language is the code that the settings ask for, empty for
    the browser's.
    """

    market: MarketService
    weights: WeightsService
    monitoring: MonitoringService
    retention: RetentionService
    try_live: Callable[[], None]
    language: str = ""


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
