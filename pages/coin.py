"""One coin: its history, its stability, where it stood, and others beside it (SPEC 5.2)."""

import streamlit as st

from cointracker.services import services
from cointracker.ui import empty, footer, header
from cointracker.ui.coin import (
    about,
    board,
    choice,
    compare,
    facts,
    hero,
    models,
    provenance,
    window,
)
from cointracker.ui.i18n import t

status = header.show(t("Coin"))
if status.snapshot is None:
    empty.before_first_refresh()
    st.stop()
profile = choice.profile()
hero.show(profile)
story = services().coins.story(profile, window.control(status.snapshot.at))
if story.history.empty:
    board.nothing(story)
else:
    board.prices(story)
left, right = st.columns([3, 2], gap="large")
with left:
    board.makings(profile)
with right:
    facts.show(profile)
if not story.history.empty:
    board.steadiness(story)
    models.show(story)
    board.risks(story)
    board.standing(story)
compare.show(story)
about.show(profile)
provenance.show(story)
footer.show(status, profile.view.snapshot)
