"""A circuit breaker: a source that fails again and again is left alone for a while.

Ours, for those of the field tell the time by the wall clock or hold a lock through the call; a
clock that is set back would keep their circuits open for as long.
"""

from __future__ import annotations

from dataclasses import dataclass

CLOSED, OPEN, HALF_OPEN = "closed", "open", "half-open"


@dataclass
class Circuit:
    """Closed until `most_failures` in a row, then open, then half-open: one probe decides.

    Instants are seconds of a clock that never jumps. since: when the state was entered; problem:
    the words of the last failure. Not for more than one thread at a time.
    """

    most_failures: int = 5
    open_seconds: float = 120.0
    state: str = CLOSED
    since: float | None = None
    failures: int = 0
    problem: str = ""
    _is_probing: bool = False

    def wait(self, now: float) -> float:
        """How many seconds until a call may be made; 0 when it may be now."""
        if self.state == HALF_OPEN and self._is_probing:
            return self.open_seconds
        return self._rest(now)

    def begin(self, now: float) -> None:
        """A call that `wait` allows begins; out of an open circuit it is the probe."""
        if self.state == OPEN:
            self._enter(HALF_OPEN, now)
        self._is_probing = self.state == HALF_OPEN

    def succeed(self, now: float) -> None:
        """A call that began was answered."""
        self.failures, self.problem, self._is_probing = 0, "", False
        if self.state != CLOSED:
            self._enter(CLOSED, now)

    def fail(self, problem: str, now: float) -> None:
        """A call that began failed."""
        self.failures, self.problem, self._is_probing = self.failures + 1, problem, False
        if self.state == HALF_OPEN or (self.state == CLOSED and self._is_too_much):
            self._enter(OPEN, now)

    def give_up(self) -> None:
        """A call that began ended in a way that tells nothing of the source."""
        self._is_probing = False

    def probe_in(self, now: float) -> float | None:
        """Seconds until the next probe is due; None while the circuit is closed."""
        return None if self.state == CLOSED else self._rest(now)

    @property
    def _is_too_much(self) -> bool:
        return self.failures >= self.most_failures

    def _rest(self, now: float) -> float:
        if self.state != OPEN or self.since is None:
            return 0.0
        return max(0.0, self.since + self.open_seconds - now)

    def _enter(self, state: str, now: float) -> None:
        self.state, self.since = state, now
