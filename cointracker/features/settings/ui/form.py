"""The form: what can be set, what it costs, and what came of saving it."""

from __future__ import annotations

import streamlit as st

from cointracker.core.rights import Right
from cointracker.core.services import services
from cointracker.features.settings.ui import call_cost, form_state
from cointracker.features.settings.ui.fields import Fields
from cointracker.ui import access
from cointracker.ui.fragments import fragment
from cointracker.ui.i18n import t
from cointracker.ui.parts import flash


@fragment()
def show() -> None:
    """Draw the form; each change of a field redraws it alone, a save the whole page."""
    if form_state.has_saved():
        st.rerun()
    changes = form_state.pending()
    fields = Fields(form_state.trouble(changes), access.may(Right.WRITE))
    catalogue = services().features.settings
    with st.container(width=560, key="settings"):
        for section in catalogue.sections:
            st.subheader(t(section.title), anchor=False)
            for setting in section.settings:
                fields.draw(catalogue.by_name[setting.name])
            if section.shows_cost:
                call_cost.show(changes)
        st.button(
            t("Save"),
            type="primary",
            on_click=form_state.save,
            disabled=not fields.is_open,
            key="save-settings",
        )
        flash.show(form_state.PLACE)
