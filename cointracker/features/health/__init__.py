"""How good the data is and what it takes; the Health page."""
