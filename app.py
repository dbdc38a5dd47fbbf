"""The server: `streamlit run app.py` serves pages, API and WebSocket from one process."""

import streamlit as st

from cointracker import bootstrap
from cointracker.ui import access, navigation, problems

bootstrap.check_settings()
navigation.turn_off_pages_folder()
app = st.App(
    "dashboard.py",
    lifespan=bootstrap.lifespan_where(access.is_local),
    routes=bootstrap.routes(),
    middleware=bootstrap.middleware(),
    on_script_error=problems.show,
)
