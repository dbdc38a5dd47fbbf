"""The ranking: every coin with its place, its figures, and why it stands there."""

import streamlit as st

from cointracker.features.market.ui import ranking_board, summary, time_travel
from cointracker.features.monitoring.ui import empty_state, footer, header
from cointracker.ui.i18n import t

status = header.show(t("Ranking"))
if status.snapshot is None:
    empty_state.before_first_refresh()
    st.stop()
view = time_travel.view()
summary.show(view)
ranking_board.show(view)
footer.show(status, view.snapshot)
