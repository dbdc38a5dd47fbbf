"""How long history is kept, and how exactly."""
