"""Social standing: any JSON address of the documented shape, and LunarCrush."""
