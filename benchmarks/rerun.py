"""A rerun of the ranking page at the WebSocket, against a bare page in the same run."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.server import ROOT, median, rerun_milliseconds, serving

RUNS = 40
BARE = 'import streamlit as st\n\nst.title("bare")\n'


def bare_milliseconds(runs: int = RUNS) -> float:
    """Median milliseconds of a rerun of a page with one title, nothing collected after it."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "bare.py"
        page.write_text(BARE)
        with serving(page, {}, "/_stcore/health", "--runner.postScriptGC=false") as port:
            return median(rerun_milliseconds(port, runs))


def ranking_milliseconds(runs: int = RUNS, *options: str) -> float:
    """Median milliseconds of a rerun of the ranking of 250 coins."""
    with tempfile.TemporaryDirectory() as folder:
        env = {"COINTRACKER_DATA_DIR": folder, "COINTRACKER_SOURCE": "simulated"}
        with serving(ROOT / "app.py", env, "/api/health/", *options) as port:
            return median(rerun_milliseconds(port, runs))


def main() -> None:
    """Print the figures."""
    bare, ranking = bare_milliseconds(), ranking_milliseconds()
    print(f"rerun at the WebSocket, median of {RUNS}")
    print(f"  bare page      {bare:8.1f} ms")
    print(f"  ranking page   {ranking:8.1f} ms   {ranking / bare:.1f} x the bare page")
