"""Stored weights: the default ones in force, and presets under names of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cointracker.ranking.factors import FACTORS
from cointracker.ranking.weights import Weights
from cointracker.storage.database import Session
from cointracker.storage.records import records

_VALUES = ", ".join(f"${name}" for name in FACTORS)


@dataclass(frozen=True)
class StoredPreset:
    """Weights that somebody saved; owner is empty when nobody knows who."""

    name: str
    weights: Weights
    owner: str = ""


def default(session: Session) -> Weights | None:
    """The default weights that were saved last; None when none were."""
    found = session.frame("SELECT * FROM default_weights ORDER BY saved_at DESC LIMIT 1")
    return None if found.empty else _weights(records(found)[0])


def save_default(session: Session, weights: Weights, at: datetime) -> None:
    """Make weights the default from `at` on; earlier ones stay on record."""
    session.execute(
        f"INSERT INTO default_weights VALUES ($at, {_VALUES})",  # noqa: S608
        {"at": at, **_fields(weights)},
    )


def presets(session: Session) -> list[StoredPreset]:
    """The saved presets, in the order of their names."""
    found = session.frame("SELECT * FROM presets ORDER BY name")
    return [StoredPreset(row["name"], _weights(row), row["owner"] or "") for row in records(found)]


def save_preset(session: Session, preset: StoredPreset, at: datetime) -> None:
    """Store a preset; what its name stood for before is replaced."""
    delete_preset(session, preset.name)
    session.execute(
        f"INSERT INTO presets VALUES ($name, $at, {_VALUES}, $owner)",  # noqa: S608
        {"name": preset.name, "at": at, "owner": preset.owner, **_fields(preset.weights)},
    )


def delete_preset(session: Session, name: str) -> None:
    """Forget the preset of that name, if there is one."""
    session.execute("DELETE FROM presets WHERE name = $name", {"name": name})


def _weights(row: Mapping[str, Any]) -> Weights:
    return Weights(*(float(row[name]) for name in FACTORS))


def _fields(weights: Weights) -> dict[str, float]:
    return dict(zip(FACTORS, weights, strict=True))
