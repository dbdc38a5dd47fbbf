"""What is between pages: pages/ is ours, not the folder Streamlit lists by itself; going to one."""

from __future__ import annotations

from functools import cache

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer
from streamlit.runtime.pages_manager import PagesManager

from cointracker.ui import theme


def turn_off_pages_folder() -> None:
    """Let dashboard.py alone decide on pages, from the first visit of the process on.

    Until the first `st.navigation` Streamlit runs the files of a pages/ folder by their address,
    without dashboard.py around them; whoever came by a link first got such a bare page.
    """
    PagesManager.uses_pages_directory = False


def go(to: str) -> None:
    """Have the browser go to another page of the dashboard, by its address relative to this one.

    `st.switch_page` stays in the run that is under way. What the old page's fragments asked for
    meanwhile is then run on the new page, under the old one's name, and Streamlit's front-end
    breaks down ("Cannot set a node at a delta path").
    """
    _goer()(key="go", data={"to": to})


@cache
def _goer() -> ComponentRenderer:
    return st.components.v2.component("cointracker_go", js=theme.script("go.js"))
