"""The parts of the users page."""
