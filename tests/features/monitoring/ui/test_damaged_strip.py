"""What every page says of databases that were set aside, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cointracker.bootstrap.features import FEATURES
from cointracker.core.services import Services, install
from cointracker.core.settings import Settings
from cointracker.features.monitoring.service import DamagedFiles

ANEW, LOG = "x.duckdb.damaged-20260309T120000Z", "x.duckdb.log-damaged-20260309T130000Z"


def page() -> None:
    from cointracker.features.monitoring.ui import damaged_strip

    damaged_strip.show()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    serving = Services(FEATURES, Settings(language="en")).including([DamagedFiles(tmp_path)])
    install(serving)
    yield tmp_path
    install(None)


def said() -> list[str]:
    app = AppTest.from_function(page, default_timeout=60).run()
    assert not app.exception
    return [element.value.replace("\\", "") for element in app.markdown]


def test_nothing_is_said_of_nothing(folder: Path) -> None:
    assert said() == []
    assert folder.exists()


def test_each_that_lies_aside_is_told_until_it_is_moved_away(folder: Path) -> None:
    for name in (ANEW, LOG, f"{LOG}.wal"):
        (folder / name).touch()
    log, anew = said()
    assert LOG in log
    assert "write-ahead log could not be read" in log
    assert ANEW in anew
    assert "A new database was started" in anew
    for told in (log, anew):
        assert "The database \u2068x.duckdb\u2069 was damaged" in told
        assert "python -m cointracker restore" in told
    (folder / LOG).unlink()
    assert len(said()) == 1
