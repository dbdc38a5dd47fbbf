"""The cookie of a session, wherever it is set or read."""

from __future__ import annotations

from datetime import timedelta

NAME = "cointracker_session"
MAX_AGE = timedelta(days=30)
"""A session ends so long after it was opened, at the latest."""
