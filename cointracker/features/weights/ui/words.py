"""The words and digits of the panel: sentences with `{fields}` that the script fills in."""

from __future__ import annotations

from typing import Any

from cointracker.ranking.factors import FACTORS
from cointracker.ui.i18n import reader, t


def words() -> dict[str, Any]:
    """All that the panel says, in the reader's language; see the scripts for who says what."""
    language = reader()
    return {
        "language": language.code,
        "isRtl": language.is_rtl,
        "digits": language.digits("0123456789"),
        "decimal": language.decimal(0.5, 1)[1],
        "group": language.decimal(1000, 0)[1],
        "comma": t(", "),
        **_factors(),
        **_handling(),
        **_ranking(),
        **_why(),
    }


def _factors() -> dict[str, Any]:
    """What the factors are called: alone, and inside a sentence; in the order of `FACTORS`."""
    return {
        "factors": [t(factor.names.title) for factor in FACTORS],
        "inside": [t(factor.names.inside) for factor in FACTORS],
    }


def _handling() -> dict[str, Any]:
    """Presets, sliders and buttons; `locked` by how many weights are locked."""
    several = len(FACTORS) - 3  # more than one are locked, and more than one are not
    return {
        "weights": t("Weights"),
        "preset": t("Preset"),
        "presets": t("Presets"),
        "newPreset": t("+ Save as preset"),
        "presetName": t("Preset name"),
        "savePreset": t("Save"),
        "deletePreset": t("Delete {name}"),
        "typed": t("{factor}, value"),
        "lock": t("Lock {factor}"),
        "locked": [
            t("Weights total 100. Moving one adjusts the others in proportion."),
            t("Weights total 100. {factors} is locked, so the others give way."),
            *[t("Weights total 100. {factors} are locked, so the others give way.")] * several,
            t("Weights total 100. {factors} are locked, so nothing can move."),
            t("Weights total 100. All are locked, so nothing can move."),
        ],
        "save": t("Save as default"),
        "copy": t("Copy link"),
        "copied": t("Link copied. It opens this ranking."),
        "copyThis": t("The browser does not allow copying. Here is the link:"),
        "undo": t("Undo"),
        "reset": t("Reset"),
    }


def _ranking() -> dict[str, Any]:
    """The list; `moved` for no, one and more coins."""
    return {
        "ranking": t("Ranking"),
        "rank": t("Rank"),
        "move": t("Moved"),
        "coin": t("Coin"),
        "points": t("Contribution to score, points"),
        "band": t("Band"),
        "bandMeans": t("Range of the rank when weights vary slightly"),
        "score": t("Score"),
        "range": t("{low}–{high}"),
        "moved": [
            t("No coin changes rank"),
            t("One of {all} coins changes rank"),
            t("{count} of {all} coins change rank"),
        ],
        "announced": t("{leaders}; {moved}"),
        "row": t("Rank {rank}: {coin}, score {score}, {move}, band {band}"),
        "unranked": t("Unranked: {coin}"),
        "up": t("{count} up"),
        "down": t("{count} down"),
        "unmoved": t("unchanged"),
        "lacks": t("no {factors} yet"),
        "nowhere": t("No coin has {factors} yet, so that weight has no effect."),
    }


def _why() -> dict[str, Any]:
    """The two waterfalls, and what would make the coins swap places."""
    return {
        "why": t("Why"),
        "compare": t("Compare with"),
        "place": t("rank {rank}"),
        "unrankedShort": t("unranked"),
        "sameCoin": t("Choose another coin to compare with."),
        "noScore": t("{coin} has no score: none of its weighted factors is known."),
        "level": t("The scores of {higher} and {lower} are equal; the larger market cap leads."),
        "swapWeight": t(
            "{lower} overtakes {higher} when {factor} has a weight of {to} instead of {from}, the"
            " others in proportion."
        ),
        "noSwapWeight": t("No change to a single weight lets {lower} overtake {higher}."),
        "swapFactor": t("Or when its own {factor} rises from {from} to {to} points."),
        "noSwapFactor": t("Nor would 100 points in any one of its factors."),
    }
