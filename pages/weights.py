"""The weights: sliders whose every movement reorders the ranking beside them."""

import streamlit as st

from cointracker.core.services import services
from cointracker.features.market.rankings import MarketService
from cointracker.features.monitoring.ui import empty_state, footer, header
from cointracker.features.weights.ui import panel
from cointracker.ui.i18n import t

status = header.show(t("Weights"))
if status.snapshot is None:
    empty_state.before_first_refresh()
    st.stop()
view = services()[MarketService].ranking()
panel.show(view)
footer.show(status, view.snapshot)
