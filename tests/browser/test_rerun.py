"""A rerun must not wait for Streamlit's garbage collection, seen where readers see it."""

import json
import shutil
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from benchmarks.server import rerun_milliseconds
from tests.browser.servers import Server, is_ready, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]
RUNS = 20


def collections(server: Server) -> int:
    """How often the server's process has collected everything."""
    with urllib.request.urlopen(f"{server.url}/test/collections", timeout=60) as answer:
        return int(json.load(answer)["count"])


@pytest.mark.parametrize("collects", [False, True])
def test_no_rerun_is_followed_by_a_collection(
    collects: bool, first_run: Path, no_gecko: str, tmp_path: Path
) -> None:
    """Told to collect it does so each time, which shows that the count counts."""
    data = tmp_path / "data"
    shutil.copytree(first_run, data)
    env = {"STREAMLIT_RUNNER_POST_SCRIPT_GC": "true"} if collects else {}
    env["COINTRACKER_COINGECKO_URL"] = no_gecko
    with serving("tests/browser/app_fast.py", data, is_ready, **env) as server:
        before = collections(server)
        rerun_milliseconds(urlsplit(server.url).port or 0, RUNS)
        counted = collections(server) - before
    assert (counted >= RUNS) == collects
