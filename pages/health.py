"""The health of sources, schedule and data."""

from cointracker.features.health.ui import data_quality, database_panel, refresh_log, source_cards
from cointracker.features.monitoring.ui import footer, header
from cointracker.ui.i18n import t

status = header.show(t("Health"))
source_cards.show()
refresh_log.show(status)
data_quality.show()
database_panel.show()
if status.snapshot is not None:
    footer.show(status, status.snapshot)
