"""A rerun of the ranking page at the WebSocket, against a bare page in the same run."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.server import ROOT, median, rerun_milliseconds, serving

RUNS = 40
BARE = 'import streamlit as st\n\nst.title("bare")\n'


def measure(runs: int = RUNS) -> tuple[float, float]:
    """Median milliseconds of a rerun: of a bare page, and of the ranking of 250 coins."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE)
        env = {"COINTRACKER_DATA_DIR": folder, "COINTRACKER_SOURCE": "simulated"}
        with (
            serving(bare, {}, "/_stcore/health") as plain,
            serving(ROOT / "app.py", env, "/api/health/") as ranking,
        ):
            return median(rerun_milliseconds(plain, runs)), median(
                rerun_milliseconds(ranking, runs)
            )


def main() -> None:
    """Print the figures."""
    bare, ranking = measure()
    print(f"rerun at the WebSocket, median of {RUNS}")
    print(f"  bare page      {bare:8.1f} ms")
    print(f"  ranking page   {ranking:8.1f} ms   {ranking / bare:.1f} x the bare page")
