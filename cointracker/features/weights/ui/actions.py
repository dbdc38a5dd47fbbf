"""What the reader asks of the panel beyond moving weights: to save the default, to keep and to
delete presets."""

from __future__ import annotations

import logging
from typing import Any

from cointracker.core.errors import AccessError, CoinTrackerError, InvalidPresetName, InvalidWeights
from cointracker.core.i18n import N_, isolated
from cointracker.core.services import services
from cointracker.features.weights.service import WeightsService
from cointracker.ranking.weights import Weights
from cointracker.ui import access
from cointracker.ui.i18n import t

log = logging.getLogger(__name__)

NAME_PROBLEMS = (
    N_("a name is required"),
    N_("at most 40 characters"),
    N_("no control characters"),
    N_("a built-in preset has this name"),
    N_("there are 50 presets; delete one first"),
)
"""What InvalidPresetName may say, so that the catalogues have it."""


def granted(wish: Any) -> str:
    """Do what a browser asks for; returns what came of it, in the reader's words."""
    wish = wish if isinstance(wish, dict) else {}
    try:
        return _done(wish.get("kind"), str(wish.get("name", "")), checked(wish.get("weights")))
    except InvalidPresetName as exc:
        return t("The preset was not saved: {problem}.", problem=t(str(exc)))
    except AccessError:
        return t("You don't have permission.")
    except CoinTrackerError as exc:
        log.error("an action failed: %s", exc)
        return t("This could not be saved: {problem}", problem=str(exc))


def checked(values: Any) -> Weights | None:
    """Weights that a browser sent, None when they are none: anything may come from there."""
    try:
        return Weights.of(values)
    except (InvalidWeights, TypeError, ValueError, OverflowError) as exc:
        if values is not None:
            log.warning("a browser sent weights that cannot be used: %s", exc)
        return None


def _done(kind: Any, name: str, weights: Weights | None) -> str:
    known, me = services()[WeightsService], access.principal()
    if kind == "default" and weights is not None:
        known.save_default(weights, by=me)
        return t("Saved. The ranking now uses these weights.")
    if kind == "keep" and weights is not None:
        known.save_preset(name, weights, by=me)
        return t("Saved as {name}.", name=isolated(name.strip()))
    if kind == "forget":
        known.delete_preset(name, by=me)
        return t("Deleted {name}.", name=isolated(name))
    return t("You don't have permission.")
