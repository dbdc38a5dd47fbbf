"""The server: `streamlit run app.py` serves pages, API and WebSocket from one process."""

import streamlit as st

from cointracker.bootstrap import server
from cointracker.ui import access, error_messages, navigation

server.check_settings()
navigation.turn_off_pages_folder()
app = st.App(
    "dashboard.py",
    lifespan=server.lifespan_where(access.is_local),
    routes=server.routes(),
    middleware=server.middleware(),
    on_script_error=error_messages.show,
)
