"""The refresh log, and whether refreshes are wanted."""
