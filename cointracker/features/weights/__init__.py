"""The default weights and presets; the Weights page."""
