"""What a figure shows, read back from its traces."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go


class Drawn(NamedTuple):
    """A point of a figure: where it stands, and what appears under the pointer."""

    x: str
    y: float
    text: str


def traces(figure: go.Figure, row: int = 1, kind: str = "scatter") -> list[Any]:
    """The traces of a panel, the first one being row 1."""
    axis = "y" if row == 1 else f"y{row}"
    return [t for t in figure.data if (t.yaxis or "y") == axis and t.type == kind]


def runs(trace: Any) -> list[list[Drawn]]:
    """The points of a trace, split where its line is broken."""
    found: list[list[Drawn]] = [[]]
    for x, y, text in zip(listed(trace.x), listed(trace.y), listed(trace.text), strict=True):
        if x is None or y is None or np.isnan(y):
            found.append([])
        else:
            found[-1].append(Drawn(str(x), float(y), str(text)))
    if trace.mode == "markers":
        return [[point] for run in found for point in run]
    assert trace.connectgaps is False
    return [run for run in found if run]


def strokes(figure: go.Figure, row: int = 1) -> list[list[Drawn]]:
    """Every unbroken line of a panel, in the order of time; a dot is a line of one point."""
    every = [run for trace in traces(figure, row) for run in runs(trace)]
    return sorted(every, key=lambda run: run[0].x)


def bars(figure: go.Figure, row: int = 1) -> list[Drawn]:
    """The bars of a panel, in the order of time."""
    found = [
        Drawn(str(x), float(y), str(text))
        for trace in traces(figure, row, "bar")
        for x, y, text in zip(listed(trace.x), listed(trace.y), listed(trace.text), strict=True)
    ]
    return sorted(found)


def points(figure: go.Figure, row: int = 1) -> dict[str, float]:
    """The values of the lines of a panel by instant."""
    return {point.x: point.y for run in strokes(figure, row) for point in run}


def size(figure: go.Figure) -> int:
    """How many points the figure ships in all, breaks among them."""
    return sum(len(listed(trace.x)) for trace in figure.data)


def shipped(figure: go.Figure) -> dict[str, Any]:
    """The figure as the browser gets it; fails on what JSON does not have."""
    found: dict[str, Any] = json.loads(figure.to_json(), parse_constant=_refuse)
    return found


def listed(values: Any) -> list[Any]:
    return [] if values is None else list(values)


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
