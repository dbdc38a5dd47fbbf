"""Two years of recorded daily captures, replayed once for all tests that ask for them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from cointracker import bootstrap
from cointracker.config import Settings
from cointracker.services.recordings import Capture, captures
from cointracker.storage.database import Database
from cointracker.storage.refreshes import Refresh


@dataclass(frozen=True)
class Replayed:
    """The captures, what became of each, and the database that they left: only to be read."""

    captures: list[Capture]
    log: list[Refresh]
    database: Database

    @cached_property
    def rows(self) -> list[tuple[datetime, list[dict[str, Any]]]]:
        """The captures that are lists: their instants and their rows."""
        bodies = [(capture.captured_at, json.loads(capture.body)) for capture in self.captures]
        return [(at, body) for at, body in bodies if isinstance(body, list)]


def replayed(recorded: Path, folder: Path) -> Replayed:
    """The captures under `recorded`, replayed into a database in `folder`."""
    found = captures(recorded)
    log = list(bootstrap.replay(Settings(data_dir=folder), found))
    return Replayed(found, log, Database(folder / bootstrap.LIVE_FILE))
