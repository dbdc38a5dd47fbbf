"""Details and past of single coins: asked for when a page wants them, or in the background."""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from cointracker.core.clock import Clock
from cointracker.core.errors import SourceError, StorageError
from cointracker.features.coin import store
from cointracker.features.coin.coin_fetcher import DAILY, DETAILS, HOURLY, CoinAsker, is_hopeless
from cointracker.features.coin.store import STORED, UNKNOWN, Fetch
from cointracker.providers.base import CoinDetails, CoinSource
from cointracker.storage.database import Database

log = logging.getLogger(__name__)

NEVER, UNDER_WAY, AT_HAND, UNKNOWN_COIN, FAILED = (
    "never",
    "under way",
    "at hand",
    "unknown",
    "failed",
)
MAX_WAITING = 50
GRACE_SECONDS = 10.0


@dataclass(frozen=True)
class FetchState:
    """How asking for something stands.

    state: never, under way, at hand, unknown (the source does not know the coin) or failed; what
    came before a failure stays. stored_at: when it last came whole. reason: why it failed, or
    which fields of it could not be used. next_at: when it may be asked for again.
    """

    state: str
    stored_at: datetime | None = None
    reason: str | None = None
    next_at: datetime | None = None


@dataclass(frozen=True)
class CoinData:
    """What is stored of a coin beside its observations, and how asking for more stands."""

    details: CoinDetails | None
    told: FetchState
    history: FetchState


class CoinDataService:
    """Asks one source about single coins, one thread for what pages want; safe to share."""

    def __init__(self, database: Database, source: CoinSource, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._asker = CoinAsker(database, source, clock)
        self._changed = threading.Condition()
        self._waiting: deque[str] = deque()
        self._taken: set[str] = set()
        self._changes: Counter[str] = Counter()
        self._sweeping = threading.Lock()
        self._worker: threading.Thread | None = None
        self._closed = threading.Event()

    def want(self, coin_id: str) -> bool:
        """Have what is missing or stale of a coin asked for soon; whether it is.

        Returns at once. Nothing is asked of a coin that was never followed, while something is
        not due again, or with 50 coins waiting. Raises StorageError.
        """
        if self._closed.is_set() or not self._asker.due(coin_id):
            return False
        with self._changed:
            if self._closed.is_set():
                return False
            if self._is_on(coin_id):
                return True
            if len(self._waiting) >= MAX_WAITING:
                return False
            self._waiting.append(coin_id)
            self._ensure_worker()
            self._changed.notify_all()
        return True

    def details(self, coin_id: str) -> CoinData:
        """What is stored of a coin and how asking for more stands. Raises StorageError."""
        with self._changed:
            is_on = self._is_on(coin_id)
        with self._database.reading() as session:
            stored = store.one(session, coin_id)
            fetched = store.fetches(session, coin_id)
        told, hourly, daily = (
            _asked(fetched.get(what), is_on, self._clock()) for what in (DETAILS, HOURLY, DAILY)
        )
        return CoinData(_details(stored), told, _worse(hourly, daily))

    def change_token(self, coin_id: str) -> int:
        """Changes whenever something of a coin has been stored, or asking for it has ended."""
        with self._changed:
            return self._changes.get(coin_id, 0)

    def gather(self, limit: int) -> int:
        """Ask for what never came of the newest snapshot's coins, best rank first; how many came.

        At most `limit` coins; the first SourceError ends it, and so does `close`. Does nothing
        while another sweep is under way.
        """
        if not self._sweeping.acquire(blocking=False):
            return 0
        try:
            return self._sweep(self._asker.lacking(limit))
        except StorageError as exc:
            log.warning("details and history are not gathered: %s", exc)
            return 0
        finally:
            self._sweeping.release()

    def close(self) -> None:
        """Ask for nothing more, and wait for the call under way. May be called again.

        Waits 10 s at most: an answer that comes later than that is dropped.
        """
        with self._changed:
            self._closed.set()
            self._waiting.clear()
            self._changed.notify_all()
            worker = self._worker
        if worker is not None:
            worker.join(GRACE_SECONDS)

    def _is_on(self, coin_id: str) -> bool:
        return coin_id in self._taken or coin_id in self._waiting

    def _ensure_worker(self) -> None:
        if self._worker is None or not self._worker.is_alive():
            self._worker = threading.Thread(target=self._work, name="coin data", daemon=True)
            self._worker.start()

    def _work(self) -> None:
        while (coin_id := self._next()) is not None:
            try:
                self._ask(coin_id)
            except (SourceError, StorageError) as exc:
                log.warning("%s: %s", coin_id, exc)

    def _next(self) -> str | None:
        """The next coin that is waited for, taken; waits for one. None when closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed.is_set() or self._waiting)
            if self._closed.is_set():
                return None
            coin_id = self._waiting.popleft()
            self._taken.add(coin_id)
            return coin_id

    def _sweep(self, coin_ids: Iterable[str]) -> int:
        done = 0
        for coin_id in coin_ids:
            if self._take(coin_id):
                try:
                    self._ask(coin_id, is_patient=False)
                except SourceError as exc:
                    log.info("gathering ends at %s: %s", coin_id, exc)
                    break
                done += 1
        return done

    def _take(self, coin_id: str) -> bool:
        with self._changed:
            if self._closed.is_set() or self._is_on(coin_id):
                return False
            self._taken.add(coin_id)
            return True

    def _ask(self, coin_id: str, *, is_patient: bool = True) -> None:
        """Ask for all that is due of a coin that is taken, and give it back.

        After an error that the rest would meet too, or any if not `is_patient`, the rest is put
        off as well. Raises the SourceError that ended it, StorageError.
        """
        try:
            tasks = self._asker.due(coin_id)
            while tasks and not self._closed.is_set():
                task = tasks.pop(0)
                try:
                    self._asker.ask(coin_id, task)
                except SourceError as exc:
                    if not is_patient or is_hopeless(exc):
                        for rest in tasks:
                            self._asker.remember(coin_id, rest, exc)
                        raise
                self._beat(coin_id)
        finally:
            with self._changed:
                self._taken.discard(coin_id)
                self._changes[coin_id] += 1
                self._changed.notify_all()

    def _beat(self, coin_id: str) -> None:
        with self._changed:
            self._changes[coin_id] += 1


def _asked(last: Fetch | None, is_on: bool, now: datetime) -> FetchState:
    if is_on and (last is None or last.due_at <= now):
        return FetchState(UNDER_WAY, last.stored_at if last else None)
    if last is None:
        return FetchState(NEVER)
    state = {STORED: AT_HAND, UNKNOWN: UNKNOWN_COIN}.get(last.outcome, FAILED)
    return FetchState(state, last.stored_at, last.reason, last.due_at)


def _worse(one: FetchState, other: FetchState) -> FetchState:
    """Of two that make one thing, that which a reader has to know of."""
    order = (UNDER_WAY, UNKNOWN_COIN, FAILED, NEVER, AT_HAND)
    return min(one, other, key=lambda asked: order.index(asked.state))


def _details(rows: pd.DataFrame) -> CoinDetails | None:
    if rows.empty:
        return None
    row: dict[Any, Any] = rows.iloc[0].to_dict()
    categories = tuple(row.pop("categories"))
    known: dict[Any, Any] = {name: None if pd.isna(value) else value for name, value in row.items()}
    users = known["watchlist_users"]
    known["watchlist_users"] = None if users is None else int(users)
    known["fetched_at"] = known["fetched_at"].to_pydatetime()
    return CoinDetails(**known, categories=categories)
