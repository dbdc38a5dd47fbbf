"""What every page shares: the look, the language, the way between pages, and who may see them."""

import streamlit as st

from cointracker.ui import address, gate, theme
from cointracker.ui.i18n import t

st.set_page_config(page_title="CoinTracker", page_icon="assets/icon.png", layout="wide")
address.follow()
theme.apply()
pages = [
    st.Page("pages/ranking.py", title=t("Ranking"), default=True),
    st.Page("pages/coin.py", title=t("Coin"), visibility=gate.listed("coin")),
    st.Page("pages/weights.py", title=t("Weights"), visibility=gate.listed("weights")),
    st.Page("pages/health.py", title=t("Health"), visibility=gate.listed("health")),
    st.Page("pages/settings.py", title=t("Settings"), visibility=gate.listed("settings")),
    st.Page("pages/login.py", title=t("Log in"), visibility="hidden"),
    st.Page("pages/account.py", title=t("Account"), visibility="hidden"),
    st.Page("pages/users.py", title=t("Users"), visibility="hidden"),
    st.Page("pages/audit.py", title=t("Audit log"), visibility="hidden"),
]
gate.draw(st.navigation(pages, position=gate.position()))
