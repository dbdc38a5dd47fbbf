"""The ranking: pure functions over arrays. No clock, no database, no network, no screen."""
