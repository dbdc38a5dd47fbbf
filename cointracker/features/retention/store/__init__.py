"""Compaction: old rows go, the rest is laid out anew."""
