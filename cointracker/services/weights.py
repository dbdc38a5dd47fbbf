"""The weights in force, and presets: built-in ones and those that readers saved."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from cointracker.errors import InvalidPresetName
from cointracker.i18n import N_
from cointracker.ranking.weights import DEFAULT_WEIGHTS, Weights
from cointracker.sources.base import Clock
from cointracker.storage import weights as stored
from cointracker.storage.database import Database

NAME_CHARS = 40
MOST_PRESETS = 50


@dataclass(frozen=True)
class Preset:
    """Weights under a name; the name of a built-in one is a message of the catalogues."""

    name: str
    weights: Weights
    is_own: bool = False


BUILT_IN = (
    Preset(N_("Default"), DEFAULT_WEIGHTS),
    Preset(N_("Momentum"), Weights(40, 35, 5, 10, 10)),
    Preset(N_("Large and steady"), Weights(10, 10, 35, 30, 15)),
    Preset(N_("Social"), Weights(15, 10, 15, 10, 50)),
)


class WeightsService:
    """Reads and stores weights in one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def default(self) -> Weights:
        """The weights that rank by default: those saved last, else the built-in ones."""
        with self._database.reading() as session:
            return stored.default(session) or DEFAULT_WEIGHTS

    def save_default(self, weights: Weights) -> None:
        """Rank by these weights from now on; past snapshots keep theirs."""
        with self._database.transaction() as session:
            stored.save_default(session, weights, self._clock())

    def presets(self) -> list[Preset]:
        """The built-in presets, then the saved ones by name."""
        with self._database.reading() as session:
            own = stored.presets(session)
        return [*BUILT_IN, *(Preset(name, weights, is_own=True) for name, weights in own.items())]

    def save_preset(self, name: str, weights: Weights) -> None:
        """Save weights under a name. Raises InvalidPresetName."""
        name = _checked(name)
        with self._database.transaction() as session:
            known = stored.presets(session)
            if name not in known and len(known) >= MOST_PRESETS:
                raise InvalidPresetName(f"there are {MOST_PRESETS} presets; delete one first")
            stored.save_preset(session, name, weights, self._clock())

    def delete_preset(self, name: str) -> None:
        """Forget a saved preset; an unknown name changes nothing."""
        with self._database.transaction() as session:
            stored.delete_preset(session, name)


def _checked(name: str) -> str:
    """The name as it is stored: without blanks around it, and not too long, odd or taken."""
    name = unicodedata.normalize("NFC", name).strip()
    if not name:
        raise InvalidPresetName("a name is needed")
    if len(name) > NAME_CHARS:
        raise InvalidPresetName(f"at most {NAME_CHARS} characters")
    if any(unicodedata.category(char) == "Cc" for char in name):
        raise InvalidPresetName("no control characters")
    if name in {preset.name for preset in BUILT_IN}:
        raise InvalidPresetName("a built-in preset has this name")
    return name
