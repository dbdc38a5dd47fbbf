"""Snapshots and their rankings, now and in the past; the Ranking page."""
