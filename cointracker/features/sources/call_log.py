"""The calls to one source, kept in a database."""

from __future__ import annotations

from datetime import datetime

from cointracker.core.clock import Clock
from cointracker.core.errors import SourceError
from cointracker.features.sources import store
from cointracker.features.sources.store import StoredAccount
from cointracker.providers.base import Priority
from cointracker.providers.call_policy.budget import MINUTE_SECONDS
from cointracker.providers.call_policy.call_log import CallAccount
from cointracker.storage.database import Database


class StoredCallLog:
    """The ledger of one source in a database."""

    def __init__(self, database: Database, source: str, clock: Clock, limit: int) -> None:
        self._database = database
        self._source = source
        self._clock = clock
        self._limit = limit

    def load(self) -> CallAccount:
        """The account as of now. Time that runs backwards counts as none.

        A call that seems to lie in the future is taken for one of just now.
        """
        with self._database.reading() as session:
            account = store.account(session, self._source)
            last = store.last(session, self._source, limit=self._limit)
        if account is None:
            return CallAccount()
        now = self._clock()
        passed = max(0.0, (now - account.kept_at).total_seconds())
        ages = [max(0.0, (now - at).total_seconds()) for at in last["called_at"]]
        return CallAccount(
            max(0.0, account.owed_seconds - passed),
            max(0.0, account.blocked_seconds - passed),
            tuple(age for age in ages if age <= MINUTE_SECONDS),
        )

    def begin(
        self, called_at: datetime, priority: Priority, path: str, account: CallAccount
    ) -> int:
        """Keep a call that is about to be made. Raises StorageError."""
        with self._database.transaction() as session:
            store.keep(session, self._stored(account))
            return store.begin(session, self._source, called_at, priority.name.lower(), path)

    def end(self, number: int, seconds: float, error: SourceError | None) -> None:
        """Keep how the call ended. Raises StorageError."""
        outcome = type(error).__name__ if error else store.OK
        with self._database.transaction() as session:
            store.end(session, number, seconds, outcome, error.problem if error else None)

    def keep(self, account: CallAccount) -> None:
        """Keep the account. Raises StorageError."""
        with self._database.transaction() as session:
            store.keep(session, self._stored(account))

    def _stored(self, account: CallAccount) -> StoredAccount:
        return StoredAccount(
            self._source, self._clock(), account.owed_seconds, account.blocked_seconds
        )
