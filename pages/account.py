"""The reader's own account: password and API tokens (SPEC 7)."""

from cointracker.ui import header, once
from cointracker.ui.account import password, tokens
from cointracker.ui.i18n import t

header.show(t("Account"))
once.show()
tokens.show()
password.show()
