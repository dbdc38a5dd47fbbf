"""Runs the benchmarks named on the command line, or all; numbers after a name are its sizes."""

from __future__ import annotations

import sys

from benchmarks import bands, broadcast, coin_page, history, load, rerun, soak, weights_drag

ALL = {
    "bands": bands.main,
    "coin": coin_page.main,
    "history": history.main,
    "load": load.main,
    "rerun": rerun.main,
    "soak": soak.main,
    "socket": broadcast.main,
    "weights": weights_drag.main,
}

wanted: dict[str, list[str]] = {}
for word in sys.argv[1:] or ALL:
    if word in ALL:
        wanted[word] = []
    elif word.isdigit() and wanted:
        list(wanted.values())[-1].append(word)
    else:
        sys.exit(f"no such benchmark: {word}; there are {', '.join(ALL)}")
for name, sizes in wanted.items():
    ALL[name](*sizes)
