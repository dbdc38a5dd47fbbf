"""The page of the toy feature."""

import streamlit as st

from cointracker.core.services import services
from cointracker.features.monitoring.ui import header
from tests.toys.notes import NotesService

header.show("Notes")
for text in services()[NotesService].all()["text"]:
    st.markdown(text)
