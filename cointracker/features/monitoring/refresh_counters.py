"""How the refreshes of this process went, counted."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from cointracker.features.monitoring.store.refreshes import Refresh

BOUNDS_SECONDS = (0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Up to which durations refreshes are counted together; longer ones are beyond the last."""


@dataclass(frozen=True)
class RefreshCounts:
    """Refreshes by source and outcome; durations of all: how many up to each bound and beyond."""

    outcomes: Mapping[tuple[str, str], int]
    durations: tuple[int, ...]
    seconds: float
    rejected_rows: int


class RefreshCounters:
    """Counts refreshes as they end."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._outcomes: Counter[tuple[str, str]] = Counter()
        self._durations = [0] * (len(BOUNDS_SECONDS) + 1)
        self._seconds = 0.0
        self._rejected = 0

    def count(self, refresh: Refresh) -> None:
        """Count one that has ended."""
        seconds = max(0.0, (refresh.finished_at - refresh.started_at).total_seconds())
        place = sum(bound < seconds for bound in BOUNDS_SECONDS)
        with self._guard:
            self._outcomes[refresh.source, refresh.outcome] += 1
            self._durations[place] += 1
            self._seconds += seconds
            self._rejected += refresh.rejected

    def now(self) -> RefreshCounts:
        """What was counted."""
        with self._guard:
            return RefreshCounts(
                dict(self._outcomes),
                tuple(self._durations),
                self._seconds,
                self._rejected,
            )
