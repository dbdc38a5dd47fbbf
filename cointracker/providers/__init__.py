"""Where data comes from: one folder a provider, and what all calls have in common."""
