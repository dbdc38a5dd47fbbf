"""The main source with another that stands in for it while it gives nothing."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from cointracker.core.clock import Clock
from cointracker.core.errors import SourceError
from cointracker.features.fallback import store
from cointracker.features.fallback.matching import MAPPED, Known, Verdict, match
from cointracker.features.market.store import snapshots
from cointracker.providers.base import MarketBatch, MarketRow, MarketSource, Rejection, TickerSource
from cointracker.providers.deadlines import within
from cointracker.storage.database import Database

log = logging.getLogger(__name__)

RECHECK_INTERVAL = timedelta(hours=6)
MAIN_SECONDS = 75.0
"""How long the main source is asked before it counts as failed; the second needs time as well."""
MIN_SHARE = 0.5
"""What share of the coins another source must have to stand in: fewer make no ranking."""


@dataclass(frozen=True)
class FallbackState:
    """How the second source stands. why_not: why there is none, empty when there is one.

    stands_in: whether the last figures came from it. main_error, second_error: why the two gave
    nothing the last time they were asked, None when they did. checked_at: when its coins were
    last compared with ours. mapped: how many coins it can give. unmapped: coin_id, symbol, name,
    why, of those that it can not, largest first.
    """

    source: str
    why_not: str
    stands_in: bool
    main_error: SourceError | None
    second_error: SourceError | None
    checked_at: datetime | None
    mapped: int
    unmapped: pd.DataFrame


class FallbackSource:
    """A `MarketSource`: the main one, or the second one's rows of the same coins in its place.

    The main one is asked first each time, so it serves again as soon as it answers. why_not: why
    there is no second one.
    """

    def __init__(
        self,
        database: Database,
        main: MarketSource,
        second: TickerSource | None,
        *,
        clock: Clock,
        why_not: str = "",
    ) -> None:
        self._database = database
        self._main = main
        self._second = second
        self._clock = clock
        self._why_not = why_not
        self._stands_in = False
        self._main_error: SourceError | None = None
        self._second_error: SourceError | None = None

    @property
    def name(self) -> str:
        """The main source's: what it stands in for is what the dashboard follows."""
        return self._main.name

    def fetch_markets(self, count: int) -> MarketBatch:
        """The `count` largest coins, or what the second source has of those last seen.

        Raises the main source's SourceError when neither gives anything, and StorageError.
        """
        try:
            with within(MAIN_SECONDS):
                batch = self._main.fetch_markets(count)
        except SourceError as exc:
            self._main_error = exc
            batch = self._stand_in(count, exc)
            self._stands_in = True
            return batch
        self._main_error, self._stands_in = None, False
        return batch

    def ping(self) -> None:
        """Return when the main source answers. Raises SourceError when it does not."""
        self._main.ping()

    def close(self) -> None:
        """Give back both sources' connections."""
        self._main.close()
        if self._second is not None:
            self._second.close()

    def recheck(self) -> None:
        """Compare the second source's coins with ours, if that is due and the main one answers.

        A failure is logged and told by `state`. Raises StorageError.
        """
        second = self._second
        if second is None or self._main_error is not None or not self._is_due(second.name):
            return
        try:
            offered = self._ask(second)
        except SourceError as exc:
            log.warning("the fallback provider could not be compared: %s", exc)
            return
        self._compare(self._tracked(), offered)

    def state(self) -> FallbackState:
        """How the second source stands. Raises StorageError."""
        name = self._second.name if self._second else ""
        with self._database.reading() as session:
            coins = snapshots.tracked(session, self.name)[["coin_id", "symbol", "name"]]
            matches = store.of(session, name)
        coins = coins.merge(matches[["coin_id", "why", "checked_at"]], on="coin_id")
        checked_at = coins["checked_at"].max()
        unmapped = coins.loc[coins["why"] != MAPPED, ["coin_id", "symbol", "name", "why"]]
        return FallbackState(
            source=name,
            why_not=self._why_not,
            stands_in=self._stands_in,
            main_error=self._main_error,
            second_error=self._second_error,
            checked_at=None if pd.isna(checked_at) else checked_at.to_pydatetime(),
            mapped=len(coins) - len(unmapped),
            unmapped=unmapped.reset_index(drop=True),
        )

    def _stand_in(self, count: int, failure: SourceError) -> MarketBatch:
        tracked = self._tracked()[:count]
        if self._second is None or not tracked:
            raise failure
        try:
            offered = self._ask(self._second)
        except SourceError as exc:
            log.warning("the fallback provider gives nothing either: %s", exc)
            raise failure from exc
        verdicts = self._compare(tracked, offered)
        markets = _ours(tracked, offered, verdicts)
        if len(markets) < MIN_SHARE * len(tracked):
            log.warning("%s has %d of %d coins", offered.source, len(markets), len(tracked))
            raise failure
        rejections = _rejections_of(verdicts, offered)
        return replace(offered, markets=markets, rejections=rejections, stands_in_for=failure)

    def _ask(self, second: TickerSource) -> MarketBatch:
        try:
            offered = second.fetch_tickers()
        except SourceError as exc:
            self._second_error = exc
            raise
        self._second_error = None
        return offered

    def _tracked(self) -> list[Known]:
        """The coins as the main source last told of them, largest first."""
        with self._database.reading() as session:
            coins = snapshots.tracked(session, self.name)
        return [_known(row) for row in coins.to_dict("records")]

    def _compare(self, tracked: Sequence[Known], offered: MarketBatch) -> tuple[Verdict, ...]:
        """The verdicts on the tracked coins, stored."""
        with self._database.transaction() as session:
            matches = store.of(session, offered.source).dropna(subset="source_id")
            before = dict(zip(matches["coin_id"], matches["source_id"], strict=True))
            verdicts = match(tracked, offered.markets, before)
            if verdicts:
                store.save(session, _rows(verdicts, offered))
        return verdicts

    def _is_due(self, name: str) -> bool:
        """Whether a coin was never compared, or too long ago."""
        with self._database.reading() as session:
            coins = snapshots.tracked(session, self.name)
            checked_at = store.of(session, name).set_index("coin_id")["checked_at"]
        checked = checked_at.reindex(coins["coin_id"])
        oldest = pd.Timestamp(self._clock() - RECHECK_INTERVAL)
        return not coins.empty and bool((checked.isna() | (checked <= oldest)).any())


