"""What settings cost in calls to CoinGecko, and how often they can be refreshed for that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cointracker.config import Settings
from cointracker.sources.budget import PLANS, Plan, calls_in, sustainable_interval

MONTH_DAYS = 30
MONTH_SECONDS = MONTH_DAYS * 86_400

CallsFor = Callable[[int], int]
"""How many calls it takes to fetch so many coins."""


@dataclass(frozen=True)
class Forecast:
    """What settings cost. Calls a month are those in 30 days: as asked, and as will be made.

    interval_seconds is longer than asked_interval_seconds where the plan does not sustain that.
    """

    plan: Plan
    calls_per_refresh: int
    asked_interval_seconds: int
    interval_seconds: int

    @property
    def is_stretched(self) -> bool:
        """Whether refreshes will be further apart than asked."""
        return self.interval_seconds > self.asked_interval_seconds

    @property
    def asked_calls_a_month(self) -> int:
        """The calls that refreshing as often as asked would take."""
        return calls_in(MONTH_SECONDS, self.calls_per_refresh, self.asked_interval_seconds)

    @property
    def calls_a_month(self) -> int:
        """The calls that the refreshes will take."""
        return calls_in(MONTH_SECONDS, self.calls_per_refresh, self.interval_seconds)


def plan_of(settings: Settings) -> Plan:
    """The calls that CoinGecko allows: the plan's, or what the settings say instead."""
    plan = PLANS[settings.coingecko_plan]
    return Plan(
        per_minute=settings.coingecko_calls_per_minute or plan.per_minute,
        per_month=settings.coingecko_calls_per_month or plan.per_month,
    )


def forecast(settings: Settings, calls_for: CallsFor) -> Forecast:
    """What refreshing the live market costs under these settings."""
    plan, calls = plan_of(settings), calls_for(settings.top_coins)
    asked = settings.update_interval_seconds
    return Forecast(plan, calls, asked, max(asked, sustainable_interval(calls, plan)))
