"""Where the recorded market data is; see the README beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

BESIDE_THE_CLONE = Path(__file__).parents[2] / "shared" / "recordings"


def recordings() -> Path:
    """The folder of recordings; without it the test is skipped, and on CI it fails."""
    folder = Path(os.environ.get("COINTRACKER_RECORDINGS") or BESIDE_THE_CLONE)
    if folder.is_dir():
        return folder
    problem = f"no recorded market data at {folder}; COINTRACKER_RECORDINGS says where it is"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(problem)
    pytest.skip(problem)
