"""What a source gives, whoever it is: validated rows, and what was wrong with the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Protocol

import pandas as pd

from cointracker.core.errors import SourceError


class Priority(IntEnum):
    """What a call to a source is for, in the order in which a call budget is spent."""

    MARKETS = 1
    STANDING = 2
    DETAILS = 3
    BACKFILL = 4


@dataclass(frozen=True)
class MarketRow:
    """One coin's figures as a source gave them; None where it gave none.

    Prices, volumes and caps in the quote currency, changes in percent points, instants UTC.
    volume_change_24h_pct: the source's own, of the sources that tell one. sparkline: about hourly
    prices, oldest first, the last one at `updated_at`.
    """

    coin_id: str
    symbol: str
    name: str
    updated_at: datetime
    price: float | None = None
    volume_24h: float | None = None
    volume_change_24h_pct: float | None = None
    market_cap: float | None = None
    market_cap_rank: int | None = None
    change_1h_pct: float | None = None
    change_24h_pct: float | None = None
    change_7d_pct: float | None = None
    change_30d_pct: float | None = None
    image_url: str | None = None
    fully_diluted_valuation: float | None = None
    circulating_supply: float | None = None
    total_supply: float | None = None
    max_supply: float | None = None
    ath: float | None = None
    ath_change_pct: float | None = None
    ath_at: datetime | None = None
    atl: float | None = None
    atl_change_pct: float | None = None
    atl_at: datetime | None = None
    sparkline: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Rejection:
    """A row that was not taken: where it stood, which field was wrong, and why.

    value: the offending value as text, cut to a length that can be shown.
    """

    position: int
    coin_id: str | None
    field: str
    value: str
    reason: str


@dataclass(frozen=True)
class MarketBatch:
    """One answer of a source: the rows that can be used and those that can not.

    stands_in_for: why the main source gave nothing, when these are another's rows in its place:
    figures of coins that the main source has told of before, under its ids.
    """

    source: str
    fetched_at: datetime
    quote_currency: str
    markets: tuple[MarketRow, ...]
    rejections: tuple[Rejection, ...]
    stands_in_for: SourceError | None = None


@dataclass(frozen=True)
class CoinDetails:
    """What a source tells of one coin beside its market figures; None or empty where it does not.

    description: plain text, without markup. Links are http or https URLs. categories: the
    source's own words. sentiment_up_pct: share of votes that are good, in percent points.
    watchlist_users: in how many watchlists of the source the coin stands. rejections: the fields
    that were there and could not be used.
    """

    coin_id: str
    source: str
    fetched_at: datetime
    description: str = ""
    homepage: str | None = None
    blockchain_site: str | None = None
    github_url: str | None = None
    categories: tuple[str, ...] = ()
    genesis_date: date | None = None
    sentiment_up_pct: float | None = None
    watchlist_users: int | None = None
    rejections: tuple[Rejection, ...] = ()


class MarketSource(Protocol):
    """A source of current market figures."""

    @property
    def name(self) -> str:
        """What rows and log call it."""

    def fetch_markets(self, count: int) -> MarketBatch:
        """The `count` largest coins by cap. Raises SourceError when there is no valid row."""

    def ping(self) -> None:
        """Return when the source answers; raise SourceError when it does not."""

    def close(self) -> None:
        """Give back connections."""


class TickerSource(Protocol):
    """A source of current market figures under ids of its own, to stand in for another."""

    @property
    def name(self) -> str:
        """What rows and log call it."""

    def fetch_tickers(self) -> MarketBatch:
        """Every coin that it has. Raises SourceError when there is no valid row."""

    def close(self) -> None:
        """Give back connections."""


@dataclass(frozen=True)
class Indicator:
    """What a source of social standing says of one symbol: standing 1 = best, score as it likes.

    coin_id: the coin that is meant, where the source names one.
    """

    symbol: str
    standing: float
    score: float | None = None
    coin_id: str | None = None


@dataclass(frozen=True)
class StandingAnswer:
    """One answer of a source of social standing: rows that can be used and those that can not."""

    source: str
    fetched_at: datetime
    indicators: tuple[Indicator, ...]
    rejections: tuple[Rejection, ...]


class IndicatorSource(Protocol):
    """A source of social standing by symbol."""

    @property
    def name(self) -> str:
        """What rows and log call it."""

    @property
    def fingerprint(self) -> str:
        """Differs between two addresses, and gives neither away."""

    def fetch_indicators(self) -> StandingAnswer:
        """What it says now. Raises SourceError when there is no valid row."""

    def close(self) -> None:
        """Give back connections."""


class StandingSource(Protocol):
    """A source of social standing."""

    @property
    def name(self) -> str:
        """What rows and log call it."""

    def fetch_standings(self) -> Mapping[str, float]:
        """Standing by coin id, 1 = best. Raises SourceError."""


class HistorySource(Protocol):
    """A source that can tell the hours before the first refresh."""

    @property
    def name(self) -> str:
        """What rows and log call it."""

    def fetch_history(self, hours: int) -> pd.DataFrame:
        """Hourly figures up to now: coin_id, observed_at (UTC) and the figures of `MarketRow`.

        Columns price, volume_24h, market_cap, change_1h_pct, change_24h_pct, change_7d_pct,
        change_30d_pct. Raises SourceError.
        """


class CoinSource(Protocol):
    """A source that can be asked about one coin."""

    @property
    def name(self) -> str:
        """What rows and log call it."""

    def fetch_details(self, coin_id: str) -> CoinDetails:
        """What is told of a coin. Raises SourceError, NotFound for a coin it does not know."""

    def fetch_chart(self, coin_id: str, days: int) -> pd.DataFrame:
        """A coin's past `days`, oldest first: the columns of `HistorySource.fetch_history`.

        As fine as the source tells it: about hourly up to 90 days, daily beyond. Raises
        SourceError, NotFound for a coin it does not know.
        """
