"""The house that tests of the API visit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.api_fixture import ApiFixture, api_fixture


@pytest.fixture
def home(tmp_path: Path) -> Iterator[ApiFixture]:
    """One that a test may change."""
    with api_fixture(tmp_path) as found:
        yield found
