"""The cards that features declare, kept current."""

from __future__ import annotations

import streamlit as st

from cointracker.core.errors import StorageError
from cointracker.core.services import services
from cointracker.ui import error_messages
from cointracker.ui.fragments import fragment
from cointracker.ui.i18n import t
from cointracker.ui.parts import cards

TICK_SECONDS = 15


@fragment(run_every=TICK_SECONDS)
def show() -> None:
    """Draw them."""
    serving = services()
    try:
        drawn = [card for feature in serving.features for card in feature.health(serving)]
    except StorageError as exc:
        problem = error_messages.plain(str(exc))
        st.error(t("The database is not responding: {problem}", problem=problem))
        return
    cards.show(drawn)
