"""The form of the settings page."""
