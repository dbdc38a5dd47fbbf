"""Why the market's provider gave nothing the last time, in words."""

from __future__ import annotations

from cointracker.features.monitoring.service import Status
from cointracker.ui import error_messages
from cointracker.ui.i18n import t, when


def of_last(status: Status) -> str:
    """Why the main source gave nothing the last time, and before when it is not asked again.

    As Markdown; empty when it did give something.
    """
    last = status.last
    if last is None or (last.error is None and not status.is_failing):
        return ""
    what = error_messages.told(status.source, last.error, last.reason)
    if last.error not in error_messages.WAITS or status.may_ask_at is None:
        return what
    until = t("Next request not before {instant}.", instant=when(status.may_ask_at))
    return f"{what} {until}"
