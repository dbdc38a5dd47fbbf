"""The refreshes: how they run, when, and how they went."""
