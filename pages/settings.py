"""The settings: what is followed, how often, and what it costs."""

from cointracker.features.monitoring.ui import footer, header
from cointracker.features.settings.ui import form
from cointracker.ui.i18n import t

status = header.show(t("Settings"))
form.show()
if status.snapshot is not None:
    footer.show(status, status.snapshot)
