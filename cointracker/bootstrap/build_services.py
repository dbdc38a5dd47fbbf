"""The services of a market, put together: what pages, API and jobs are given."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from cointracker.bootstrap.market_runtime import MarketRuntime
from cointracker.core import rights
from cointracker.core.clock import Clock
from cointracker.core.events import Events
from cointracker.core.feature import FeatureSet, ServingContext
from cointracker.core.server_settings import ACCESS
from cointracker.core.services import Services
from cointracker.core.settings import Settings
from cointracker.features.accounts.auth_services import AccountsIdentity
from cointracker.features.accounts.sessions import SessionsService
from cointracker.features.accounts.tokens import TokensService
from cointracker.jobs.scheduler import Schedule
from cointracker.markets.declaration import Market
from cointracker.storage.database import Database


def build_app_services(
    features: FeatureSet,
    app: Database,
    settings: Settings,
    clock: Clock,
    events: Events,
    *,
    is_local: bool,
    markets: Sequence[Market],
    parts: Sequence[Any] = (),
) -> Services:
    """What is the same whichever market serves, over the database of what belongs to none.

    parts: stand in for what features would build, by their class. Raises StorageError.
    """
    known = Services(
        features=features,
        settings=settings,
        clock=clock,
        events=events,
        mode=partial(rights.mode, settings[ACCESS], is_local=is_local),
        source_names={
            name: text for market in markets for name, text in market.source_names.items()
        },
    ).including(parts)
    for feature in features:
        built = feature.app_services(known, app)
        known = known.including(one for one in built if known.get(type(one)) is None)
    identity = AccountsIdentity(known[SessionsService], known[TokensService])
    return known.replace(identity=identity)


def build_services(
    known: Services,
    runtime: MarketRuntime,
    settings: Settings,
    interval_seconds: int,
    schedule: Schedule,
    *,
    is_local: bool,
) -> Services:
    """The services of a market that is refreshed at that interval, under these settings.

    known: those that are the same whichever market serves.
    """
    serving = known.replace(
        settings=settings, mode=partial(rights.mode, settings[ACCESS], is_local=is_local)
    ).including(runtime.parts)
    context = ServingContext(
        database=runtime.database,
        interval_seconds=interval_seconds,
        next_refresh_at=schedule.next_at,
        policies=runtime.policies,
    )
    for feature in known.features:
        serving = serving.including(feature.services(serving, context))
    return serving
