"""Small stand-ins that tests hand in: a clock that stands still, a source that is a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from cointracker.bootstrap.features import FEATURES
from cointracker.core.errors import NotFound, SourceError
from cointracker.core.rights import Means, Principal, Role
from cointracker.features.market.snapshot_writer import RankingOptions
from cointracker.features.monitoring.refresh import RefreshService
from cointracker.features.monitoring.store.refreshes import STORED
from cointracker.providers.base import CoinDetails, MarketBatch
from cointracker.providers.markets import read_markets
from cointracker.storage.database import Database

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


@dataclass
class FakeClock:
    """Tells `now` until it is set or moved."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class FakeTime:
    """Seconds of a clock that never jumps, and a sleep that takes no time but moves it."""

    seconds: float = 5_000.0
    slept: list[float] = field(default_factory=list)
    clock: FakeClock = field(default_factory=FakeClock)

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.pass_by(seconds)

    def pass_by(self, seconds: float) -> None:
        """Let time go by, on the wall clock too."""
        self.seconds += seconds
        self.clock.move(seconds=seconds)


ADMIN = Principal("admin", Role.ADMIN, Means.SESSION, may_write=True, address="192.0.2.1")
VIEWER = Principal("viewer", Role.VIEWER, Means.SESSION, may_write=True, address="192.0.2.2")


class Notes(list[tuple[str, str, str, str]]):
    """An audit log that is a list: who, action, target, detail."""

    def record(self, by: Principal, action: str, target: str = "", detail: str = "") -> None:
        assert action in FEATURES.audit_actions
        self.append((by.name, action, target, detail))

    def record_in(self, _session: object, *entry: Any) -> None:
        self.record(*entry)


def row(coin_id: str, price: float | None = 100.0, **fields: Any) -> dict[str, Any]:
    """An element of `/coins/markets`; what is not given is missing."""
    symbol = coin_id[:3]
    return {
        "id": coin_id,
        "symbol": symbol,
        "name": coin_id.title(),
        "current_price": price,
    } | fields


def ticker(paprika_id: str, price: Any = 100.0, **fields: Any) -> dict[str, Any]:
    """An element of CoinPaprika's `/tickers`; figures go into its quote in USD."""
    ours = (
        "symbol",
        "name",
        "rank",
        "circulating_supply",
        "total_supply",
        "max_supply",
        "first_data_at",
        "last_updated",
        "quotes",
    )
    own = {name: fields.pop(name) for name in ours if name in fields}
    symbol, _, name = paprika_id.partition("-")
    found = {"id": paprika_id, "symbol": symbol.upper(), "name": name.title() or paprika_id}
    return found | {"quotes": {"USD": {"price": price} | fields}} | own


def indicator(symbol: Any, standing: Any, score: Any = None, **fields: Any) -> dict[str, Any]:
    """An element of `indicators`."""
    return {"symbol": symbol, "standing": standing, "score": score} | fields


@dataclass
class ListedSource:
    """The rows of `/coins/markets` in `rows`, checked as CoinGecko's are; or `error`, raised."""

    clock: FakeClock
    rows: Sequence[Any] = ()
    standings: Mapping[str, float] = field(default_factory=dict)
    error: SourceError | None = None
    name: str = "listed"
    is_closed: bool = False

    def fetch_markets(self, count: int) -> MarketBatch:
        self.ping()
        markets, rejections = read_markets(self.rows[:count], self.clock())
        return MarketBatch(self.name, self.clock(), "usd", markets, rejections)

    def fetch_details(self, coin_id: str) -> CoinDetails:
        raise NotFound(self.name, f"no coin {coin_id}")

    def fetch_chart(self, coin_id: str, days: int) -> pd.DataFrame:
        raise NotFound(self.name, f"no {days} days of {coin_id}")

    def fetch_standings(self) -> Mapping[str, float]:
        return self.standings

    def ping(self) -> None:
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.is_closed = True


@dataclass
class Pipeline:
    """A database, and refreshes of it from lists of rows at the instants that the clock tells."""

    database: Database
    clock: FakeClock
    options: RankingOptions | None = None
    source: str = "listed"

    def take(self, *rows: Any, standings: Mapping[str, float] | None = None) -> int:
        """Refresh from these rows; the id of the refresh, which must have been stored."""
        source = ListedSource(self.clock, rows, standings or {}, name=self.source)
        done = RefreshService(
            self.database,
            source,
            count=len(rows),
            clock=self.clock,
            options=self.options,
            standings=source,
        ).run("test")
        assert done.outcome == STORED, done
        return done.refresh_id
