"""Nothing hangs on today's date: what reckons with days passes on days that are special."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
DAYS = {
    "leap day": ("2028-02-29T23:30:00+00:00", "UTC"),
    "new year": ("2026-12-31T23:59:30+00:00", "UTC"),
    "Nowruz": ("2027-03-20T20:25:00+00:00", "Asia/Tehran"),
    "summer time begins": ("2027-03-28T00:59:30+00:00", "Europe/Berlin"),
    "summer time ends": ("2027-10-31T00:59:30+00:00", "Europe/Berlin"),
}
FEATURES = ("market", "coin", "retention")
PARTS = (
    "tests/core",
    "tests/analysis",
    *(f"tests/features/{name}" for name in FEATURES),
)


@pytest.mark.parametrize("day", DAYS)
def test_tests_pass_on(day: str) -> None:
    now, zone = DAYS[day]
    options = ["-m", "not slow and not browser", "-p", "tests.other_day", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-n0", *options, *PARTS],
        cwd=ROOT,
        env=os.environ | {"TEST_NOW": now, "TZ": zone},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5_000:] + done.stderr[-2_000:]
