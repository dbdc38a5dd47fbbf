"""Two years of recorded daily captures, replayed once for all tests that ask for them."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from cointracker.bootstrap import commands
from cointracker.core.settings import Settings
from cointracker.features.monitoring.recordings import Capture, captures
from cointracker.features.monitoring.store.refreshes import Refresh
from cointracker.storage.database import Database
from tests.databases import LIVE_FILE, market_database
from tests.once import built_once

LOG = "log.json"


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


def replayed_once(recorded: Path, shared: Path, folder: Path) -> Replayed:
    """The captures under `recorded`, replayed by the first of a run's processes that asks.

    shared: where that one leaves what came of them. folder: where this one has its own copy, for a
    database is open in one process at a time.
    """
    built_once(shared, partial(_replay, recorded))
    shutil.copyfile(shared / LIVE_FILE, folder / LIVE_FILE)
    log = [_refresh(row) for row in json.loads((shared / LOG).read_text("utf-8"))]
    return Replayed(captures(recorded), log, market_database(folder / LIVE_FILE))


def _replay(recorded: Path, folder: Path) -> None:
    settings = Settings(data_dir=folder)
    log = [asdict(refresh) for refresh in commands.replay(settings, captures(recorded))]
    (folder / LOG).write_text(json.dumps(log, default=datetime.isoformat), "utf-8")


def _refresh(row: dict[str, Any]) -> Refresh:
    instants = {name: datetime.fromisoformat(row[name]) for name in ("started_at", "finished_at")}
    return Refresh(**(row | instants))
