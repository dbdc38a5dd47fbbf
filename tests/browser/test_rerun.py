"""A rerun must not wait for Streamlit's garbage collection, seen where readers see it."""

import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from benchmarks.rerun import BARE
from benchmarks.server import rerun_milliseconds
from benchmarks.server import serving as serving_script
from tests.browser.servers import Server, is_ready, serving

pytestmark = pytest.mark.browser
RUNS, ROUNDS = 8, 4


def fastest(*ports: int) -> list[float]:
    """The fastest rerun of each server, asked in turn: what else runs here slows all alike."""
    rounds = [[min(rerun_milliseconds(port, RUNS)) for port in ports] for _ in range(ROUNDS)]
    return [min(times) for times in zip(*rounds, strict=True)]


def port_of(server: Server) -> int:
    return urlsplit(server.url).port or 0


def test_a_rerun_is_bounded_by_a_bare_page_and_by_one_that_collects(
    simulated: Server, first_run: Path, no_gecko: str, tmp_path: Path
) -> None:
    """The ranking takes about 13 bare pages, and 0.4 of itself with `runner.postScriptGC` on."""
    page, data = tmp_path / "bare.py", tmp_path / "data"
    page.write_text(BARE)
    shutil.copytree(first_run, data)
    collecting = {"COINTRACKER_COINGECKO_URL": no_gecko, "STREAMLIT_RUNNER_POST_SCRIPT_GC": "true"}
    with (
        serving_script(page, {}, "/_stcore/health", "--runner.postScriptGC=false") as bare,
        serving("app.py", data, is_ready, **collecting) as slow,
    ):
        ranking, plain, collected = fastest(port_of(simulated), bare, port_of(slow))
    assert ranking < 40 * plain
    assert ranking < 0.7 * collected
