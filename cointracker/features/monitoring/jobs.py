"""What the schedule has done about refreshes."""

from __future__ import annotations

from cointracker.core.rights import SYSTEM
from cointracker.core.services import Services
from cointracker.features.monitoring.service import MonitoringService


def refresh(services: Services, trigger: str = "schedule") -> None:
    """A refresh of what serves."""
    services[MonitoringService].refresh(trigger, by=SYSTEM)
