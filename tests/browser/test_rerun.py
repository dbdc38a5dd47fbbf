"""A rerun must not wait for Streamlit's garbage collection, seen where readers see it."""

from pathlib import Path

import pytest

from benchmarks.rerun import BARE
from benchmarks.server import rerun_milliseconds, serving

pytestmark = pytest.mark.browser
RUNS = 40


def test_rerun_of_the_ranking_is_a_bounded_multiple_of_a_bare_page(
    simulated_port: int, tmp_path: Path
) -> None:
    """About 13 bare pages; about 29 with `runner.postScriptGC` on, which is what this watches.

    The fastest of many: what else the machine does can only make a rerun slower.
    """
    page = tmp_path / "bare.py"
    page.write_text(BARE)
    with serving(page, {}, "/_stcore/health", "--runner.postScriptGC=false") as port:
        bare = min(rerun_milliseconds(port, RUNS))
        ranking = min(rerun_milliseconds(simulated_port, RUNS))
    assert ranking / bare < 21
