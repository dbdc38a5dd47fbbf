"""What Streamlit has no setting for: pages/ is ours, not the folder it lists by itself."""

from __future__ import annotations

from streamlit.runtime.pages_manager import PagesManager


def turn_off_pages_folder() -> None:
    """Let dashboard.py alone decide on pages, from the first visit of the process on.

    Until the first `st.navigation` Streamlit runs the files of a pages/ folder by their address,
    without dashboard.py around them; whoever came by a link first got such a bare page.
    """
    PagesManager.uses_pages_directory = False
