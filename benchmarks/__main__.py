"""Runs the benchmarks named on the command line, or all."""

from __future__ import annotations

import sys

from benchmarks import bands, rerun, weights_drag

ALL = {"bands": bands.main, "rerun": rerun.main, "weights": weights_drag.main}

for name in sys.argv[1:] or ALL:
    if name not in ALL:
        sys.exit(f"no such benchmark: {name}; there are {', '.join(ALL)}")
    ALL[name]()
