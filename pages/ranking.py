"""The ranking: every coin with its place, its figures, and why it stands there (SPEC 5.1)."""

import streamlit as st

from cointracker.ui import board, empty, footer, header, summary, time_travel
from cointracker.ui.i18n import t

status = header.show(t("Ranking"))
if status.snapshot is None:
    empty.before_first_refresh()
    st.stop()
view = time_travel.view()
summary.show(view)
board.show(view)
footer.show(status, view.snapshot)
