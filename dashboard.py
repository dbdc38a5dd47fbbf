"""What every page shares: the look, the language, and the way between pages."""

import streamlit as st

from cointracker.ui import address, theme
from cointracker.ui.i18n import t

st.set_page_config(page_title="CoinTracker", page_icon="assets/icon.png", layout="wide")
address.follow()
theme.apply()
pages = [
    st.Page("pages/ranking.py", title=t("Ranking"), default=True),
    st.Page("pages/coin.py", title=t("Coin")),
    st.Page("pages/weights.py", title=t("Weights")),
    st.Page("pages/health.py", title=t("Health")),
    st.Page("pages/settings.py", title=t("Settings")),
]
st.navigation(pages, position="top").run()
