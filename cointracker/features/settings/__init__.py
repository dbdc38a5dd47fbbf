"""The settings in force, saved in the dashboard over those of the environment."""
