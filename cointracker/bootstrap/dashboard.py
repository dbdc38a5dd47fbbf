"""What one server process runs: a workspace, the schedule, and the way back to the market."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from cointracker.bootstrap import duties
from cointracker.bootstrap.sources import (
    Disciplines,
    live_disciplines,
    live_interval,
    live_source,
)
from cointracker.bootstrap.workspaces import (
    LIVE_FILE,
    Workspace,
    holds_data,
    open_live,
    open_simulated,
)
from cointracker.config import Settings
from cointracker.errors import SourceError, SourceUnreachable
from cointracker.jobs.scheduler import Schedule
from cointracker.services import Services, install
from cointracker.services.calls import SourceHealth, SourceWatch
from cointracker.services.coins import CoinService
from cointracker.services.monitoring import MonitoringService
from cointracker.services.retention import RetentionService
from cointracker.services.second_source import CHECKED_EVERY
from cointracker.services.weights import WeightsService
from cointracker.sources import coingecko
from cointracker.sources.base import Clock, utc_now
from cointracker.sources.discipline import ONCE, disciplined
from cointracker.sources.http import Limits
from cointracker.storage.refreshes import FAILED

log = logging.getLogger(__name__)

PING_LIMITS = Limits(connect_seconds=3.0, read_seconds=4.0, total_seconds=5.0)


class Dashboard:
    """Starts and stops everything; serves the simulated market until the live one answers."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock = utc_now,
        disciplines: Disciplines | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._disciplines = disciplines or live_disciplines(settings, clock)
        self._limits = limits
        self._schedule = Schedule(duties.refresh, settings.update_interval_seconds)
        self._opened: list[Workspace] = []
        self._trying = threading.Lock()

    def start(self) -> None:
        """Choose a source, open its database, and begin to refresh. Raises StorageError."""
        workspace = self._open(self._choose())
        self._serve(workspace)
        duties.plan(self._schedule, utc_now())
        self._schedule.start(self._due(workspace))

    def stop(self) -> None:
        """Finish the calls under way, but none of their waits, and close every database."""
        for discipline in self._disciplines.values():
            discipline.stop()
        for workspace in self._opened:
            workspace.coin_data.close()
        self._schedule.stop()
        install(None)
        for workspace in self._opened:
            workspace.close()

    def try_live(self) -> None:
        """Refresh once from the live source and serve it from now on. Raises SourceError.

        Does nothing when it serves already: another browser may have been quicker.
        """
        with self._trying:
            if any(workspace.source.name == coingecko.NAME for workspace in self._opened):
                return
            self._ping()
            workspace = self._open("coingecko")
            refresh = workspace.refresh.run("manual")
            if refresh.outcome == FAILED:
                self._opened.remove(workspace)
                workspace.close()
                raise SourceUnreachable(coingecko.NAME, refresh.reason or "no data")
            self._serve(workspace)

    def _choose(self) -> str:
        """The source to start with; `auto` needs an answer from CoinGecko or data of its own."""
        if self._settings.source != "auto":
            return self._settings.source
        if holds_data(self._settings.data_dir / LIVE_FILE):
            return "coingecko"
        try:
            self._ping()
        except SourceError as exc:
            log.warning("the simulated market is shown: %s", exc)
            return "simulated"
        return "coingecko"

    def _ping(self) -> None:
        """One call, never repeated; until there is a database its cost is kept in memory."""
        discipline = self._disciplines[coingecko.NAME]
        with closing(live_source(self._settings, limits=PING_LIMITS)) as source:
            replace(source, client=disciplined(source.client, discipline, ONCE)).ping()

    def _open(self, source: str) -> Workspace:
        if source == "simulated":
            workspace = open_simulated(self._settings, self._clock)
        else:
            workspace = open_live(
                self._settings, self._clock, disciplines=self._disciplines, limits=self._limits
            )
        self._opened.append(workspace)
        return workspace

    def _serve(self, workspace: Workspace) -> None:
        interval = self._interval(workspace)
        self._schedule.set_interval(interval)
        monitoring = MonitoringService(
            workspace.market,
            workspace.refresh,
            source=workspace.source.name,
            is_fallback=self._settings.source == "auto" and workspace.source.name == "simulated",
            interval_seconds=interval,
            asked_interval_seconds=self._settings.update_interval_seconds,
            next_at=self._schedule.next_at,
            may_ask_at=_may_ask_at(workspace),
            clock=self._clock,
        )
        install(
            Services(
                market=workspace.market,
                coins=CoinService(workspace.database, workspace.market),
                weights=WeightsService(workspace.database, self._clock),
                monitoring=monitoring,
                retention=RetentionService(
                    workspace.database, self._clock, history_days=self._settings.history_days
                ),
                coin_data=workspace.coin_data,
                try_live=self.try_live,
                language=self._settings.language,
                sources=partial(_health, workspace, interval, self._clock),
                second=workspace.second,
                standing=workspace.standing,
            )
        )

    def _interval(self, workspace: Workspace) -> int:
        """Seconds between refreshes: as asked, or as the source's calls can sustain."""
        if not workspace.disciplines:
            return self._settings.update_interval_seconds
        return live_interval(self._settings)

    def _due(self, workspace: Workspace) -> datetime:
        """When the first refresh is due: an interval after the newest snapshot."""
        if not workspace.market.has_snapshot():
            return self._clock()
        interval = timedelta(seconds=self._interval(workspace))
        return min(workspace.market.snapshot().at, self._clock()) + interval


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
