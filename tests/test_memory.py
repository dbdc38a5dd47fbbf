"""What the process may hold in memory."""

from __future__ import annotations

import platform

from cointracker.bootstrap.memory import keep_small
from cointracker.storage.database import Database


def test_the_database_s_memory_is_bounded(database: Database) -> None:
    with database.reading() as session:
        limit = session.value("SELECT current_setting('memory_limit')")
    assert limit == "953.6 MiB"  # 1 GB, in the words of DuckDB


def test_glibc_is_told_and_other_libraries_are_let_be() -> None:
    assert keep_small() is (platform.libc_ver()[0] == "glibc")
