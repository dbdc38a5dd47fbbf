"""Social standing: asked for hourly, kept in the database, resolved to coins."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import pandas as pd

from cointracker.core.clock import Clock
from cointracker.core.errors import SourceError
from cointracker.core.rights import Principal, Right, require
from cointracker.core.services import Services
from cointracker.features.audit.service import AuditService
from cointracker.features.market.store import snapshots, standings
from cointracker.features.standing import answers, store
from cointracker.features.standing.resolution import (
    Resolution,
    Tracked,
    by_watchlists,
    merged,
    resolve,
)
from cointracker.features.standing.state import SourceState, Standings, StandingState, Told
from cointracker.providers.base import Indicator, IndicatorSource
from cointracker.storage.database import Database, Session

log = logging.getLogger(__name__)

FRESH_FOR = timedelta(hours=1)
SLACK = timedelta(minutes=1)
"""An hourly job runs a little early or late: an answer is asked for anew that much before."""
WATCHLISTS = "watchlists"


def nobody() -> Mapping[str, int]:
    """No watchlists."""
    return {}


class StandingService:
    """Asks the sources of standing and stores what each tracked coin's standing is.

    sources: the first has priority, the next fill what it lacks. Without any, the coins are
    ranked by `watchlists`: how many people watch each coin, by coin id, as far as it is known.
    follows: the source whose last snapshot holds the tracked coins.
    """

    def __init__(
        self,
        database: Database,
        sources: Sequence[IndicatorSource],
        *,
        clock: Clock,
        follows: str,
        watchlists: Callable[[], Mapping[str, int]] = nobody,
        watchlists_name: str = WATCHLISTS,
    ) -> None:
        self._database = database
        self._sources = tuple(sources)
        self._clock = clock
        self._follows = follows
        self._watchlists = watchlists
        self._watchlists_name = watchlists_name

    def update(self, *, now: bool = False) -> None:
        """Ask each source whose answer is an hour old (all of them if `now`), then `settle`.

        A source that fails keeps its last answer. Raises StorageError.
        """
        for source in self._sources:
            if now or self._is_due(source):
                self._ask(source)
        self.settle()

    def settle(self) -> None:
        """Store the tracked coins' standings from what is at hand; asks nobody.

        Stores nothing when there is no standing, or none that changed. Raises StorageError.
        """
        users = self._watchlists() if not self._sources else {}
        with self._database.transaction() as session:
            now = self._clock()
            settled = self._standings(session, users)
            if not settled.empty and not _same(settled, standings.latest(session, now)):
                standings.add(session, settled.assign(standing_at=pd.Timestamp(now)))

    def state(self) -> StandingState:
        """How standing comes about now. Raises StorageError."""
        users = self._watchlists() if not self._sources else {}
        with self._database.reading() as session:
            tracked = self._tracked(session)
            resolutions = self._resolutions(session, tracked)
            sources = tuple(self._state_of(session, source) for source in self._sources)
            standings = self._standings(session, users)
        answered = [state for state in sources if state.check and state.check.answered_at]
        collisions = {hit.symbol: hit for each in resolutions for hit in each.collisions}
        unmapped = dict.fromkeys(symbol for each in resolutions for symbol in each.unmapped)
        return StandingState(
            sources=sources,
            coins=len(standings),
            tracked=len(tracked.coin_ids),
            is_stale=bool(answered) and all(state.is_stale for state in answered),
            collisions=tuple(collisions.values()),
            unmapped=tuple(unmapped),
        )

    def in_force(self) -> Standings:
        """The standings that the next refresh ranks by. Raises StorageError."""
        with self._database.reading() as session:
            now = self._clock()
            by_coin, at = standings.latest(session, now), standings.latest_at(session, now)
            coins = self._tracked_frame(session)
        rows = coins.merge(by_coin, on="coin_id")
        if rows.empty:
            return Standings({}, None, None)
        sources = ", ".join(dict.fromkeys(rows["source"].sort_values()))
        return Standings.of(rows, sources, at)

    def told(self) -> Told:
        """What the sources said last; asks nobody. Raises StorageError."""
        with self._database.reading() as session:
            told = {
                source.name: (
                    answers.last_check(session, source),
                    answers.indicators(session, source),
                )
                for source in self._sources
            }
        merged: list[Indicator] = []
        for _done, rows in told.values():
            known = {row.symbol for row in merged}
            merged += [row for row in rows if row.symbol not in known]
        came = [done.answered_at for done, rows in told.values() if done and rows]
        names = ", ".join(name for name, (_done, rows) in told.items() if rows)
        return Told(tuple(merged), names or None, min(filter(None, came), default=None))

    def overrides(self) -> dict[str, str]:
        """Which coin is meant by a symbol, where a person has said so: coin ids by symbol."""
        with self._database.reading() as session:
            return store.overrides(session)

    def override(self, symbol: str, coin_id: str | None) -> None:
        """Let a symbol mean a coin from now on; None: what it means by itself."""
        with self._database.transaction() as session:
            if coin_id is None:
                store.delete_override(session, symbol.strip().upper())
            else:
                store.save_override(session, symbol.strip().upper(), coin_id, self._clock())
        self.settle()

    def close(self) -> None:
        """Give back the sources' connections."""
        for source in self._sources:
            source.close()

    def _is_due(self, source: IndicatorSource) -> bool:
        with self._database.reading() as session:
            done = answers.last_check(session, source)
        answered_at = done.answered_at if done else None
        if answered_at is None or (done and done.error):
            return True
        return not timedelta(0) <= self._clock() - answered_at < FRESH_FOR - SLACK

    def _ask(self, source: IndicatorSource) -> None:
        asked_at = self._clock()
        try:
            answer = source.fetch_indicators()
        except SourceError as exc:
            log.warning("no standing: %s", exc)
            with self._database.transaction() as session:
                answers.save_failure(session, source, asked_at, exc)
        else:
            with self._database.transaction() as session:
                answers.save_answer(session, source, asked_at, answer)

    def _tracked(self, session: Session) -> Tracked:
        return Tracked.of(self._tracked_frame(session))

    def _tracked_frame(self, session: Session) -> pd.DataFrame:
        return snapshots.tracked(session, self._follows)

    def _resolutions(self, session: Session, tracked: Tracked) -> list[Resolution]:
        """What each source's stored answer says of the tracked coins, in their order."""
        overrides = store.overrides(session)
        return [
            resolve(answers.indicators(session, source), tracked, overrides)
            for source in self._sources
        ]

    def _standings(self, session: Session, users: Mapping[str, int]) -> pd.DataFrame:
        """coin_id, standing, source of every tracked coin that has a standing, by coin id."""
        tracked = self._tracked(session)
        names = [source.name for source in self._sources] or [self._watchlists_name]
        given = [each.standings for each in self._resolutions(session, tracked)]
        if not self._sources:
            given = [by_watchlists(users, tracked.coin_ids)]
        rows = [
            (coin_id, standing, names[place])
            for coin_id, (standing, place) in sorted(merged(given).items())
        ]
        return pd.DataFrame(rows, columns=["coin_id", "standing", "source"])

    def _state_of(self, session: Session, source: IndicatorSource) -> SourceState:
        done = answers.last_check(session, source)
        answered_at = done.answered_at if done else None
        age = self._clock() - answered_at if answered_at else None
        return SourceState(
            source=source.name,
            check=done,
            age_seconds=max(0.0, age.total_seconds()) if age is not None else float("inf"),
            is_stale=age is not None and age > FRESH_FOR + SLACK,
            rejections=store.rejections(session, source.name),
        )


def update_now(services: Services, *, by: Principal) -> None:
    """Ask for social standing now; nothing where the market brings its own.

    Raises LoginNeeded, NotAllowed, StorageError.
    """
    require(by, Right.WRITE)
    standing = services.get(StandingService)
    if standing is not None:
        services[AuditService].record(by, "standing.update")
        standing.update(now=True)


def _same(new: pd.DataFrame, old: pd.DataFrame) -> bool:
    """Whether two sets of standings say the same of the same coins."""
    key = ["coin_id", "standing", "source"]
    return set(new[key].itertuples(index=False, name=None)) == set(
        old[key].itertuples(index=False, name=None)
    )
