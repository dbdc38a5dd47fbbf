"""What every page shares: the look, the language, the way between pages, and who may see them."""

import streamlit as st

from cointracker.core.services import services
from cointracker.features.accounts.ui import login_form, single_sign_on
from cointracker.features.monitoring.ui import header
from cointracker.ui import address, page_gate, theme

st.set_page_config(page_title="CoinTracker", page_icon="assets/icon.png", layout="wide")
address.follow()
theme.apply()
page_gate.draw(
    page_gate.pages(services().features),
    page_gate.Shell(
        before=single_sign_on.handle,
        head=header.show,
        login=login_form.show,
        login_page=login_form.PAGE,
    ),
)
