"""What a query reads: the rows of those row groups that zone maps did not rule out."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cointracker.storage.database import Session


def rows_scanned(session: Session, query: Callable[[], object]) -> Counter[str]:
    """By table, how many rows the last statement of `query` had to look at."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "profile.json"
        session.execute("PRAGMA enable_profiling = 'json'")
        session.execute("SET profiling_output = $path", {"path": str(told)})
        query()
        profile = json.loads(told.read_text())
        session.execute("PRAGMA disable_profiling")
    scanned: Counter[str] = Counter()
    for scan in _scans(profile):
        table = scan["extra_info"]["Table"].rpartition(".")[2]
        scanned[table] += scan["operator_rows_scanned"]
    return scanned


def _scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if node.get("operator_type") == "TABLE_SCAN" and "Table" in node["extra_info"]:
        yield node
    for child in node["children"]:
        yield from _scans(child)
