"""Stored weights: the default ones in force, and presets under names of their own."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from cointracker.ranking.factors import FACTORS
from cointracker.ranking.weights import Weights
from cointracker.storage.database import Session

_VALUES = ", ".join(f"${name}" for name in FACTORS)


def default(session: Session) -> Weights | None:
    """The default weights that were saved last; None when none were."""
    found = session.frame("SELECT * FROM default_weights ORDER BY saved_at DESC LIMIT 1")
    return None if found.empty else _weights(found.iloc[0])


def save_default(session: Session, weights: Weights, at: datetime) -> None:
    """Make weights the default from `at` on; earlier ones stay on record."""
    session.execute(
        f"INSERT INTO default_weights VALUES ($at, {_VALUES})",  # noqa: S608
        {"at": at, **_fields(weights)},
    )


def presets(session: Session) -> dict[str, Weights]:
    """The saved presets by name, in the order of their names."""
    found = session.frame("SELECT * FROM presets ORDER BY name")
    return {row["name"]: _weights(row) for _, row in found.iterrows()}


def save_preset(session: Session, name: str, weights: Weights, at: datetime) -> None:
    """Store weights under a name; what the name stood for before is replaced."""
    delete_preset(session, name)
    session.execute(
        f"INSERT INTO presets VALUES ($name, $at, {_VALUES})",  # noqa: S608
        {"name": name, "at": at, **_fields(weights)},
    )


def delete_preset(session: Session, name: str) -> None:
    """Forget the preset of that name, if there is one."""
    session.execute("DELETE FROM presets WHERE name = $name", {"name": name})


def _weights(row: pd.Series) -> Weights:
    return Weights(*(float(row[name]) for name in FACTORS))


def _fields(weights: Weights) -> dict[str, float]:
    return dict(zip(FACTORS, weights, strict=True))
