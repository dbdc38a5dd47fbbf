"""Social standing: asked for hourly, stored, resolved to coins."""