def _known(row: Mapping[Any, Any]) -> Known:
    """A row of `snapshots.tracked` as the mapping takes it."""
    return Known(
        coin_id=row["coin_id"],
        symbol=row["symbol"],
        name=row["name"],
        price=None if pd.isna(row["price"]) else row["price"],
        observed_at=row["observed_at"].to_pydatetime(),
    )


def _ours(
    tracked: Sequence[Known], offered: MarketBatch, verdicts: Sequence[Verdict]
) -> tuple[MarketRow, ...]:
    """The rows of tracked coins under our ids, with the names that the main source gave them."""
    rows: Mapping[str | None, MarketRow] = {row.coin_id: row for row in offered.markets}
    return tuple(
        replace(rows[verdict.source_id], coin_id=coin.coin_id, symbol=coin.symbol, name=coin.name)
        for coin, verdict in zip(tracked, verdicts, strict=True)
        if verdict.why == MAPPED
    )


def _rejections_of(verdicts: Sequence[Verdict], offered: MarketBatch) -> tuple[Rejection, ...]:
    """The refused rows of coins that are ours; the others' are none of our business."""
    coin_of = {verdict.source_id: verdict.coin_id for verdict in verdicts if verdict.source_id}
    return tuple(
        replace(rejection, coin_id=coin_of[rejection.coin_id])
        for rejection in offered.rejections
        if rejection.coin_id in coin_of
    )


def _rows(verdicts: Sequence[Verdict], offered: MarketBatch) -> pd.DataFrame:
    """The verdicts as rows of `store.COLUMNS`."""
    at = pd.Timestamp(offered.fetched_at)
    rows = pd.DataFrame(map(vars, verdicts)).assign(source=offered.source, checked_at=at)
    rows["source_id"] = rows["source_id"].astype("string")
    confirmed = pd.Series(at, index=rows.index).where(rows["is_confirmed"])
    return rows.assign(confirmed_at=confirmed)[list(store.COLUMNS)]
