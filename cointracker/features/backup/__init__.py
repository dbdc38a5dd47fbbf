"""Backup and restore of a whole data folder."""
