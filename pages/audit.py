"""The audit log: who changed what, and when (SPEC 7)."""

from cointracker.ui import audit, header
from cointracker.ui.i18n import t

header.show(t("Audit log"))
audit.show()
