"""A ranking as a file: CSV, Excel or Parquet, with the snapshot and the weights in it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

ACTIVE = re.compile(r"^[=+\-@\x00-\x1f]")
"""How a text begins that a spreadsheet would run as a formula."""
ISO = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True)
class Format:
    """A kind of file: its ending, its media type, and how a frame becomes its bytes."""

    label: str
    ending: str
    media_type: str
    write: Callable[[pd.DataFrame], bytes]


def csv(frame: pd.DataFrame) -> bytes:
    """UTF-8 with a byte order mark, for spreadsheets; texts that begin like formulas disarmed."""
    # Lines end in CR LF, for only then is a text with a bare CR in it quoted.
    text = _flat(frame).to_csv(index=False, date_format=ISO, lineterminator="\r\n")
    return str(text).encode("utf-8-sig")


def excel(frame: pd.DataFrame) -> bytes:
    """One sheet with frozen headings; instants as ISO text, for Excel knows no time zones."""
    out = io.BytesIO()
    flat = _flat(frame)
    for name in flat.select_dtypes("datetimetz"):
        flat[name] = flat[name].dt.strftime(ISO)
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with pd.ExcelWriter(out, engine="xlsxwriter", engine_kwargs={"options": options}) as writer:
        flat.to_excel(writer, sheet_name="ranking", index=False, freeze_panes=(1, 0))
        writer.sheets["ranking"].autofit()
    return out.getvalue()


def parquet(frame: pd.DataFrame) -> bytes:
    """Parquet with its types: instants as UTC timestamps, sparklines as lists."""
    out = io.BytesIO()
    frame.to_parquet(out, engine="pyarrow", index=False)
    return out.getvalue()


FORMATS = (
    Format("CSV", "csv", "text/csv", csv),
    Format(
        "Excel", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", excel
    ),
    Format("Parquet", "parquet", "application/vnd.apache.parquet", parquet),
)


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with lists as text and no text that a spreadsheet would run."""
    flat = frame.copy()
    for name in flat.select_dtypes(include=["object", "str"]):
        flat[name] = flat[name].map(_cell, na_action="ignore")
    return flat


def _cell(value: object) -> object:
    if isinstance(value, list):
        return " ".join(repr(float(item)) for item in value)
    if isinstance(value, str) and ACTIVE.match(value):
        return "'" + value
    return value
