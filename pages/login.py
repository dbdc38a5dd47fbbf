"""The login page."""

from cointracker.features.accounts.ui import login_form

login_form.show()
