"""Who may log in, and as what (SPEC 7)."""

from cointracker.ui import header, once
from cointracker.ui.i18n import t
from cointracker.ui.people import adding, listing

header.show(t("Users"))
once.show()
listing.show()
adding.show()
