"""The health of sources, schedule and data (SPEC 5.4)."""

from cointracker.ui import footer, header
from cointracker.ui.health import cards, quality, runs
from cointracker.ui.i18n import t

status = header.show(t("Health"))
cards.show()
runs.show(status)
quality.show()
if status.snapshot is not None:
    footer.show(status, status.snapshot)
