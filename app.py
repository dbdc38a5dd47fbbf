"""The server: `streamlit run app.py` serves the pages and the JSON API from one process."""

import streamlit as st

from cointracker import bootstrap
from cointracker.ui import problems

app = st.App(
    "dashboard.py",
    lifespan=bootstrap.lifespan,
    routes=bootstrap.routes(),
    on_script_error=problems.show,
)
