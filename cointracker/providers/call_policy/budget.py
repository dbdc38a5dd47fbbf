"""How many calls a source may be asked, and for what: rules without I/O and without a clock.

Two bounds hold at once. The minute's is exact: no window of `MINUTE_SECONDS` holds more calls than
the plan allows. The month's is a stock that refills evenly, so there is no first of the month at
which it is full again and no turn of the month that a clock could jump over: stock and refill
together stay within the plan's calls in any 31 days.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from cointracker.core.web.limits import Refill, Window
from cointracker.providers.base import Priority

MINUTE_SECONDS = 65.0
"""Calls sent 60 s apart may arrive closer together: connecting may take up to 5 s."""
MONTH_SECONDS = 31 * 86_400.0
STOCK_SHARE = 0.02
REFILL_SHARE = 0.96
"""Stock and refill leave a fiftieth of the month alone: a restart under a clock that is ahead
fills the stock once too often."""
MARKETS_SHARE = 0.95
"""What refreshes may take of the refill, so that the other calls are not left with nothing."""
KEPT_SHARES = {
    Priority.MARKETS: 0.0,
    Priority.STANDING: 0.25,
    Priority.DETAILS: 0.5,
    Priority.BACKFILL: 0.75,
}
"""The share of the stock that a call of each kind leaves to those before it."""
MINUTE, MONTH = "minute", "month"
MAX_BLOCK_SECONDS = 86_400.0


@dataclass(frozen=True)
class Plan:
    """What a source allows: calls a minute and calls a month."""

    per_minute: int
    per_month: int

    @property
    def stock(self) -> int:
        """How many calls can lie ready at once."""
        return max(2, int(self.per_month * STOCK_SHARE))

    @property
    def refill_per_month(self) -> int:
        """How many calls are added to the stock, evenly, in 31 days."""
        return max(1, int(self.per_month * REFILL_SHARE))


PLANS = {
    "keyless": Plan(per_minute=5, per_month=10_000),
    "demo": Plan(per_minute=25, per_month=10_000),
    "pro": Plan(per_minute=500, per_month=500_000),
    "coinpaprika": Plan(per_minute=10, per_month=20_000),
}
"""Source: docs/sources.md. The month of `keyless` is a courtesy, and so is CoinPaprika's minute:
neither is demanded. Those of `pro` are the smallest Pro plan's; settings may say otherwise."""


def sustainable_interval(calls: int, plan: Plan) -> int:
    """The shortest seconds between refreshes of `calls` calls each that the plan can sustain."""
    by_month = calls * MONTH_SECONDS / (plan.refill_per_month * MARKETS_SHARE)
    by_minute = calls * MINUTE_SECONDS / plan.per_minute
    return math.ceil(max(by_month, by_minute))


def calls_in(seconds: float, calls: int, interval_seconds: float) -> int:
    """How many calls refreshes of `calls` calls each make in `seconds`."""
    return math.ceil(seconds / interval_seconds) * calls


class Wait(NamedTuple):
    """How long until a call can be afforded, and which budget it waits for."""

    seconds: float
    budget: str


NO_WAIT = Wait(0.0, MINUTE)


class Budget:
    """The state of one source's bounds. Instants are seconds of a clock that never jumps.

    refresh_calls: how many calls one refresh of the markets makes; as many of each minute's are
    left to it by the other kinds.
    """

    def __init__(self, plan: Plan, refresh_calls: int = 1) -> None:
        self.plan = plan
        self._refresh_calls = refresh_calls
        self._minute = Window(plan.per_minute, MINUTE_SECONDS)
        self._month = Refill(plan.stock, plan.refill_per_month, MONTH_SECONDS)

    def wait(self, priority: Priority, now: float) -> Wait:
        """How long a call of this kind must wait; `NO_WAIT` when it can be made now."""
        kept = int(self.plan.stock * KEPT_SHARES[priority])
        month = Wait(self._month.wait(now, kept), MONTH)
        minute = Wait(self._minute.wait(now, self._limit_of(priority)), MINUTE)
        return max(month, minute) if month.seconds or minute.seconds else NO_WAIT

    def spend(self, now: float) -> None:
        """Book a call that `wait` allows."""
        self._minute.add(now)
        self._month.take(now)

    def left_this_minute(self, now: float) -> int:
        """How many calls of any kind the minute still allows."""
        return max(0, self.plan.per_minute - self._minute.count(now))

    def stock(self, now: float) -> int:
        """How many calls lie ready of the month's."""
        return self._month.left(now)

    def owed_seconds(self, now: float) -> float:
        """How long until the stock is whole again, if no further call is made."""
        return self._month.owed_seconds(now)

    def take_up(self, owed_seconds: float, ages: Iterable[float], now: float) -> None:
        """Add what an earlier process spent: what the stock owed, and how old its last calls are.

        What this one has spent since it began stays on top.
        """
        self._minute.insert(ages, now)
        self._month.owe(owed_seconds, now)

    def under(self, plan: Plan, refresh_calls: int, now: float) -> Budget:
        """What this budget becomes under another plan: what was spent stays spent."""
        other = Budget(plan, refresh_calls)
        ages = self._minute.ages(now)
        other.take_up(self.owed_seconds(now), ages[-plan.per_minute :], now)
        return other

    def _limit_of(self, priority: Priority) -> int:
        """How many calls a minute may hold for one of this kind to be made."""
        kept = 0 if priority is Priority.MARKETS else self._refresh_calls
        return max(1, self.plan.per_minute - kept)
