"""Databases as the features build them; new ones begin as copies of one that is migrated."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from cointracker.bootstrap.features import FEATURES
from cointracker.core.feature import APP, MARKET
from cointracker.storage.database import Database
from cointracker.storage.migrations import Steps

STEPS, APP_STEPS = FEATURES.migrations(MARKET), FEATURES.migrations(APP)
LIVE_FILE, SIMULATED_FILE = "cointracker.duckdb", "simulated.duckdb"


def market_database(path: Path) -> Database:
    """The market's database at `path`, a new one where there is none."""
    return _opened(path, MARKET)


def app_database(path: Path) -> Database:
    """The database of what belongs to no market at `path`, a new one where there is none."""
    return _opened(path, APP)


def _opened(path: Path, kind: str) -> Database:
    steps = FEATURES.migrations(kind)
    if not path.exists():
        shutil.copyfile(_template(kind), path)
    return Database(path, steps)


@cache
def _template(kind: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="cointracker-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    steps: Steps = FEATURES.migrations(kind)
    Database(folder / "template.duckdb", steps).close()
    return folder / "template.duckdb"
