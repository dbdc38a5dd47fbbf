"""The services of a workspace, put together: what pages, API and jobs are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from cointracker.bootstrap.drive import ScheduleDrive
from cointracker.bootstrap.members import Members
from cointracker.bootstrap.workspaces import Workspace
from cointracker.config import Settings
from cointracker.services import Services, TryLive, access
from cointracker.services.calls import SourceHealth, SourceWatch
from cointracker.services.coins import CoinService
from cointracker.services.health import HealthService
from cointracker.services.monitoring import MonitoringService
from cointracker.services.news import News
from cointracker.services.retention import RetentionService
from cointracker.services.second_source import CHECKED_EVERY
from cointracker.services.settings import SettingsService
from cointracker.services.store import StoreService
from cointracker.services.weights import WeightsService
from cointracker.sources import coingecko
from cointracker.sources.base import Clock
from cointracker.storage.salvage import damages


@dataclass(frozen=True)
class Common:
    """What is the same whichever market is served."""

    clock: Clock
    members: Members
    settings: SettingsService
    drive: ScheduleDrive
    next_at: Callable[[], datetime | None]
    news: News
    try_live: TryLive
    is_local: bool


def assembled(
    workspace: Workspace, settings: Settings, interval_seconds: int, common: Common
) -> Services:
    """The services of a workspace that is refreshed at that interval, under these settings."""
    clock, members, database = common.clock, common.members, workspace.database
    is_simulated = workspace.source.name == "simulated"
    monitoring = MonitoringService(
        workspace.market,
        workspace.refresh,
        source=workspace.source.name,
        is_fallback=settings.source == "auto" and is_simulated,
        interval_seconds=interval_seconds,
        asked_interval_seconds=settings.update_interval_seconds,
        next_at=common.next_at,
        may_ask_at=_may_ask_at(workspace),
        news=common.news,
        clock=clock,
        audit=members.audit,
        standing=workspace.standing,
        drive=common.drive,
        quote_currency="usd" if is_simulated else settings.quote_currency,
    )
    return Services(
        market=workspace.market,
        coins=CoinService(database, workspace.market),
        weights=WeightsService(database, clock, members.audit),
        monitoring=monitoring,
        retention=RetentionService(database, clock, history_days=settings.history_days),
        health=HealthService(database, workspace.market, clock),
        coin_data=workspace.coin_data,
        settings=common.settings,
        accounts=members.accounts,
        sessions=members.sessions,
        tokens=members.tokens,
        audit=members.audit,
        access=partial(access.mode, settings.access, is_local=common.is_local),
        try_live=common.try_live,
        language=settings.language,
        sources=partial(_health, workspace, interval_seconds, clock),
        second=workspace.second,
        standing=workspace.standing,
        store=StoreService(database, clock).state,
        damages=partial(damages, settings.data_dir),
        news=common.news,
    )


def _may_ask_at(workspace: Workspace) -> Callable[[], datetime | None]:
    """Tells when the workspace's source may be asked again; of the simulated one: always."""
    held = {discipline.source: discipline for discipline in workspace.disciplines}
    main = held.get(workspace.source.name)
    return main.may_ask_at if main else lambda: None


def _health(workspace: Workspace, interval: int, clock: Clock) -> tuple[SourceHealth, ...]:
    """The health of each source; the second one is only compared while the main one answers."""
    return tuple(
        SourceWatch(
            workspace.database,
            discipline,
            interval if discipline.source == coingecko.NAME else int(CHECKED_EVERY.total_seconds()),
            clock,
        ).health()
        for discipline in workspace.disciplines
    )
