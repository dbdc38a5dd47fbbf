"""The panel's script and style, read from their files; there is no build step."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent / "js"
MODULES = (
    "ranking.js",
    "weights.js",
    "numbers.js",
    "dom.js",
    "sliders.js",
    "presets.js",
    "row.js",
    "list.js",
    "why.js",
    "wire.js",
    "layout.js",
    "panel.js",
)
"""Each behind those that it imports."""

IMPORT = re.compile(r'^import \{[^}]*\} from "\./[^"]+";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


@cache
def panel() -> str:
    """The modules as the one that Streamlit takes: one behind the other, without their imports.

    They share one scope then, so no two may give the same name to different things; the browser
    refuses the script if they do.
    """
    return "\n".join(EXPORT.sub("", IMPORT.sub("", text(name))) for name in MODULES)


def text(name: str) -> str:
    """A file of this package."""
    return (HERE / name).read_text(encoding="utf-8")
