"""The login page."""

from cointracker.ui.login import form

form.show()
