"""The health of sources, schedule and data (SPEC 5.4)."""

from cointracker.ui import footer, header
from cointracker.ui.health import cards, quality, runs, store
from cointracker.ui.i18n import t

status = header.show(t("Health"))
cards.show()
runs.show(status)
quality.show()
store.show()
if status.snapshot is not None:
    footer.show(status, status.snapshot)
