"""The parts of a coin's page."""
