"""CoinGecko's REST API, version 3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pandas as pd
import requests

from cointracker.core.clock import Clock, utc_now
from cointracker.core.errors import MalformedAnswer, NotFound
from cointracker.core.i18n import N_
from cointracker.providers.base import CoinDetails, MarketBatch, Priority
from cointracker.providers.coingecko.details import read_details
from cointracker.providers.coingecko.market_chart import read_chart
from cointracker.providers.http import JsonClient, Limits
from cointracker.providers.markets import has_usable, read_markets

NAME = "coingecko"
MAX_PER_PAGE = 250
CHANGES = "1h,24h,7d,30d"
DETAILS = {
    "localization": "false",
    "tickers": "false",
    "market_data": "true",
    "community_data": "true",
    "developer_data": "true",
}
KEY_HEADERS = {"demo": "x-cg-demo-api-key", "pro": "x-cg-pro-api-key"}


def calls_for(count: int) -> int:
    """How many calls it takes to fetch the `count` largest coins."""
    return -(-count // MAX_PER_PAGE)


@dataclass(frozen=True)
class CoinGecko:
    """CoinGecko through the client handed in; markets cost one call a page of 250 coins."""

    client: JsonClient
    quote_currency: str = "usd"
    name: str = NAME

    def fetch_markets(self, count: int) -> MarketBatch:
        """The `count` largest coins by cap. Raises SourceError when there is no valid row."""
        rows: list[Any] = []
        per_page = min(count, MAX_PER_PAGE)
        for page in range(1, calls_for(count) + 1):
            answer = self._page(page, per_page)
            rows += answer
            if len(answer) < per_page:
                break
        fetched_at = self.client.clock()
        markets, rejections = read_markets(rows[:count], fetched_at)
        if not markets:
            raise MalformedAnswer(self.name, self._nothing_usable(rows, rejections))
        return MarketBatch(self.name, fetched_at, self.quote_currency, markets, rejections)

    def fetch_details(self, coin_id: str) -> CoinDetails:
        """What CoinGecko tells of a coin; one call. Raises SourceError, NotFound among them."""

        def read(answer: Any) -> CoinDetails:
            try:
                details = read_details(answer, self.name, self.client.clock())
            except ValueError as exc:
                raise MalformedAnswer(self.name, N_("not the details of a coin")) from exc
            if details.coin_id != coin_id:
                raise MalformedAnswer(self.name, N_("the details of another coin"))
            return details

        path = self._path(coin_id)
        answer: CoinDetails = self.client.get(path, DETAILS, priority=Priority.DETAILS, read=read)
        return answer

    def fetch_chart(self, coin_id: str, days: int) -> pd.DataFrame:
        """A coin's past `days`; one call. Raises SourceError, NotFound among them.

        Columns as in `HistorySource.fetch_history`, without changes: 5-minute points of 1 day,
        hourly ones up to 90 days, daily ones beyond, and the price of now at the end.
        """

        def read(answer: Any) -> pd.DataFrame:
            try:
                frame = read_chart(answer, coin_id, self.client.clock(), days)
            except ValueError as exc:
                raise MalformedAnswer(self.name, N_("not the history of a coin")) from exc
            if frame.empty and answer["prices"]:
                raise MalformedAnswer(self.name, f"no usable point of {len(answer['prices'])}")
            return frame

        params: dict[str, str | int] = {"vs_currency": self.quote_currency, "days": days}
        path = self._path(coin_id) + "/market_chart"
        chart: pd.DataFrame = self.client.get(path, params, priority=Priority.BACKFILL, read=read)
        return chart

    def ping(self) -> None:
        """Return when CoinGecko answers. Raises SourceError when it does not."""
        self.client.get("/ping")

    def close(self) -> None:
        """Close the session's connections."""
        self.client.session.close()

    def _page(self, page: int, per_page: int) -> list[Any]:
        rows: list[Any] = self.client.get(
            "/coins/markets",
            {
                "vs_currency": self.quote_currency,
                "order": "market_cap_desc",
                "per_page": per_page,
                "page": page,
                "sparkline": "true",
                "price_change_percentage": CHANGES,
            },
            read=self._first_rows if page == 1 else self._rows,
        )
        return rows

    def _rows(self, answer: Any) -> list[Any]:
        if not isinstance(answer, list):
            raise MalformedAnswer(self.name, f"a list was due, {type(answer).__name__} came")
        return answer

    def _first_rows(self, answer: Any) -> list[Any]:
        """The rows of the first page, of which some must be usable."""
        rows = self._rows(answer)
        if not has_usable(rows):
            _markets, rejections = read_markets(rows, self.client.clock())
            raise MalformedAnswer(self.name, self._nothing_usable(rows, rejections))
        return rows

    def _path(self, coin_id: str) -> str:
        """The path of a coin; its id may hold spaces, brackets and what else."""
        if coin_id in ("", ".", ".."):
            raise NotFound(self.name, N_("no such coin"))
        return "/coins/" + quote(coin_id, safe="")

    @staticmethod
    def _nothing_usable(rows: list[Any], rejections: tuple[Any, ...]) -> str:
        if not rows:
            return N_("an empty list")
        first = rejections[0]
        return f"no usable row of {len(rows)}; the first: {first.field}: {first.reason}"


def connect(
    base_url: str,
    *,
    key: str = "",
    plan: str = "keyless",
    quote_currency: str = "usd",
    session: requests.Session,
    limits: Limits | None = None,
    clock: Clock = utc_now,
) -> CoinGecko:
    """CoinGecko behind `base_url`; the key, if any, goes into the header of its plan."""
    headers = {KEY_HEADERS[plan]: key} if key and plan in KEY_HEADERS else {}
    client = JsonClient(
        source=NAME,
        base_url=base_url,
        session=session,
        headers={"accept": "application/json", **headers},
        limits=limits or Limits(),
        clock=clock,
    )
    return CoinGecko(client, quote_currency)
