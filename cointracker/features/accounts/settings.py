"""The settings of accounts."""

from __future__ import annotations

from cointracker.core import parsers
from cointracker.core.settings import Secrecy, Setting

ADMIN_PASSWORD = Setting("admin_password", "", parsers.password, "ADMIN_PASSWORD", Secrecy.PASSWORD)
"""Of the first admin; a random one is made without it."""
