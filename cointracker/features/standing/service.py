"""Social standing: asked for hourly, kept in the database, resolved to coins."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import pandas as pd

from cointracker.core.clock import Clock
from cointracker.core.errors import SourceError
from cointracker.core.rights import Principal, Right, require
from cointracker.core.services import Services
from cointracker.features.audit.service import AuditService
from cointracker.features.market.store import snapshots, standings
from cointracker.features.standing import store
from cointracker.features.standing.resolution import (
    Collision,
    Resolution,
    Tracked,
    by_watchlists,
    merged,
    resolve,
)
from cointracker.features.standing.store import Check
from cointracker.providers.base import Indicator, IndicatorSource, StandingAnswer
from cointracker.storage.database import Database, Session

log = logging.getLogger(__name__)

FRESH_FOR = timedelta(hours=1)
SLACK = timedelta(minutes=1)
"""An hourly job runs a little early or late: an answer is asked for anew that much before."""
MAX_REJECTIONS = 100
WATCHLISTS = "watchlists"


def nobody() -> Mapping[str, int]:
    """No watchlists."""
    return {}


@dataclass(frozen=True)
class SourceState:
    """How one source of standing stands; check is None when it was never asked.

    age_seconds: of the stored answer, infinite without one. is_stale: the answer is older than it
    should be, and still served. rejections: the first refused rows (see `standing_answers`).
    """

    source: str
    check: Check | None
    age_seconds: float
    is_stale: bool
    rejections: pd.DataFrame


@dataclass(frozen=True)
class StandingState:
    """How standing comes about. sources: in their order of priority; empty with watchlists alone.

    coins: how many have a standing. is_stale: every source that has an answer has a stale one.
    """

    sources: tuple[SourceState, ...]
    coins: int
    tracked: int
    is_stale: bool
    collisions: tuple[Collision, ...]
    unmapped: tuple[str, ...]


@dataclass(frozen=True)
class Standings:
    """Standing by symbol, the largest coin's of those that share one; by whom, since when."""

    by_symbol: Mapping[str, float]
    source: str | None
    at: datetime | None

    @classmethod
    def of(cls, rows: pd.DataFrame, source: str | None, at: datetime | None) -> Standings:
        """rows: symbol, standing, market_cap (NaN counts as the smallest), coin_id."""
        ordered = rows.sort_values(["market_cap", "coin_id"], ascending=[False, True])
        symbols = ordered["symbol"].str.upper()
        first = ordered.assign(symbol=symbols)[~symbols.duplicated()]
        return cls(dict(zip(first["symbol"], first["standing"], strict=True)), source, at)


@dataclass(frozen=True)
class Told:
    """The sources' last answers as one: a symbol's row is that of the first source that has it.

    answered_at: when the oldest of these answers came; None without one, as source.
    """

    indicators: tuple[Indicator, ...]
    source: str | None
    answered_at: datetime | None


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
            answers = {
                source.name: (_check(session, source), _indicators(session, source))
                for source in self._sources
            }
        merged: list[Indicator] = []
        for _done, rows in answers.values():
            known = {row.symbol for row in merged}
            merged += [row for row in rows if row.symbol not in known]
        came = [done.answered_at for done, rows in answers.values() if done and rows]
        names = ", ".join(name for name, (_done, rows) in answers.items() if rows)
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
            done = _check(session, source)
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
            self._store_failure(source, asked_at, exc)
        else:
            self._store_answer(source, asked_at, answer)

    def _store_failure(
        self, source: IndicatorSource, asked_at: datetime, error: SourceError
    ) -> None:
        with self._database.transaction() as session:
            done = _check(session, source) or Check(source.name, source.fingerprint, asked_at)
            failed = replace(
                done, asked_at=asked_at, error=type(error).__name__, reason=error.problem
            )
            store.save_check(session, failed)

    def _store_answer(
        self, source: IndicatorSource, asked_at: datetime, answer: StandingAnswer
    ) -> None:
        done = Check(
            source.name,
            source.fingerprint,
            asked_at,
            answered_at=answer.fetched_at,
            accepted=len(answer.indicators),
            rejected=len(answer.rejections),
        )
        with self._database.transaction() as session:
            store.save(session, source.name, _rows(answer), _rejections(answer))
            store.save_check(session, done)

    def _tracked(self, session: Session) -> Tracked:
        return Tracked.of(self._tracked_frame(session))

    def _tracked_frame(self, session: Session) -> pd.DataFrame:
        return snapshots.tracked(session, self._follows)

    def _resolutions(self, session: Session, tracked: Tracked) -> list[Resolution]:
        """What each source's stored answer says of the tracked coins, in their order."""
        overrides = store.overrides(session)
        return [
            resolve(_indicators(session, source), tracked, overrides) for source in self._sources
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
        done = _check(session, source)
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


def _check(session: Session, source: IndicatorSource) -> Check | None:
    """How asking this address went the last time; another address under its name counts not."""
    done = store.check(session, source.name)
    return done if done and done.fingerprint == source.fingerprint else None


def _indicators(session: Session, source: IndicatorSource) -> list[Indicator]:
    """The rows of a source's stored answer, if it is this address's."""
    done = _check(session, source)
    if done is None or done.answered_at is None:
        return []
    rows = store.answer(session, source.name).astype(object)
    rows = rows.where(rows.notna(), None)
    return [
        Indicator(row["symbol"], row["standing"], row["score"], row["coin_id"])
        for row in rows.to_dict("records")
    ]


def _rows(answer: StandingAnswer) -> pd.DataFrame:
    rows = pd.DataFrame([asdict(row) for row in answer.indicators])
    rows["score"] = pd.to_numeric(rows["score"]).astype("float64")
    rows["coin_id"] = rows["coin_id"].astype("string")
    return rows.assign(position=range(len(rows)))


def _rejections(answer: StandingAnswer) -> pd.DataFrame:
    rows = [asdict(rejection) for rejection in answer.rejections[:MAX_REJECTIONS]]
    frame = pd.DataFrame(rows, columns=list(store.REJECTION_COLUMNS))
    text = [name for name in frame if name != "position"]
    return frame.astype(dict.fromkeys(text, "string") | {"position": "int32"})


def _same(new: pd.DataFrame, old: pd.DataFrame) -> bool:
    """Whether two sets of standings say the same of the same coins."""
    key = ["coin_id", "standing", "source"]
    return set(new[key].itertuples(index=False, name=None)) == set(
        old[key].itertuples(index=False, name=None)
    )
