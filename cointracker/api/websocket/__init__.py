"""The kit of pushed updates: connections, bounds, and the task that shows what is new."""
