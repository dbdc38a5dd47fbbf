"""The house that tests of the API visit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.house import House, house


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    """One that a test may change."""
    with house(tmp_path) as found:
        yield found
