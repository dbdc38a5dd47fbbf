"""A database that does not open is set aside, whole."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cointracker.core.errors import DatabaseDamaged
from cointracker.storage import copying
from cointracker.storage.copying import STAMP
from cointracker.storage.database import Database
from cointracker.storage.migrations import Steps
from cointracker.storage.opening import log_of, os_failure

log = logging.getLogger(__name__)

ASIDE = re.compile(r"(?P<name>.+\.duckdb)\.(?P<log>log-)?damaged-(?P<at>\d{8}T\d{6}Z)")
GOOD_UP_TO = re.compile(r"entry at byte position (\d+)")


@dataclass(frozen=True)
class Damage:
    """A damaged database that was set aside.

    path: where it lies, its write-ahead log beside it if it had one. only_log: the database goes
    on, without what its log could not give; otherwise it began anew.
    """

    name: str
    path: Path
    at: datetime
    only_log: bool


def set_aside_if_damaged(path: Path, now: datetime, steps: Steps) -> None:
    """Where the database at `path` is damaged, leave there what can be had of it, or nothing.

    steps: what builds its schema.

    The damaged file and its log are renamed, never changed. Raises StorageError, then all is as it
    was: when the file is in use, the disk full, or the file cannot be reached.
    """
    if not path.exists():
        return
    try:
        Database(path, steps).close()
    except DatabaseDamaged as exc:
        log.error("%s", exc)
        _set_aside(path, now, str(exc), steps)


def damages(folder: Path) -> tuple[Damage, ...]:
    """The damaged databases that lie in a folder, newest first."""
    damaged = [_damage(path) for path in folder.glob("*.duckdb.*damaged-*")]
    return tuple(
        sorted(filter(None, damaged), key=lambda damage: (damage.at, damage.name), reverse=True)
    )


def _damage(path: Path) -> Damage | None:
    match = ASIDE.fullmatch(path.name)
    if match is None:
        return None
    at = datetime.strptime(match["at"], STAMP).replace(tzinfo=UTC)
    return Damage(match["name"], path, at, match["log"] is not None)


def _set_aside(path: Path, now: datetime, problem: str, steps: Steps) -> None:
    """Rename the file and its log; put what could be had of them in their place."""
    salvaged = path.with_suffix(".salvage")
    try:
        is_salvaged = log_of(path).exists() and _salvage(path, salvaged, problem, steps)
        kind = "log-damaged" if is_salvaged else "damaged"
        aside = path.with_name(f"{path.name}.{kind}-{copying.stamp(now)}")
        if log_of(path).exists():
            log_of(path).rename(log_of(aside))
        path.rename(aside)
        if is_salvaged:
            salvaged.rename(path)
    except OSError as exc:
        raise os_failure(path, exc) from exc
    finally:
        _forget(salvaged)
    log.error("%s is set aside as %s", path, aside)


def _salvage(path: Path, salvaged: Path, problem: str, steps: Steps) -> bool:
    """Open a copy of the file with as much of its log as is good; whether that worked."""
    for logged in _logs(log_of(path).read_bytes(), problem):
        _forget(salvaged)
        copying.copy_file(path, salvaged)
        if logged:
            log_of(salvaged).write_bytes(logged)
        try:
            Database(salvaged, steps).close()
        except DatabaseDamaged as exc:
            log.error("%s", exc)
        else:
            return True
    return False


def _logs(content: bytes, problem: str) -> Iterator[bytes]:
    """What to try: the log up to where DuckDB says that it is damaged, then none."""
    damaged_at = GOOD_UP_TO.search(problem)
    if damaged_at:
        yield content[: int(damaged_at[1])]
    yield b""


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)
    log_of(path).unlink(missing_ok=True)
