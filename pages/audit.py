"""The audit log: who changed what, and when."""

from cointracker.features.audit import ui
from cointracker.features.monitoring.ui import header
from cointracker.ui.i18n import t

header.show(t("Audit log"))
ui.show()
