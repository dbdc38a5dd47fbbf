"""The weights: sliders whose every movement reorders the ranking beside them (SPEC 5.3)."""

import streamlit as st

from cointracker.services import services
from cointracker.ui import empty, footer, header
from cointracker.ui.i18n import t
from cointracker.ui.weights import panel

status = header.show(t("Weights"))
if status.snapshot is None:
    empty.before_first_refresh()
    st.stop()
view = services().market.ranking()
panel.show(view)
footer.show(status, view.snapshot)
