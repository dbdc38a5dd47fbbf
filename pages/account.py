"""The reader's own account: password and API tokens."""

from cointracker.features.accounts.ui import own_password, own_tokens
from cointracker.features.monitoring.ui import header
from cointracker.ui.i18n import t
from cointracker.ui.parts import one_time_secret

header.show(t("Account"))
one_time_secret.show()
own_tokens.show()
own_password.show()
