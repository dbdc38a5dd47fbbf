"""CoinGecko and CoinPaprika played for a simulated day: what they send, and what was asked.

Every figure is a function of source, coin and instant, so that one row tells where it comes from.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes import FakeClock, row, ticker
from tests.faults import FaultServer, Reply, Request, json_reply

COINS = 12
TWINS = (10, 11)  # bear one symbol
MISSING, ODD, STALE, PUNCTUAL = 9, 8, 5, 2
"""Not at CoinPaprika; at another price there; updated each 15 minutes; at the same instant."""
GECKO, PAPRIKA = "coingecko", "coinpaprika"
HOUR = timedelta(hours=1)
SPARKLINE_HOURS = 6

Key = tuple[str, datetime]
Figures = tuple[float, ...]
Answer = Callable[["World", Request, Reply], Reply]
"""The reply to a request, given the good one."""


@dataclass(frozen=True)
class Call:
    """A request as the server saw it; trips: whether its answer was such as may pass."""

    source: str
    at: datetime
    path: str
    is_good: bool
    trips: bool = False
    asks_to_wait: float = 0.0


@dataclass(frozen=True)
class Sent:
    """A good row: whose, of which coin, and its figures."""

    source: str
    coin_id: str
    at: datetime
    figures: Figures


@dataclass
class World:
    """Two servers and what they play now.

    main, second: how their good replies are spoilt, None where they are not. gone, worthless,
    renamed, renamed_there: numbers of coins that CoinGecko leaves out, tells a price of 0 of, and
    that have another id there and at CoinPaprika. sent: good rows of CoinGecko's whole answers in
    their order; the day adds CoinPaprika's `offered` ones, by name, where they stand in. points:
    sparklines and charts that were sent. last_gone: whom the last whole answer had no row of.
    """

    clock: FakeClock
    main: Answer | None = None
    second: Answer | None = None
    gone: frozenset[int] = frozenset()
    worthless: frozenset[int] = frozenset()
    renamed: frozenset[int] = frozenset()
    renamed_there: frozenset[int] = frozenset()
    calls: list[Call] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    offered: dict[str, Sent] = field(default_factory=dict)
    points: set[tuple[str, datetime, float]] = field(default_factory=set)
    told_at: dict[int, datetime] = field(default_factory=dict)
    last_gone: frozenset[int] = frozenset()
    released: threading.Event = field(default_factory=threading.Event)

    def attend(self, gecko: FaultServer, paprika: FaultServer | None = None) -> None:
        """Answer in their places from now on."""
        gecko.answer = lambda request: self._answered(GECKO, self.main, request)
        if paprika is not None:
            paprika.answer = lambda request: self._answered(PAPRIKA, self.second, request)

    def asked(self, source: str) -> list[Call]:
        return [call for call in self.calls if call.source == source]

    def coin_id(self, number: int) -> str:
        return f"coin-{number}" + ("-new" if number in self.renamed else "")

    def listed(self) -> list[int]:
        return [number for number in range(COINS) if number not in self.gone]

    def _answered(self, source: str, spoil: Answer | None, request: Request) -> Reply:
        good = self._paprika() if source == PAPRIKA else self._gecko(request.path)
        reply = spoil(self, request, good) if spoil else good
        is_good = reply is good
        if is_good:
            self._note(source, request.path)
        wait = float(reply.headers.get("Retry-After", 0) or 0)
        if reset := reply.headers.get("x-ratelimit-reset"):
            at = datetime.strptime(reset, "%Y-%m-%d %H:%M:%S %z")
            wait = (at - self.clock()).total_seconds()
        is_whole = reply.until is None and not reply.missing and not reply.drip_seconds
        trips = not is_good and not (is_whole and reply.body[:1] in (b"[", b"{"))
        self.calls.append(Call(source, self.clock(), request.path, is_good, trips, wait))
        return reply

    def _gecko(self, path: str) -> Reply:
        if path == "/coins/markets":
            return json_reply([self._market(number) for number in self.listed()])
        coin_id = path.split("/")[2]
        if path.endswith("/market_chart"):
            return json_reply({"prices": self._chart(coin_id)})
        return json_reply({"id": coin_id, "watchlist_portfolio_users": 1000})

    def _market(self, number: int) -> dict[str, Any]:
        at = self.instant(GECKO, number)
        names = (
            "current_price",
            "total_volume",
            "market_cap",
            *(f"price_change_percentage_{span}_in_currency" for span in ("1h", "24h", "7d", "30d")),
        )
        fields = dict(zip(names, figures(GECKO, number, at), strict=True))
        price = 0 if number in self.worthless else fields.pop("current_price")
        fields.pop("current_price", None)
        line = {"price": [value for _at, value in sparkline(number, at)]}
        return row(
            self.coin_id(number),
            price,
            symbol=symbol(number),
            name=name(number),
            last_updated=at.isoformat(),
            sparkline_in_7d=line,
            **fields,
        )

    def _paprika(self) -> Reply:
        return json_reply([self._ticker(number) for number in range(COINS) if number != MISSING])

    def _ticker(self, number: int) -> dict[str, Any]:
        at = self.instant(PAPRIKA, number)
        price, volume, cap, *changes = figures(PAPRIKA, number, at)
        spans = [f"percent_change_{span}" for span in ("1h", "24h", "7d", "30d")]
        return ticker(
            self._their_id(number),
            price,
            volume_24h=volume,
            market_cap=cap,
            symbol=symbol(number),
            name=name(number),
            first_data_at="2015-01-01T00:00:00Z",
            last_updated=at.isoformat(),
            **dict(zip(spans, changes, strict=True)),
        )

    def _their_id(self, number: int) -> str:
        return f"c{number}-coin" + ("-two" if number in self.renamed_there else "")

    def _chart(self, coin_id: str) -> list[list[float]]:
        """Hours long before the day, at 17 past; each is noted."""
        number = int(coin_id.split("-")[1])
        until = self.clock().replace(minute=17, second=0, microsecond=0) - timedelta(days=1)
        hours = [until - back * HOUR for back in range(5, 0, -1)]
        values = [figures("chart", number, at)[0] for at in hours]
        self.points |= {(coin_id, at, value) for at, value in zip(hours, values, strict=True)}
        return [[at.timestamp() * 1000, value] for at, value in zip(hours, values, strict=True)]

    def instant(self, source: str, number: int) -> datetime:
        """When a source last updated a coin; CoinPaprika one coin at CoinGecko's very instant."""
        if source == PAPRIKA:
            own = self.clock() - timedelta(seconds=30, milliseconds=number)
            return self.told_at.get(number, own) if number == PUNCTUAL else own
        at = self.clock() - timedelta(seconds=13 + 7 * number, milliseconds=250)
        return at.replace(minute=at.minute // 15 * 15, second=0) if number == STALE else at

    def _note(self, source: str, path: str) -> None:
        if source == PAPRIKA:
            self.offered = {}
            for number in range(COINS):
                at = self.instant(PAPRIKA, number)
                told = figures(PAPRIKA, number, at)
                self.offered[name(number)] = Sent(PAPRIKA, self.coin_id(number), at, told)
        elif path == "/coins/markets":
            self.last_gone = self.gone | self.worthless
            for number in self.listed():
                at = self.told_at[number] = self.instant(GECKO, number)
                if number not in self.worthless:
                    told = figures(GECKO, number, at)
                    self.sent.append(Sent(GECKO, self.coin_id(number), at, told))
                    self.points |= {
                        (self.coin_id(number), at - (SPARKLINE_HOURS - 1 - place) * HOUR, value)
                        for place, (_at, value) in enumerate(sparkline(number, at))
                    }


def symbol(number: int) -> str:
    return "TWIN" if number in TWINS else f"C{number}"


def name(number: int) -> str:
    return f"Coin Number {number}"


def figures(source: str, number: int, at: datetime) -> Figures:
    """Price, volume, cap and the changes over 1 h, 24 h, 7 d and 30 d."""
    hours = at.timestamp() / 3600
    share = {GECKO: 1.0, PAPRIKA: 1.002, "chart": 1.001}[source]
    price = 10.0 * (number + 1) * share * (1 + 0.01 * math.sin(hours + number))
    if source == PAPRIKA and number == ODD:
        price *= 1.2
    volume, cap = 1e6 * share**100 * (2 + math.sin(hours)), price * 1e9 / (number + 1)
    changes = [share * step * math.cos(hours + number + step) for step in (1, 2, 3, 4)]
    return price, volume, cap, *changes


def sparkline(number: int, at: datetime) -> list[tuple[datetime, float]]:
    """Hourly prices up to an instant, oldest first."""
    hours = [at - back * HOUR for back in reversed(range(SPARKLINE_HOURS))]
    return [(hour, figures(GECKO, number, hour)[0]) for hour in hours]


# How answers are spoilt


def instead(reply: Reply) -> Answer:
    """The same bad reply to everything."""
    return lambda _world, _request, _good: reply


def please_wait(seconds: int) -> Answer:
    return instead(Reply(b"", 429, {"Retry-After": str(seconds)}))


def wait_until_in_words(seconds: int) -> Answer:
    def answer(world: World, _request: Request, _good: Reply) -> Reply:
        at = world.clock() + timedelta(seconds=seconds)
        told = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S +0000")
        return Reply(b"", 429, {"x-ratelimit-reset": told})

    return answer


def every_other(spoil: Answer) -> Answer:
    """Bad and good in turn to those who ask for markets, a bad one first."""
    turns: Iterator[bool] = iter(turn % 2 == 0 for turn in range(10**6))

    def answer(world: World, request: Request, good: Reply) -> Reply:
        is_bad = request.path == "/coins/markets" and next(turns)
        return spoil(world, request, good) if is_bad else good

    return answer


def cut_off(_world: World, _request: Request, good: Reply) -> Reply:
    half = good.body[: len(good.body) // 2]
    return Reply(half, missing=len(good.body) - len(half))


def silence(world: World, _request: Request, good: Reply) -> Reply:
    return Reply(good.body, until=world.released)


def dripping(_world: World, _request: Request, good: Reply) -> Reply:
    return Reply(good.body, drip_seconds=0.02)


def empty(_world: World, _request: Request, _good: Reply) -> Reply:
    return json_reply([])


def worthless_all(_world: World, _request: Request, good: Reply) -> Reply:
    """Prices as text, in every row."""
    rows: Any = json.loads(good.body)
    if not isinstance(rows, list):
        return json_reply([])
    return json_reply([dict(each, current_price="1.5") for each in rows])
