"""What the schedule has done, by whatever serves at the time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from cointracker.errors import CoinTrackerError
from cointracker.jobs.scheduler import DAY_SECONDS, HOUR_SECONDS, Schedule
from cointracker.services import services
from cointracker.services.access import SYSTEM

log = logging.getLogger(__name__)

GATHER_SECONDS, GATHER_FIRST_AFTER, GATHER_COINS = 600, timedelta(minutes=1), 10


def plan(schedule: Schedule, now: datetime) -> None:
    """Plan everything beside the refreshes; call it before the schedule starts."""
    schedule.also("standing", update_standing, HOUR_SECONDS, first_at=now)
    schedule.also("second source", recheck_second, HOUR_SECONDS, first_at=now)
    schedule.also("gather", gather, GATHER_SECONDS, first_at=now + GATHER_FIRST_AFTER)
    schedule.also("compaction", compact, DAY_SECONDS, first_at=services().retention.next_at())


def refresh(trigger: str = "schedule") -> None:
    """A refresh; coins new to it get their standing from what is known already."""
    services().monitoring.refresh(trigger, by=SYSTEM)
    social = services().standing
    if social is not None:
        _log_trouble(social.settle)


def update_standing() -> None:
    """Ask for standing where an hour has passed."""
    social = services().standing
    if social is not None:
        _log_trouble(social.update)


def recheck_second() -> None:
    """Compare the second source's coins with ours where that is due."""
    second = services().second
    if second is not None:
        _log_trouble(second.recheck)


def gather() -> None:
    """Ask about a few coins whose details or past are lacking."""
    services().coin_data.gather(GATHER_COINS)


def compact() -> None:
    """Thin the history that is old enough."""
    _log_trouble(services().retention.compact)


def _log_trouble(job: Callable[[], object]) -> None:
    try:
        job()
    except CoinTrackerError as exc:
        log.error("a job failed: %s", exc)
