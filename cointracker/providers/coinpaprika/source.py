"""CoinPaprika's REST API, version 1: the second source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import requests
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from cointracker.core.clock import Clock, utc_now
from cointracker.core.errors import MalformedAnswer
from cointracker.core.i18n import N_
from cointracker.providers.base import MarketBatch, MarketRow, Priority, Rejection
from cointracker.providers.http import JsonClient, Limits
from cointracker.providers.markets import Amount, Identity, Instant, Percent, Price, rejection

NAME = "coinpaprika"
QUOTES = frozenset(
    [
        "ars",
        "aud",
        "bob",
        "brl",
        "btc",
        "cad",
        "chf",
        "clp",
        "cny",
        "cop",
        "czk",
        "dkk",
        "eth",
        "eur",
        "gbp",
        "hkd",
        "huf",
        "idr",
        "ils",
        "inr",
        "isk",
        "jpy",
        "krw",
        "mxn",
        "myr",
        "ngn",
        "nok",
        "nzd",
        "pen",
        "php",
        "pkr",
        "pln",
        "rub",
        "sek",
        "sgd",
        "thb",
        "try",
        "twd",
        "uah",
        "usd",
        "vnd",
        "zar",
    ]
)
"""The currencies that CoinPaprika quotes in."""


def _known(value: object) -> object:
    """None for the 0 that CoinPaprika writes where it knows no amount; others as they are."""
    return None if value == 0 and not isinstance(value, bool) else value


KnownAmount = Annotated[Amount | None, BeforeValidator(_known)]


class QuotePayload(BaseModel):
    """A coin's figures in one currency. Strict: a number in quotes is no number."""

    model_config = ConfigDict(strict=True)

    price: Price
    volume_24h: Amount | None = None
    volume_24h_change_24h: Percent | None = None
    market_cap: KnownAmount = None
    percent_change_1h: Percent | None = None
    percent_change_24h: Percent | None = None
    percent_change_7d: Percent | None = None
    percent_change_30d: Percent | None = None
    ath_price: KnownAmount = None
    ath_date: Instant | None = None
    percent_from_price_ath: Percent | None = None


class TickerPayload(BaseModel):
    """One element of `/tickers`, without its figures."""

    model_config = ConfigDict(strict=True)

    id: Identity
    symbol: Identity
    name: Identity
    rank: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    circulating_supply: KnownAmount = None
    total_supply: KnownAmount = None
    max_supply: KnownAmount = None
    first_data_at: Instant | None = None
    last_updated: Instant | None = None
    quotes: dict[str, Any]

    def market(self, quote: QuotePayload, fetched_at: datetime) -> MarketRow:
        """The row as our own record, under CoinPaprika's id.

        A missing or future `last_updated` means `fetched_at`. A change over a span that began
        before the coin's first data is missing, whatever the row says.
        """
        at = min(self.last_updated or fetched_at, fetched_at)
        age = at - self.first_data_at if self.first_data_at else timedelta.max
        volume_is_told = bool(quote.volume_24h or quote.volume_24h_change_24h)
        return MarketRow(
            coin_id=self.id,
            symbol=self.symbol.upper(),
            name=self.name,
            updated_at=at,
            price=quote.price,
            volume_24h=quote.volume_24h,
            volume_change_24h_pct=quote.volume_24h_change_24h if volume_is_told else None,
            market_cap=quote.market_cap,
            market_cap_rank=self.rank or None,
            change_1h_pct=quote.percent_change_1h if age >= timedelta(hours=1) else None,
            change_24h_pct=quote.percent_change_24h if age >= timedelta(days=1) else None,
            change_7d_pct=quote.percent_change_7d if age >= timedelta(days=7) else None,
            change_30d_pct=quote.percent_change_30d if age >= timedelta(days=30) else None,
            circulating_supply=self.circulating_supply,
            total_supply=self.total_supply,
            max_supply=self.max_supply,
            ath=quote.ath_price,
            ath_change_pct=quote.percent_from_price_ath,
            ath_at=quote.ath_date,
        )


@dataclass(frozen=True)
class CoinPaprika:
    """The tickers endpoint through the client handed in; one call brings every coin."""

    client: JsonClient
    quote_currency: str = "usd"
    name: str = NAME

    def fetch_tickers(self) -> MarketBatch:
        """Every coin that CoinPaprika has, under its own ids. Raises SourceError."""
        quote = {"quotes": self.quote_currency.upper()}
        batch: MarketBatch = self.client.get(
            "/tickers", quote, priority=Priority.MARKETS, read=self._batch
        )
        return batch

    def close(self) -> None:
        """Close the session's connections."""
        self.client.session.close()

    def _batch(self, rows: Any) -> MarketBatch:
        if not isinstance(rows, list):
            raise MalformedAnswer(self.name, f"a list was due, {type(rows).__name__} came")
        fetched_at = self.client.clock()
        markets, rejections = read_tickers(rows, self.quote_currency.upper(), fetched_at)
        if not markets:
            raise MalformedAnswer(self.name, N_("no usable row") if rows else N_("an empty list"))
        return MarketBatch(self.name, fetched_at, self.quote_currency, markets, rejections)


def read_tickers(
    rows: Iterable[Any], quote: str, fetched_at: datetime
) -> tuple[tuple[MarketRow, ...], tuple[Rejection, ...]]:
    """The rows of `/tickers` that hold, in their order, and what was wrong with each other one.

    quote: the currency in capitals, as it stands in the rows.
    """
    markets: dict[str, MarketRow] = {}
    rejections: list[Rejection] = []
    for position, row in enumerate(rows):
        within = ""
        try:
            ticker = TickerPayload.model_validate(row)
            within = f"quotes.{quote}"
            figures = QuotePayload.model_validate(ticker.quotes.get(quote))
        except ValidationError as exc:
            rejections.append(rejection(position, row, exc, within))
            continue
        if ticker.id in markets:
            rejections.append(Rejection(position, ticker.id, "id", ticker.id, "came twice"))
        else:
            markets[ticker.id] = ticker.market(figures, fetched_at)
    return tuple(markets.values()), tuple(rejections)


def connect(
    base_url: str,
    *,
    quote_currency: str = "usd",
    session: requests.Session,
    limits: Limits | None = None,
    clock: Clock = utc_now,
) -> CoinPaprika:
    """CoinPaprika behind `base_url`; it wants no key. quote_currency: one of `QUOTES`."""
    client = JsonClient(
        source=NAME,
        base_url=base_url,
        session=session,
        headers={"accept": "application/json"},
        limits=limits or Limits(),
        clock=clock,
    )
    return CoinPaprika(client, quote_currency)
