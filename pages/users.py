"""Who may log in, and as what."""

from cointracker.features.accounts.ui import user_form, user_list
from cointracker.features.monitoring.ui import header
from cointracker.ui.i18n import t
from cointracker.ui.parts import one_time_secret

header.show(t("Users"))
one_time_secret.show()
user_list.show()
user_form.show()
