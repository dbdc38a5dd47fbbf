"""One coin: its history, its stability, where it stood, and others beside it."""

import streamlit as st

from cointracker.core.services import services
from cointracker.features.coin.coins import CoinService
from cointracker.features.coin.ui import (
    about,
    coin_picker,
    comparison,
    facts,
    hero,
    panels,
    provenance,
    range_picker,
    stability_models,
)
from cointracker.features.monitoring.ui import empty_state, footer, header
from cointracker.ui.i18n import t

status = header.show(t("Coin"))
if status.snapshot is None:
    empty_state.before_first_refresh()
    st.stop()
profile = coin_picker.profile()
hero.show(profile)
report = services()[CoinService].report(profile, range_picker.control(status.snapshot.at))
if report.history.empty:
    panels.nothing(report)
else:
    panels.prices(report)
left, right = st.columns([3, 2], gap="large")
with left:
    panels.score_breakdown(profile)
with right:
    facts.show(profile)
if not report.history.empty:
    panels.stability_over_time(report)
    stability_models.show(report)
    panels.risks(report)
    panels.standing(report)
comparison.show(report)
about.show(profile)
provenance.show(report)
footer.show(status, profile.view.snapshot)
