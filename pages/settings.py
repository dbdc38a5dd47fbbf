"""The settings: what is followed, how often, and what it costs (SPEC 5.5)."""

from cointracker.ui import footer, header
from cointracker.ui.i18n import t
from cointracker.ui.settings import form

status = header.show(t("Settings"))
form.show()
if status.snapshot is not None:
    footer.show(status, status.snapshot)
