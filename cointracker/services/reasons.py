"""Why a coin stands where it stands, in the reader's language (SPEC 2.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from cointracker.i18n import N_, Language
from cointracker.ranking.factors import FACTORS
from cointracker.ranking.reasons import reasons

FACTOR_NAMES = {
    "price_change": N_("price change"),
    "volume_change": N_("volume"),
    "stability": N_("stability"),
    "market_cap": N_("market cap"),
    "social": N_("social standing"),
}

SHORT_NAMES = {
    "price_change": N_("price"),
    "volume_change": N_("volume"),
    "stability": N_("stability"),
    "market_cap": N_("cap"),
    "social": N_("social"),
}


def causes(
    frame: pd.DataFrame, language: Language, names: Mapping[str, str] = FACTOR_NAMES
) -> list[str]:
    """For each row of a ranking its largest contributions: `price change (85.3), volume (92.1)`.

    names: what to call the factors; `SHORT_NAMES` where there is little room. Empty for a coin to
    which no factor gives points.
    """
    values = frame[[f"factor_{name}" for name in FACTORS]].to_numpy().tolist()
    points = frame[[f"contribution_{name}" for name in FACTORS]].to_numpy().tolist()
    return [
        language.listed(
            f"{language.t(names[reason.factor])} ({language.decimal(reason.value, 1)})"
            for reason in reasons(row, contributions)
        )
        for row, contributions in zip(values, points, strict=True)
    ]


def sentences(parts: Iterable[str], language: Language) -> list[str]:
    """The causes as sentences: `High because of: price change (85.3), volume (92.1)`."""
    return [language.t("High because of: {causes}", causes=part) if part else "" for part in parts]
