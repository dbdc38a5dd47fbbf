"""Rows as plain Python values, for tables that are small and read as a whole."""

from __future__ import annotations

from typing import Any

import pandas as pd


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Each row by column: missing values as None, instants as aware datetimes."""
    plain = frame.astype(object).where(frame.notna(), None)
    rows = plain.to_dict(orient="records")
    return [{str(name): _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
