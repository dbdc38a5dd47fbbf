"""What settings cost in calls to the live market, and how often they can be made."""

from __future__ import annotations

from dataclasses import dataclass

from cointracker.markets.declaration import CallPlan
from cointracker.providers.call_policy.budget import Plan, calls_in, sustainable_interval

MONTH_DAYS = 30
MONTH_SECONDS = MONTH_DAYS * 86_400


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


def forecast(call_plan: CallPlan, asked_interval_seconds: int) -> Forecast:
    """What refreshing costs at the interval asked for, or at the shortest that can be sustained."""
    plan, calls = call_plan.plan, call_plan.refresh_calls
    shortest = sustainable_interval(calls, plan)
    return Forecast(plan, calls, asked_interval_seconds, max(asked_interval_seconds, shortest))
