"""The ranking as JSON."""
