"""What one server process runs: a workspace, the schedule, and the way back to the market."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from cointracker.bootstrap import duties
from cointracker.bootstrap.assembly import Common, assembled
from cointracker.bootstrap.drive import ScheduleDrive
from cointracker.bootstrap.members import members, open_app, tell_first
from cointracker.bootstrap.sources import (
    Disciplines,
    hold_to,
    live_disciplines,
    live_interval,
    live_source,
)
from cointracker.bootstrap.workspaces import (
    APP_FILE,
    Workspace,
    holds_data,
    keep_calls,
    live_file,
    live_parts,
    open_live,
    open_simulated,
    options,
    simulated_file,
)
from cointracker.config import Settings
from cointracker.errors import CoinTrackerError, SourceError, SourceUnreachable
from cointracker.jobs.scheduler import Schedule
from cointracker.services import access, install
from cointracker.services.access import Principal
from cointracker.services.news import News
from cointracker.services.passwords import Passwords
from cointracker.services.settings import SettingsService, stored
from cointracker.sources import coingecko
from cointracker.sources.base import Clock, utc_now
from cointracker.sources.discipline import ONCE
from cointracker.sources.disciplined import disciplined
from cointracker.sources.http import Limits
from cointracker.storage.database import Database
from cointracker.storage.migrations import APP_STEPS
from cointracker.storage.refreshes import FAILED
from cointracker.storage.salvage import damages, set_aside_if_damaged

log = logging.getLogger(__name__)

ACCOUNT = (
    "coingecko_key", "coingecko_plan", "coingecko_url",
    "coingecko_calls_per_minute", "coingecko_calls_per_month",
)  # fmt: skip
"""What says whose calls those to CoinGecko are."""
STANDING = ("standing_url_1", "standing_url_2", "lunarcrush_key")
PING_LIMITS = Limits(connect_seconds=3.0, read_seconds=4.0, total_seconds=5.0)


class Dashboard:
    """Starts and stops everything; serves the simulated market until the live one answers.

    is_local: whether the server listens on this machine only. passwords: how they are hashed.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock = utc_now,
        disciplines: Disciplines | None = None,
        limits: Limits | None = None,
        *,
        is_local: bool = True,
        passwords: Passwords | None = None,
    ) -> None:
        self._given = self._settings = settings
        self._clock = clock
        self._disciplines = disciplines or live_disciplines(settings, clock)
        self._limits = limits
        self._is_local = is_local
        self._passwords = passwords
        self._schedule = Schedule(duties.refresh, settings.update_interval_seconds)
        self._opened: dict[Path, Workspace] = {}
        self._changing = threading.RLock()
        self._news = News()
        self._app: Database | None = None

    def start(self) -> None:
        """Choose a source, open its database, and begin to refresh. Raises StorageError."""
        path = self._given.data_dir / APP_FILE
        set_aside_if_damaged(path, self._clock(), APP_STEPS)
        self._app = open_app(self._given.data_dir)
        try:
            self._start(self._app)
        except BaseException:
            self._app.close()
            raise

    def stop(self) -> None:
        """Finish the calls under way, but none of their waits, and close every database."""
        for discipline in self._disciplines.values():
            discipline.stop()
        for workspace in list(self._opened.values()):
            workspace.coin_data.close()
        self._schedule.stop()
        install(None)
        for workspace in self._opened.values():
            workspace.close()
        if self._app is not None:
            self._app.close()

    def apply(self, settings: Settings) -> None:
        """Serve by these settings from now on, without a restart.

        What is open stays open where it is still wanted; a refresh under way ends as it began. A
        market that nothing is stored of must answer first. Raises SourceError, StorageError; then
        all is as it was.
        """
        with self._changing:
            before, old = self._settings, self._serving
            undo = self._hold_to(settings)
            try:
                new = self._workspace(settings, self._kind(settings))
            except CoinTrackerError:
                undo()
                raise
            self._settings = settings
            self._serve(new)
            self._drive.plan()
            self._retire(old, new)
            if _differ(before, settings, STANDING):
                self._schedule.soon("standing now", duties.update_standing)

    def try_live(self, *, by: Principal) -> None:
        """Refresh once from the live source and serve it from now on.

        Does nothing when it serves already: another browser may have been quicker. Raises
        LoginNeeded, NotAllowed, SourceError.
        """
        access.require(by, access.Right.WRITE)
        with self._changing:
            if self._serving.source.name == coingecko.NAME:
                return
            self._members.audit.record(by, "source.try")
            self._ping(self._settings)
            workspace = self._open("coingecko", self._settings)
            refresh = workspace.refresh.run("manual")
            if refresh.outcome == FAILED:
                self._close(workspace)
                raise SourceUnreachable(coingecko.NAME, refresh.reason or "no data")
            self._serve(workspace)
            self._drive.plan(utc_now() + timedelta(seconds=self._interval(workspace)))

    def _start(self, app: Database) -> None:
        self._members = members(app, self._clock, self._passwords)
        tell_first(self._members.accounts.first_admin(self._given.admin_password))
        settings = stored(app, self._given)
        self._hold_to(settings)
        self._settings = settings
        self._drive = ScheduleDrive(app, self._schedule, self._clock, self._due)
        saved = SettingsService(
            app,
            self._given,
            self._clock,
            calls_for=coingecko.calls_for,
            apply=self.apply,
            audit=self._members.audit,
        )
        self._common = Common(
            self._clock, self._members, saved, self._drive, self._schedule.next_at, self._news,
            try_live=self.try_live, is_local=self._is_local,
        )  # fmt: skip
        self._serve(self._open(self._choose(self._settings), self._settings))
        duties.plan(self._schedule, utc_now())
        self._schedule.plan(None, self._due()[1])
        self._schedule.start(self._drive.first_at())

    def _choose(self, settings: Settings) -> str:
        """The source to start with; `auto` needs an answer from CoinGecko or data of its own.

        Data that is damaged was data too: whoever had the market does not get an invented one.
        """
        if settings.source != "auto":
            return settings.source
        path = live_file(settings)
        self._set_aside_if_damaged(path)
        if path in self._opened or holds_data(path) or self._has_lost(path):
            return "coingecko"
        try:
            self._ping(settings)
        except SourceError as exc:
            log.warning("the simulated market is shown: %s", exc)
            return "simulated"
        return "coingecko"

    def _kind(self, settings: Settings) -> str:
        """The source to serve by changed settings; under `auto` what is live stays so."""
        if settings.source != "auto":
            return settings.source
        serving = self._serving.source.name
        deciding = (*ACCOUNT, "source", "quote_currency")
        if serving == coingecko.NAME or not _differ(self._settings, settings, deciding):
            return serving
        return self._choose(settings)

    def _workspace(self, settings: Settings, kind: str) -> Workspace:
        """What serves a source by these settings: what is open of it, changed, or opened anew."""
        path = simulated_file(settings) if kind == "simulated" else live_file(settings)
        known = self._opened.get(path)
        if known is None:
            if kind != "simulated" and not holds_data(path):
                self._ping(settings)
            return self._open(kind, settings)
        if kind == "simulated":
            known.refresh.use(options=options(settings))
            return known
        is_serving = known.database is self._serving.database
        if is_serving and not _differ(self._settings, settings, (*ACCOUNT, *STANDING)):
            known.refresh.use(count=settings.top_coins, options=options(settings))
            return known
        return self._rebuilt(known, settings)

    def _rebuilt(self, known: Workspace, settings: Settings) -> Workspace:
        """What works on an open live database, built anew by these settings."""
        if self._serving.database is not known.database:
            keep_calls(known.database, self._disciplines, self._clock)
        new = live_parts(
            settings, known.database, self._clock, disciplines=self._disciplines,
            limits=self._limits, before=known,
        )  # fmt: skip
        self._opened[known.database.path] = new
        self._schedule.soon(f"let go of {id(known)}", partial(_let_go, known))
        return new

    def _ping(self, settings: Settings) -> None:
        """One call, never repeated; until there is a database its cost is kept in memory."""
        discipline = self._disciplines[coingecko.NAME]
        with closing(live_source(settings, limits=PING_LIMITS)) as source:
            replace(source, client=disciplined(source.client, discipline, ONCE)).ping()

    def _has_lost(self, path: Path) -> bool:
        return any(damage.name == path.name for damage in damages(path.parent))

    def _set_aside_if_damaged(self, path: Path) -> None:
        if path not in self._opened:
            set_aside_if_damaged(path, self._clock())

    def _open(self, kind: str, settings: Settings) -> Workspace:
        simulated = kind == "simulated"
        self._set_aside_if_damaged(simulated_file(settings) if simulated else live_file(settings))
        if simulated:
            workspace = open_simulated(settings, self._clock)
        else:
            workspace = open_live(
                settings, self._clock, disciplines=self._disciplines, limits=self._limits
            )
        self._opened[workspace.database.path] = workspace
        return workspace

    def _close(self, workspace: Workspace) -> None:
        del self._opened[workspace.database.path]
        workspace.close()

    def _retire(self, old: Workspace, new: Workspace) -> None:
        """Close the database that serves no more, as soon as its refresh under way has ended.

        What came in its place does not wait for that one with its own first refresh.
        """
        if old.database is new.database:
            return
        self._schedule.soon(f"close {old.database.path}", partial(self._close_unused, old))
        if old.refresh.is_running and self._drive.is_started() and not new.market.has_snapshot():
            self._drive.refresh_now()

    def _close_unused(self, old: Workspace) -> None:
        old.refresh.finish()
        with self._changing:
            path = old.database.path
            if self._serving.database is old.database or path not in self._opened:
                return
            self._opened.pop(path).let_go()
            if not self._serving.disciplines:
                for discipline in old.disciplines:
                    discipline.detach()
            old.database.close()

    def _hold_to(self, settings: Settings) -> Callable[[], None]:
        """Hold the calls to settings that are to come into force; returns what undoes it."""
        is_other = _differ(self._settings, settings, ACCOUNT)
        return hold_to(self._disciplines, settings, is_other_account=is_other)

    def _serve(self, workspace: Workspace) -> None:
        self._serving = workspace
        install(assembled(workspace, self._settings, self._interval(workspace), self._common))
        self._news.tell()

    def _interval(self, workspace: Workspace) -> int:
        """Seconds between refreshes: as asked, or as the source's calls can sustain."""
        if not workspace.disciplines:
            return self._settings.update_interval_seconds
        return live_interval(self._settings)

    def _due(self) -> tuple[datetime, int]:
        """When the next refresh is due, an interval after the newest snapshot; the interval."""
        workspace = self._serving
        interval = self._interval(workspace)
        if not workspace.market.has_snapshot():
            return self._clock(), interval
        newest = min(workspace.market.snapshot().at, self._clock())
        return newest + timedelta(seconds=interval), interval


def _let_go(workspace: Workspace) -> None:
    """Let go of a workspace's sources when its refresh under way has ended."""
    workspace.refresh.finish()
    workspace.let_go()


def _differ(one: Settings, other: Settings, names: Iterable[str]) -> bool:
    return any(getattr(one, name) != getattr(other, name) for name in names)
