"""Stored weights: the default ones in force, and presets under names of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cointracker.ranking.factors import FACTOR_KEYS
from cointracker.ranking.weights import Weights
from cointracker.storage.database import Session
from cointracker.storage.records import records

_COLUMNS = ", ".join(FACTOR_KEYS)
_VALUES = ", ".join(f"${name}" for name in FACTOR_KEYS)


@dataclass(frozen=True)
class StoredPreset:
    """Weights that somebody saved; owner is empty when nobody knows who."""

    name: str
    weights: Weights
    owner: str = ""


def default(session: Session) -> Weights | None:
    """The default weights that were saved last; None when none were."""
    rows = session.frame(
        f"SELECT {_COLUMNS} FROM default_weights ORDER BY saved_at DESC LIMIT 1"  # noqa: S608
    )
    return None if rows.empty else _weights(records(rows)[0])


def save_default(session: Session, weights: Weights, at: datetime) -> None:
    """Make weights the default from `at` on; earlier ones stay on record."""
    session.execute(
        f"INSERT INTO default_weights (saved_at, {_COLUMNS}) VALUES ($at, {_VALUES})",  # noqa: S608
        {"at": at, **weights.by_key()},
    )


def presets(session: Session) -> list[StoredPreset]:
    """The saved presets, in the order of their names."""
    rows = session.frame(f"SELECT name, owner, {_COLUMNS} FROM presets ORDER BY name")  # noqa: S608
    return [StoredPreset(row["name"], _weights(row), row["owner"] or "") for row in records(rows)]


def save_preset(session: Session, preset: StoredPreset, at: datetime) -> None:
    """Store a preset; what its name stood for before is replaced."""
    delete_preset(session, preset.name)
    session.execute(
        f"INSERT INTO presets (name, saved_at, {_COLUMNS}, owner)"  # noqa: S608
        f" VALUES ($name, $at, {_VALUES}, $owner)",
        {"name": preset.name, "at": at, "owner": preset.owner, **preset.weights.by_key()},
    )


def delete_preset(session: Session, name: str) -> None:
    """Forget the preset of that name, if there is one."""
    session.execute("DELETE FROM presets WHERE name = $name", {"name": name})


def _weights(row: Mapping[str, Any]) -> Weights:
    return Weights.of([row[key] for key in FACTOR_KEYS])
