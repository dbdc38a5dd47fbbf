"""The ranking on the page: controls, table, the list that phones get instead, downloads."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from cointracker.core.services import services
from cointracker.features.market.rankings import MarketService, RankingView
from cointracker.features.market.reasons import causes, short_factor_names
from cointracker.features.market.ui import (
    coin_links,
    controls,
    downloads,
    phone_list,
    ranking_table,
    time_travel,
)
from cointracker.ui import navigation
from cointracker.ui.fragments import fragment
from cointracker.ui.i18n import reader, t
from cointracker.ui.parts import paging

STALE_SECONDS, STALE_CAUSES = 2 * 3_600, 2


@fragment()
def show(view: RankingView) -> None:
    """Draw a ranking with everything that searches, filters, orders and saves it.

    A fragment: what the reader sets here redraws nothing else.
    """
    time_travel.follow()
    with st.container(horizontal=True, vertical_alignment="center", key="controls"):
        controls.search()
        controls.filters()
        view = services()[MarketService].with_bands(view)
        passed = controls.asked().apply(view.frame)
        controls.hidden(len(view.frame) - len(passed), len(view.frame))
        st.space("stretch")
        columns = controls.table()
        with st.popover(t("Time travel"), icon=":material/history:", key="time-travel"):
            time_travel.control(view.snapshot)
        downloads.popover(replace(view, frame=passed), columns)
    if passed.empty:
        st.info(t("No coin matches the search and filters."), icon=":material/search_off:")
        return
    rows = paging.page(controls.ordered(passed), controls.page_size(), controls.question())
    rows = rows.assign(reason=_reasons(rows))
    with st.container(key="desk"):
        clicked = ranking_table.ranking(rows, columns, view.snapshot.quote_currency)
    with st.container(key="phone"):
        phone_list.ranking(rows, view.snapshot.quote_currency)
    if clicked is not None:
        ranking_table.forget_click()
        navigation.go(coin_links.link(clicked))


def _reasons(rows: pd.DataFrame) -> list[str]:
    """Why each coin stands there, in few words; before that, how old stale figures are."""
    names = short_factor_names(reader())
    every, few = causes(rows, reader(), names), causes(rows, reader(), names, limit=STALE_CAUSES)
    return [
        t("{age} old; {causes}", age=reader().age(age), causes=two)
        if age > STALE_SECONDS
        else three
        for age, two, three in zip(rows["age_seconds"], few, every, strict=True)
    ]
