"""What stands around each call to a source: budget, waits that it asked for, retries, circuit."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import tenacity

from cointracker.core.clock import Clock, utc_now
from cointracker.core.errors import (
    BudgetSpent,
    CircuitOpen,
    MalformedAnswer,
    RateLimited,
    SourceError,
    SourceUnavailable,
    SourceUnreachable,
    StorageError,
)
from cointracker.core.i18n import N_
from cointracker.providers import deadlines
from cointracker.providers.base import Priority
from cointracker.providers.call_policy.budget import MAX_BLOCK_SECONDS, MINUTE, Budget, Plan
from cointracker.providers.call_policy.call_log import CallAccount, CallLog, CallState
from cointracker.providers.call_policy.circuit import Circuit
from cointracker.providers.http import TOO_LONG

log = logging.getLogger(__name__)

Answer = Callable[[], Any]
SPENT = {
    "minute": N_("this minute's calls are used up"),
    "month": N_("the calls available so far this month are used up"),
}
BLOCKED = N_("it asked us to wait, and the wait has not elapsed")
STOPPING = N_("the server is shutting down")
EPSILON = 0.001
WAITED_FOR = (Priority.MARKETS, Priority.STANDING)


@dataclass(frozen=True)
class Patience:
    """How often and how long one answer is tried for.

    attempts: calls at most. No attempt begins later than total_seconds after the first: with the
    bound on one call that is how long a caller can be kept.
    """

    attempts: int = 3
    first_wait_seconds: float = 1.0
    total_seconds: float = 80.0


ONCE = Patience(attempts=1, total_seconds=0.0)


@dataclass
class _Call:
    """A call that was made and is not in a ledger yet."""

    called_at: datetime
    priority: Priority
    path: str
    seconds: float = 0.0
    error: SourceError | None = None
    number: int | None = None
    call_log: CallLog | None = None


class CallPolicy:
    """Decides for one source whether a call may be made, and repeats those worth repeating.

    Safe to use from many threads. A ledger may be attached later, as the database is opened; the
    calls made before are then handed to it. Do not call inside a transaction of that database.
    """

    def __init__(
        self,
        source: str,
        plan: Plan,
        *,
        refresh_calls: int = 1,
        clock: Clock = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self.source = source
        self.refresh_calls = refresh_calls
        self._budget = Budget(plan, refresh_calls)
        self._circuit = Circuit()
        self._clock = clock
        self._monotonic = monotonic
        self._stopping = threading.Event()
        self._sleep_for = sleep or self._stopping.wait
        self._lock = threading.RLock()
        self._call_log: CallLog | None = None
        self._was_attached = False
        self._unbooked: list[_Call] = []
        self._blocked_until = 0.0

    def attach(self, call_log: CallLog) -> None:
        """Keep calls in `call_log` from now on, and take up what is kept there."""
        with self._lock:
            if not self._was_attached:
                account = call_log.load()
                now = self._monotonic()
                self._budget.take_up(account.owed_seconds, account.ages, now)
                self._blocked_until = max(self._blocked_until, now + account.blocked_seconds)
            else:
                call_log.keep(self._account())
            self._call_log, self._was_attached = call_log, True
            for call in self._unbooked:
                number = call_log.begin(call.called_at, call.priority, call.path, self._account())
                call_log.end(number, call.seconds, call.error)
            self._unbooked = []

    def detach(self) -> None:
        """Keep calls in memory again, as the database is closed."""
        with self._lock:
            self._call_log = None

    def hold_to(
        self, plan: Plan, refresh_calls: int, *, is_other_account: bool
    ) -> Callable[[], None]:
        """Hold calls to another plan from now on; what was spent stays spent.

        is_other_account: whether the waits asked for and the failures so far were another's.
        Returns what brings the plan back, and those waits.
        """
        with self._lock:
            before = self._budget.plan, self.refresh_calls, self._circuit, self._blocked_until
            self._take_plan(plan, refresh_calls)
            if is_other_account:
                self._circuit, self._blocked_until = Circuit(), 0.0

        def undo() -> None:
            with self._lock:
                plan, refresh_calls, self._circuit, self._blocked_until = before
                self._take_plan(plan, refresh_calls)

        return undo

    def stop(self) -> None:
        """End all waits; what waits fails. Calls under way are left to end."""
        self._stopping.set()

    def state(self) -> CallState:
        """Where the source stands now."""
        with self._lock:
            now, circuit = self._monotonic(), self._circuit
            blocked = self._blocked_until - now
            return CallState(
                source=self.source,
                plan=self._budget.plan,
                circuit=circuit.state,
                circuit_since=None if circuit.since is None else self._at(circuit.since - now),
                next_probe_at=_maybe(self._at, circuit.probe_in(now)),
                blocked_until=self._at(blocked) if blocked > 0 else None,
                left_this_minute=self._budget.left_this_minute(now),
                stock=self._budget.stock(now),
                may_ask_at=self._may_ask_at(now),
            )

    def may_ask_at(self) -> datetime | None:
        """When the next call for the markets may be made; None when it may be now."""
        with self._lock:
            return self._may_ask_at(self._monotonic())

    def call(self, answer: Answer, path: str, priority: Priority, patience: Patience) -> Any:
        """What `answer` returns, tried as often as patience and budget allow. Raises its error."""
        if deadlines.left() <= 0:
            raise SourceUnreachable(self.source, TOO_LONG)
        deadline = self._monotonic() + min(patience.total_seconds, deadlines.left())
        attempts = patience.attempts if priority in WAITED_FOR else 1
        backoff = tenacity.wait_exponential(
            patience.first_wait_seconds, max=20
        ) + tenacity.wait_random(0, 1)

        def wait(state: tenacity.RetryCallState) -> float:
            asked = getattr(_error(state), "retry_after_seconds", None)
            return float(backoff(state) if asked is None else asked)

        def is_enough(state: tenacity.RetryCallState) -> bool:
            ends = self._monotonic() + state.upcoming_sleep > deadline
            return ends or state.attempt_number >= attempts or self._is_left_alone()

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(is_transient),
            stop=is_enough,
            wait=wait,
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(self._attempt, answer, path, priority, deadline)

    def _attempt(self, answer: Answer, path: str, priority: Priority, deadline: float) -> Any:
        call = self._begun(path, priority, deadline)
        began = self._monotonic()
        error: SourceError | None = None
        is_told = False
        try:
            result = answer()
            is_told = True
        except SourceError as exc:
            error, is_told = exc, True
            raise
        finally:
            call.seconds, call.error = self._monotonic() - began, error
            self._ended(call, is_told)
        return result

    def _begun(self, path: str, priority: Priority, deadline: float) -> _Call:
        """The call, paid for. Waits for the minute if the markets need it and patience allows."""
        while True:
            with self._lock:
                now = self._monotonic()
                wait = self._wait(priority, now)
                if not wait:
                    return self._paid(path, priority, now)
            if priority is not Priority.MARKETS or now + wait > deadline:
                raise BudgetSpent(self.source, SPENT[MINUTE], MINUTE, self._at(wait))
            self._sleep(wait)

    def _wait(self, priority: Priority, now: float) -> float:
        """Seconds until the minute has a call to spare. Raises what no short wait would mend."""
        if (blocked := self._blocked_until - now) > EPSILON:
            raise RateLimited(self.source, BLOCKED, blocked)
        if (rest := self._circuit.wait(now)) > 0:
            raise CircuitOpen(self.source, self._circuit.problem, self._at(rest))
        seconds, budget = self._budget.wait(priority, now)
        if seconds and budget != MINUTE:
            raise BudgetSpent(self.source, SPENT[budget], budget, self._at(seconds))
        return seconds

    def _paid(self, path: str, priority: Priority, now: float) -> _Call:
        call = _Call(self._clock(), priority, path)
        self._circuit.begin(now)
        self._budget.spend(now)
        if self._call_log is not None:
            try:
                call.number = self._call_log.begin(call.called_at, priority, path, self._account())
                call.call_log = self._call_log
            except StorageError:
                self._circuit.give_up()
                raise
        return call

    def _ended(self, call: _Call, is_told: bool) -> None:
        with self._lock:
            now = self._monotonic()
            if not is_told:
                self._circuit.give_up()
            elif call.error is not None and is_transient(call.error):
                self._circuit.fail(call.error.problem, now)
            else:
                self._circuit.succeed(now)
            asked = getattr(call.error, "retry_after_seconds", None) or 0.0
            blocked_until = now + min(asked, MAX_BLOCK_SECONDS)
            is_blocked = blocked_until > max(now, self._blocked_until)
            self._blocked_until = max(self._blocked_until, blocked_until)
            self._keep_end(call, is_blocked)

    def _keep_end(self, call: _Call, is_blocked: bool) -> None:
        if call.call_log is None or call.number is None:
            self._unbooked.append(call)
            return
        try:
            call.call_log.end(call.number, call.seconds, call.error)
            if is_blocked:
                (self._call_log or call.call_log).keep(self._account())
        except StorageError as exc:
            log.warning("the end of a call could not be kept: %s", exc)

    def _may_ask_at(self, now: float) -> datetime | None:
        budget = self._budget.wait(Priority.MARKETS, now).seconds
        wait = max(self._blocked_until - now, self._circuit.wait(now), budget)
        return self._at(wait) if wait > EPSILON else None

    def _account(self) -> CallAccount:
        now = self._monotonic()
        return CallAccount(self._budget.owed_seconds(now), max(0.0, self._blocked_until - now))

    def _take_plan(self, plan: Plan, refresh_calls: int) -> None:
        self._budget = self._budget.under(plan, refresh_calls, self._monotonic())
        self.refresh_calls = refresh_calls

    def _is_left_alone(self) -> bool:
        with self._lock:
            return self._circuit.wait(self._monotonic()) > 0

    def _sleep(self, seconds: float) -> None:
        self._sleep_for(seconds)
        if self._stopping.is_set():
            raise SourceUnreachable(self.source, STOPPING)

    def _at(self, seconds: float) -> datetime:
        """The instant so many seconds from now, by the wall clock as it goes now."""
        with suppress(OverflowError):
            return self._clock() + timedelta(seconds=seconds)
        return datetime.max.replace(tzinfo=self._clock().tzinfo)


def is_transient(error: BaseException) -> bool:
    """Whether the same call may well be answered if it is made again a little later."""
    if isinstance(error, MalformedAnswer):
        return error.is_broken
    return isinstance(error, SourceUnreachable | SourceUnavailable | RateLimited)


def _error(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _maybe(instant: Callable[[float], datetime], seconds: float | None) -> datetime | None:
    return None if seconds is None else instant(seconds)
