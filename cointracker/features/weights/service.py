"""The weights in force, and presets: built-in ones and those that readers saved."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from cointracker.core.clock import Clock
from cointracker.core.errors import InvalidPresetName, NotAllowed
from cointracker.core.i18n import N_
from cointracker.core.rights import Principal, Right, Role, require
from cointracker.features.audit.service import AuditService
from cointracker.features.market.store import weights as stored
from cointracker.ranking.weights import DEFAULT_WEIGHTS, Weights
from cointracker.storage.database import Database

NAME_CHARS = 40
MAX_PRESETS = 50


@dataclass(frozen=True)
class Preset:
    """Weights under a name; the name of a built-in one is a message of the catalogues.

    is_own: somebody saved it. owner: who; empty when nobody knows any more.
    """

    name: str
    weights: Weights
    is_own: bool = False
    owner: str = ""


BUILT_IN = (
    Preset(N_("Default"), DEFAULT_WEIGHTS),
    Preset(
        N_("Momentum"),
        Weights.only(price_change=40, volume_change=35, stability=5, market_cap=10, social=10),
    ),
    Preset(
        N_("Large and steady"),
        Weights.only(price_change=10, volume_change=10, stability=35, market_cap=30, social=15),
    ),
    Preset(
        N_("Social"),
        Weights.only(price_change=15, volume_change=10, stability=15, market_cap=10, social=50),
    ),
)


class WeightsService:
    """Reads and stores weights in one database."""

    def __init__(self, database: Database, clock: Clock, audit: AuditService) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit

    def default(self) -> Weights:
        """The weights that rank by default: those saved last, else the built-in ones."""
        with self._database.reading() as session:
            return stored.default(session) or DEFAULT_WEIGHTS

    def save_default(self, weights: Weights, *, by: Principal) -> None:
        """Rank by these weights from now on; past snapshots keep theirs.

        Raises LoginNeeded, NotAllowed, StorageError.
        """
        require(by, Right.WRITE)
        with self._database.transaction() as session:
            stored.save_default(session, weights, self._clock())
            self._audit.record(by, "weights.save", detail=_told(weights))

    def presets(self) -> list[Preset]:
        """The built-in presets, then the saved ones by name."""
        with self._database.reading() as session:
            own = stored.presets(session)
        saved = (Preset(one.name, one.weights, is_own=True, owner=one.owner) for one in own)
        return [*BUILT_IN, *saved]

    def save_preset(self, name: str, weights: Weights, *, by: Principal) -> None:
        """Save weights under a name, which may be one's own preset's, or for an admin anybody's.

        Raises InvalidPresetName, LoginNeeded, NotAllowed, StorageError.
        """
        require(by, Right.OWN)
        name = _checked(name)
        with self._database.transaction() as session:
            known = {one.name: one.owner for one in stored.presets(session)}
            if name in known and not may_change(known[name], by):
                raise InvalidPresetName("somebody else has a preset of this name")
            if name not in known and len(known) >= MAX_PRESETS:
                raise InvalidPresetName(f"there are {MAX_PRESETS} presets; delete one first")
            preset = stored.StoredPreset(name, weights, known.get(name, by.name))
            stored.save_preset(session, preset, self._clock())
            self._audit.record(by, "preset.save", name, _told(weights))

    def delete_preset(self, name: str, *, by: Principal) -> None:
        """Forget one's own preset, or for an admin anybody's; an unknown name changes nothing.

        Raises LoginNeeded, NotAllowed, StorageError.
        """
        require(by, Right.OWN)
        with self._database.transaction() as session:
            owners = {one.name: one.owner for one in stored.presets(session)}
            if name not in owners:
                return
            if not may_change(owners[name], by):
                raise NotAllowed
            stored.delete_preset(session, name)
            self._audit.record(by, "preset.delete", name)


def may_change(owner: str, by: Principal) -> bool:
    """Whether somebody may replace or delete a preset of this owner."""
    return by.role is Role.ADMIN or (bool(owner) and owner == by.name)


def _told(weights: Weights) -> str:
    """Weights for the audit log, in the order of `FACTORS`."""
    return ", ".join(f"{weight:g}" for weight in weights)


def _checked(name: str) -> str:
    """The name as it is stored: without blanks around it, and not too long, odd or taken."""
    name = unicodedata.normalize("NFC", name).strip()
    if not name:
        raise InvalidPresetName("a name is required")
    if len(name) > NAME_CHARS:
        raise InvalidPresetName(f"at most {NAME_CHARS} characters")
    if any(unicodedata.category(char) == "Cc" for char in name):
        raise InvalidPresetName("no control characters")
    if name in {preset.name for preset in BUILT_IN}:
        raise InvalidPresetName("a built-in preset has this name")
    return name
