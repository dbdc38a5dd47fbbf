"""What is known of the calls to one source: what outlives the process, and where it stands now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cointracker.core.errors import SourceError
from cointracker.providers.base import Priority
from cointracker.providers.call_policy.budget import Plan


@dataclass(frozen=True)
class CallAccount:
    """What outlives the process: at `kept_at` so much was owed, and so long a wait asked for.

    ages: how many seconds before the account was read the last calls were made.
    """

    owed_seconds: float = 0.0
    blocked_seconds: float = 0.0
    ages: tuple[float, ...] = ()


class CallLog(Protocol):
    """Where calls and the account of one source are kept."""

    def load(self) -> CallAccount:
        """The account as of now."""

    def begin(
        self, called_at: datetime, priority: Priority, path: str, account: CallAccount
    ) -> int:
        """Keep a call that is about to be made, and the account with it; returns its number."""

    def end(self, number: int, seconds: float, error: SourceError | None) -> None:
        """Keep how the call ended."""

    def keep(self, account: CallAccount) -> None:
        """Keep the account."""


@dataclass(frozen=True)
class CallState:
    """Where one source stands now; instants are None where there is nothing to wait for.

    may_ask_at: when the next call for the markets may be made, whatever it waits for.
    """

    source: str
    plan: Plan
    circuit: str
    circuit_since: datetime | None
    next_probe_at: datetime | None
    blocked_until: datetime | None
    left_this_minute: int
    stock: int
    may_ask_at: datetime | None = None
