"""Why a coin stands where it stands, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from cointracker.core.i18n import Language
from cointracker.ranking.factors import CONTRIBUTION_COLUMNS, FACTOR_COLUMNS, FACTORS, SHORT
from cointracker.ranking.reasons import MAX_REASONS, reasons


def factor_names(language: Language) -> dict[str, str]:
    """What each factor is called in a reason, by key."""
    return {factor.key: language.t(factor.names.reason) for factor in FACTORS}


def short_factor_names(language: Language) -> dict[str, str]:
    """What each factor is called where there is little room, by key."""
    return {factor.key: language.tp(SHORT, factor.names.short) for factor in FACTORS}


def causes(
    frame: pd.DataFrame,
    language: Language,
    names: Mapping[str, str] | None = None,
    *,
    limit: int = MAX_REASONS,
) -> list[str]:
    """For each row of a ranking its largest contributions: `price change (85.3), volume (92.1)`.

    names: what to call the factors, `factor_names` without it. limit: how many of them. Empty for
    a coin to which no factor gives points.
    """
    names = names or factor_names(language)
    values = frame[list(FACTOR_COLUMNS)].to_numpy().tolist()
    points = frame[list(CONTRIBUTION_COLUMNS)].to_numpy().tolist()
    return [
        language.listed(
            f"{names[reason.factor]} ({language.decimal(reason.value, 1)})"
            for reason in reasons(row, contributions)[:limit]
        )
        for row, contributions in zip(values, points, strict=True)
    ]


def sentences(parts: Iterable[str], language: Language) -> list[str]:
    """The causes as sentences: `High because of: price change (85.3), volume (92.1)`."""
    return [language.t("High because of: {causes}", causes=part) if part else "" for part in parts]
