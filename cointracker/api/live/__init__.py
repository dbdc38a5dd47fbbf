"""The WebSocket: the ranking and the state of the refreshes, pushed as they change (SPEC 6)."""
