"""Why a coin stands where it stands, in the reader's language (SPEC 2.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from cointracker.i18n import Language
from cointracker.ranking.factors import FACTORS
from cointracker.ranking.reasons import MOST_REASONS, reasons


def factor_names(language: Language) -> dict[str, str]:
    """What each of `FACTORS` is called."""
    return {
        "price_change": language.t("price change"),
        "volume_change": language.t("volume"),
        "stability": language.t("stability"),
        "market_cap": language.t("market cap"),
        "social": language.t("social standing"),
    }


def short_factor_names(language: Language) -> dict[str, str]:
    """What each of `FACTORS` is called where there is little room."""
    return {
        "price_change": language.tp("short", "price"),
        "volume_change": language.tp("short", "volume"),
        "stability": language.tp("short", "stability"),
        "market_cap": language.tp("short", "cap"),
        "social": language.tp("short", "social"),
    }


def causes(
    frame: pd.DataFrame,
    language: Language,
    names: Mapping[str, str] | None = None,
    *,
    most: int = MOST_REASONS,
) -> list[str]:
    """For each row of a ranking its largest contributions: `price change (85.3), volume (92.1)`.

    names: what to call the factors, `factor_names` without it. most: how many of them. Empty for
    a coin to which no factor gives points.
    """
    names = names or factor_names(language)
    values = frame[[f"factor_{name}" for name in FACTORS]].to_numpy().tolist()
    points = frame[[f"contribution_{name}" for name in FACTORS]].to_numpy().tolist()
    return [
        language.listed(
            f"{names[reason.factor]} ({language.decimal(reason.value, 1)})"
            for reason in reasons(row, contributions)[:most]
        )
        for row, contributions in zip(values, points, strict=True)
    ]


def sentences(parts: Iterable[str], language: Language) -> list[str]:
    """The causes as sentences: `High because of: price change (85.3), volume (92.1)`."""
    return [language.t("High because of: {causes}", causes=part) if part else "" for part in parts]
