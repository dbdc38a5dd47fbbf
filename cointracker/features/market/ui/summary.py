"""Six figures that say what kind of day it is."""

from __future__ import annotations

import streamlit as st

from cointracker.core.i18n import MISSING, Language, isolated, left_to_right
from cointracker.features.market.rankings import RankingView
from cointracker.features.market.summary import Summary, summarise
from cointracker.ui.i18n import reader, t

WIDTH = 150


def show(view: RankingView) -> None:
    """Draw the summary of a ranking."""
    language = reader()
    with st.container(horizontal=True, gap="medium", key="summary"):
        for label, value in _metrics(summarise(view.frame), language):
            st.metric(label, value, width=WIDTH)


def _metrics(summary: Summary, language: Language) -> list[tuple[str, str]]:
    coverage = language.decimal(summary.mean_coverage * 100, 1)
    return [
        (
            t("Coins ranked"),
            t(
                "{ranked} of {all}",
                ranked=language.whole(summary.ranked),
                all=language.whole(summary.coins),
            ),
        ),
        (t("Median 24 h, %"), left_to_right(language.change(summary.median_change_24h_pct, 2))),
        (
            t("Rising / falling"),
            f"{language.whole(summary.rising)} / {language.whole(summary.falling)}",
        ),
        (t("Leader"), isolated(summary.leader) if summary.leader else MISSING),
        (t("Biggest mover"), _mover(summary, language)),
        (t("Mean coverage, %"), coverage),
    ]


def _mover(summary: Summary, language: Language) -> str:
    if not summary.mover:
        return MISSING
    return left_to_right(f"{summary.mover} {language.change(summary.mover_places, 0)}")
