"""What the process may hold in memory."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from cointracker.bootstrap.memory import return_memory_early
from cointracker.storage.database import Database

STATUS = Path("/proc/self/statm")
FRAMES, MAX_MEGABYTES = 20, 200.0


def test_the_database_s_memory_is_bounded(database: Database) -> None:
    with database.reading() as session:
        limit = session.value("SELECT current_setting('memory_limit')")
    assert limit == "953.6 MiB"  # 1 GB, in the words of DuckDB


@pytest.mark.skipif(not STATUS.exists(), reason="the system does not tell what a process reserved")
def test_a_frame_of_one_row_reserves_no_room_for_a_million(database: Database) -> None:
    with database.reading() as session:
        session.frame("SELECT 'a' AS name, 1.0 AS price, 2.0 AS volume")
        before = _reserved_megabytes()
        held = [
            session.frame("SELECT 'a' AS name, 1.0 AS price, 2.0 AS volume") for _ in range(FRAMES)
        ]
    assert _reserved_megabytes() - before < MAX_MEGABYTES  # 851 MB with room for a million rows
    assert sum(len(frame) for frame in held) == FRAMES


def test_a_frame_of_many_batches_is_whole(database: Database) -> None:
    with database.reading() as session:
        frame = session.frame("SELECT i, 'coin-' || i AS name FROM range(10000) AS numbers(i)")
    assert frame["i"].tolist() == list(range(10_000))
    assert frame["name"].tolist() == [f"coin-{number}" for number in range(10_000)]


def test_glibc_is_told_and_other_libraries_are_let_be() -> None:
    assert return_memory_early() is (platform.libc_ver()[0] == "glibc")


def _reserved_megabytes() -> float:
    return int(STATUS.read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE") / 1e6
